import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { exchange } from '../../test/raw/raw-client.ts'
import type { Departure } from '../http/departure.ts'
import { OwnEpochs } from '../epochs/source.ts'
import type { Entry } from '../store/entry.ts'
import { MemoryStore } from '../store/memory.ts'
import { NO_TRACING } from '../telemetry/tracing.ts'
import type { Lookup } from '../tier/lookup.ts'
import { DEFAULT_LIMITS } from '../tier/options.ts'
import type { FastExchange } from './exchange.ts'
import { Hits } from './hits.ts'
import { Plans } from './plans.ts'
import { FastServer } from './server.ts'
import { SharedHits } from './shared-hits.ts'

const epochs = new OwnEpochs({ hasPeers: false })

const stored = (text: string, lifetime = 600): Entry => ({
  kind: 'Answer',
  head: {
    status: 200,
    statusText: 'OK',
    headers: ['Cache-Control', `max-age=${lifetime}`, 'X-From', 'store'],
    requestedAt: Date.now(),
    receivedAt: Date.now(),
    jitter: 0
  },
  body: Buffer.from(text),
  vary: [],
  marks: [],
  stamp: epochs.epochs.stamp()
})

/** When the store answers which question; the tests set it. */
let reply: (key: string, looked: (entry: Entry | undefined) => void) => void
let asked: string[]
let engine: { readonly target: string; readonly lookup: Lookup | undefined; readonly gone: Departure }[]
let hits: string[]
let closing: boolean
let server: FastServer

const answer = async (asking: FastExchange): Promise<void> => {
  const { request, classified, gone } = asking
  engine.push({ target: request.target, lookup: classified.lookup, gone })
  await asking.send({ status: 200, statusText: 'OK', headers: [] }, Buffer.from(`engine ${request.target}`))
}

const unexpected = (): never => {
  throw new Error('the connection was given away')
}

const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${more}\r\n`
const port = (): number => (server.server.address() as AddressInfo).port
const bodies = (text: string): string[] => text.match(/(?:store|engine) [^H]*/g) ?? []

beforeEach(async () => {
  asked = []
  engine = []
  hits = []
  closing = false
  reply = (key, looked) => void setImmediate(() => looked(stored(`store ${key.split('/')[1]}`)))
  server = new FastServer({
    plans: new Plans(),
    hits: new Hits({ memory: new MemoryStore(0), epochs }),
    sharedHits: new SharedHits({
      asksStore: true,
      look: ({ key }, _headers, looked) => {
        asked.push(key)
        reply(key, (entry) => looked({ entry, fillKey: key }))
      }
    }),
    limits: DEFAULT_LIMITS,
    policy: () => undefined,
    now: () => Date.now(),
    closing: () => closing,
    tracing: NO_TRACING,
    hit: (_rule, _seconds, { target }) => hits.push(target),
    answer,
    pass: () => false,
    ended: () => undefined,
    handOver: unexpected,
    relay: unexpected
  })
  await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve))
})

afterEach(() => {
  server.destroyAll()
  server.server.close()
})

const ask = (...steps: Parameters<typeof exchange>[1]) =>
  exchange(port(), steps, (text) => text.endsWith('last'))

describe('an answer of the shared store', () => {
  test('that is fresh goes out without the engine, and is counted', async () => {
    const { text } = await ask(get('/last'))
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(text).toContain(
      'X-From: store\r\nContent-Length: 10\r\nAge: 0\r\nCache-Status: Alexandrite; hit; ttl='
    )
    expect(text).toMatch(/\r\n\r\nstore last$/)
    expect({ engine, hits }).toEqual({ engine: [], hits: ['/last'] })
  })

  test('to HEAD has no body, and ends the connection when the client says so', async () => {
    const { text, closed } = await ask(
      `HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n${get('/b', 'Connection: close\r\n')}`
    )
    expect(text.match(/Content-Length: 7\r\n/g)).toHaveLength(2)
    expect(text).toMatch(/Connection: close\r\n\r\nstore b$/)
    expect(text.match(/store /g)).toHaveLength(1)
    expect(closed).toBe(true)
  })

  test('takes its turn among pipelined requests, however long the store takes', async () => {
    reply = (key, looked) => {
      const name = key.split('/')[1] ?? ''
      const entry = name.startsWith('miss') ? undefined : stored(`store ${name}`)
      if (name.startsWith('slow')) setTimeout(() => looked(entry), 20)
      else if (name.startsWith('now')) looked(entry)
      else setImmediate(() => looked(entry))
    }
    const names = ['slow1', 'a', 'miss1', 'now1', 'slow2', 'now-miss', 'b', 'miss2', 'last']
    const { text } = await ask(names.map((name) => get(`/${name}`)).join(''))
    expect(bodies(text)).toEqual([
      'store slow1',
      'store a',
      'engine /miss1',
      'store now1',
      'store slow2',
      'store now-miss',
      'store b',
      'engine /miss2',
      'store last'
    ])
  })

  test('that comes at once, for thousands of pipelined requests, does not nest', async () => {
    reply = (_key, looked) => looked(stored('store x'))
    const { text } = await ask(
      get('/x').repeat(1500),
      get('/x').repeat(1500),
      get('/y', 'Connection: close\r\n')
    )
    expect(bodies(text)).toHaveLength(3001)
  })

  test('that is large waits for a client that is slow to take it', async () => {
    reply = (_key, looked) => void setImmediate(() => looked(stored(`store ${'x'.repeat(600_000)}`)))
    const { text } = await ask(get('/1') + get('/2') + get('/3', 'Connection: close\r\n'))
    expect(text.match(/store x{600000}/g)).toHaveLength(3)
  })

  test('that is stale is left to the engine with what was found, and the store is not asked again', async () => {
    const old = stored('store old', 0)
    reply = (_key, looked) => void setImmediate(() => looked(old))
    const { text } = await ask(get('/last'))
    expect(text).toMatch(/engine \/last$/)
    expect(engine).toMatchObject([{ target: '/last', lookup: { entry: old, fillKey: asked[0] } }])
    expect(engine[0]?.gone.aborted).toBe(false)
    expect(asked).toHaveLength(1)
    expect(hits).toEqual([])
  })

  test('is left to the engine when the tier is closing by then', async () => {
    reply = (_key, looked) => {
      closing = true
      setImmediate(() => looked(stored('store x')))
    }
    const { text, closed } = await ask(get('/a'))
    expect(text).toMatch(/Connection: close\r\n(?:.*\r\n)*\r\nengine \/a$/)
    expect(closed).toBe(true)
  })
})

describe('a client that does not wait for the store', () => {
  /** Its socket, when the store was asked; `looked` is the store's answer. */
  const waiting = async (target: string) => {
    const socket = connect({ port: port(), host: '127.0.0.1', allowHalfOpen: true })
    const looked = await new Promise<(entry: Entry | undefined) => void>((resolve) => {
      reply = (_key, found) => resolve(found)
      socket.write(get(target))
    })
    return { socket, looked }
  }
  const connections = (): Promise<number> =>
    new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count)))

  test('is told to the engine as one that left, also with an answer that could be sent', async () => {
    for (const entry of [undefined, stored('store a')]) {
      const { socket, looked } = await waiting('/a')
      socket.resetAndDestroy()
      while ((await connections()) > 0) await sleep(5)
      looked(entry)
    }
    expect(engine.map(({ gone }) => gone.aborted)).toEqual([true, true])
    expect(hits).toEqual([])
  })

  test('and only closes its own side still gets an answer that is there', async () => {
    const { socket, looked } = await waiting('/last')
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.end()
    setTimeout(() => looked(stored('store last')), 50)
    await once(socket, 'end')
    expect(text).toMatch(/store last$/)
    expect(engine).toEqual([])
  })
})
