import { beforeEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Policy } from '@alexandrite/api'
import { policy, rule } from '../../test/tier.ts'
import { complete, storedHeaders } from '../engine/answer.ts'
import { Epochs } from '../epochs/epochs.ts'
import { towardsClient } from '../http/towards-client.ts'
import type { Entry } from '../store/entry.ts'
import { MemoryStore } from '../store/memory.ts'
import { headText } from './head-text.ts'
import { Hits } from './hits.ts'
import { Plans } from './plans.ts'

const NOW = 1_700_000_000_000
const DATED = ['Date', new Date(NOW).toUTCString()]
const AFTER_TARGET = 'HTTP/1.1\r\nHost: shop'

let memory: MemoryStore
let epochs: Epochs
let vouched: boolean
let hits: Hits
let plans: Plans

beforeEach(() => {
  memory = new MemoryStore(1_000_000)
  epochs = new Epochs()
  vouched = true
  hits = new Hits({
    memory,
    epochs: {
      epochs,
      get vouched() {
        return vouched
      }
    }
  })
  plans = new Plans()
})

const planOf = (target: string, { method = 'GET', fields = '', of }: Asking = {}) => {
  const plan = plans.find(`${method} ${target} ${AFTER_TARGET}${fields}`, of)
  if (!plan) throw new Error('the request is not plain')
  return plan
}

interface Asking {
  readonly method?: string
  readonly fields?: string
  readonly of?: Policy
}

const store = (target: string, head: Partial<Entry['head']>, body: Buffer, of?: Policy): Entry => {
  const { classification } = planOf(target, of && { of })
  if (classification.kind !== 'Cacheable') throw new Error('the request is not cacheable')
  const entry: Entry = {
    kind: 'Answer',
    head: {
      status: 200,
      statusText: 'OK',
      headers: [],
      requestedAt: NOW,
      receivedAt: NOW,
      jitter: 0,
      ...head
    },
    body,
    vary: [],
    marks: classification.marks,
    stamp: epochs.stamp()
  }
  memory.set(classification.key, entry)
  return entry
}

/** A connected pair; what is written is read to its end. */
const written = async (write: (socket: Socket) => void): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [near] = (await once(server, 'connection')) as [Socket]
  write(near)
  near.end()
  const pieces: Buffer[] = []
  for await (const piece of far as AsyncIterable<Buffer>) pieces.push(piece)
  server.close()
  return Buffer.concat(pieces).toString('latin1')
}

/** As the engine says it, in words of the other path. */
const expected = (entry: Entry, ageMs: number, ttlMs: number, close = false): string => {
  const head = complete(entry.head, entry.body.length)
  const fields = towardsClient(
    storedHeaders(head.headers, ageMs, { result: 'hit', ttlMs }),
    close ? 'Close' : 'KeepAlive'
  )
  return `${headText(head.status, head.statusText, fields)}\r\n${entry.body.toString('latin1')}`
}

const PLAIN = { headOnly: false, close: false }

describe('an answer in memory', () => {
  const headers = ['Content-Type', 'text/plain', 'Cache-Control', 'max-age=60', ...DATED]

  test.each([0, 10, 2000, 3000, 15_000, 20_000, 200_000])(
    'of %d bytes goes out as the engine says, however often it is asked for',
    async (length) => {
      const entry = store('/a', { headers }, Buffer.alloc(length, 'abcdefg'))
      for (const at of [0, 0, 5, 100, 200, 749, 749, 749, 749, 749, 749, 749, 749, 750, 750, 1750]) {
        const hit = hits.find(planOf('/a'), NOW + at)
        const bytes = await written((socket) => hit?.write(socket, PLAIN, NOW + at))
        expect(bytes).toBe(expected(entry, at, 60_000 - at))
      }
    }
  )

  test('that is asked for often is one piece of memory until Age shows another second', () => {
    store('/a', { headers }, Buffer.from('x'))
    const pieces: unknown[] = []
    const socket = Object.assign(new Socket(), { write: (bytes: Buffer) => pieces.push(bytes) > 0 })
    for (const at of [...Array<number>(12).fill(300), 900, 1300, 1300]) {
      const hit = hits.find(planOf('/a'), NOW + at)
      expect(hit?.write(socket, PLAIN, NOW + at)).toBe(true)
    }
    const [early, late] = [pieces.slice(9, 13), pieces.slice(13)]
    expect(new Set(early).size).toBe(1)
    expect(early).not.toContain(late[0])
  })

  test.each([
    ['HEAD', { headOnly: true, close: false }],
    ['a connection that closes', { headOnly: false, close: true }]
  ])('for %s too, small and large', async (_name, manner) => {
    for (const length of [10, 20_000]) {
      const entry = store('/a', { headers }, Buffer.alloc(length, 'x'))
      for (let i = 0; i < 10; i += 1) {
        const hit = hits.find(planOf('/a'), NOW)
        const bytes = await written((socket) => hit?.write(socket, manner, NOW))
        const whole = expected(entry, 0, 60_000, manner.close)
        expect(bytes).toBe(manner.headOnly ? whole.slice(0, whole.indexOf('\r\n\r\n') + 4) : whole)
      }
    }
  })

  test('that came through another tier, without a Date and with an Age', async () => {
    const entry = store(
      '/a',
      { headers: ['Via', '1.1 alexandrite', 'Cache-Control', 'max-age=60', 'Age', '7'] },
      Buffer.from('x')
    )
    const hit = hits.find(planOf('/a'), NOW + 1000)
    const bytes = await written((socket) => hit?.write(socket, PLAIN, NOW + 1000))
    const date = `Date: ${new Date(NOW + 1000).toUTCString()}\r\n`
    expect(bytes).toBe(expected(entry, 8000, 52_000).replace('\r\n\r\n', `\r\n${date}\r\n`))
  })

  test('is never younger than new, also when the clock was set back', async () => {
    store('/a', { headers }, Buffer.from('x'))
    expect(hits.find(planOf('/a'), NOW)).toBeDefined()
    const hit = hits.find(planOf('/a'), NOW - 10_000)
    expect(await written((socket) => hit?.write(socket, PLAIN, NOW - 10_000))).toMatch(/\r\nAge: 0\r\n/)
  })

  test('is not served stale, nor when a purge hit it, nor while nobody vouches for it', () => {
    store('/a', { headers }, Buffer.from('x'))
    store('/b', { headers }, Buffer.from('x'))
    const found = (target: string, at = 0): boolean => hits.find(planOf(target), NOW + at) !== undefined
    expect([found('/a'), found('/a', 59_999), found('/a', 60_000)]).toEqual([true, true, false])
    epochs.raise(['u:/b'])
    expect([found('/a'), found('/b')]).toEqual([true, false])
    vouched = false
    expect(found('/a')).toBe(false)
    vouched = true
    expect(found('/a')).toBe(true)
  })

  test('is judged anew for another policy, and for other credentials', () => {
    const ruled = (ttlMs: number): Policy => policy([rule({ path: '/*', name: 'all', ttlMs })])
    const [short, long] = [ruled(1000), ruled(100_000)]
    store('/a', { headers: DATED }, Buffer.from('x'), short)
    const found = (of: Policy): boolean => hits.find(planOf('/a', { of }), NOW + 50_000) !== undefined
    expect([found(short), found(long), found(short), found(long)]).toEqual([false, true, false, true])
    store('/b', { headers }, Buffer.from('x'))
    const fields = '\r\nAuthorization: Basic eDp5'
    const seen = ['', fields, '', fields].map((some) => hits.find(planOf('/b', { fields: some }), NOW))
    expect(seen.map((hit) => hit !== undefined)).toEqual([true, false, true, false])
  })

  test('whose fields are no lines of text is left to the engine', () => {
    store('/a', { headers: [...headers, 'X-City', 'K\u00f6ln'] }, Buffer.from('x'))
    store('/b', { headers: [...headers, 'X-City', '\u6771\u4eac'] }, Buffer.from('x'))
    expect(hits.find(planOf('/a'), NOW)).toBeDefined()
    expect(hits.find(planOf('/b'), NOW)).toBeUndefined()
  })
})
