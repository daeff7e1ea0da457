/* A bound on the bodies of requests: 413 with a sentence, nothing is kept, and a change takes effect at once. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Policy } from '@alexandrite/api'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier, TierOptions } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { policy, start } from './tier.ts'

const BOUND = 4096

let tier: RunningTier
let origin: TestOrigin
/** What the application saw of each request: how many bytes, and whether they came to an end. */
let seen: { bytes: number; whole: boolean }[]

const bounded = (maxRequestBodyBytes: number): Policy => ({
  ...policy([]),
  limits: { maxObjectBytes: 1024, maxRequestBodyBytes }
})

const begin = async (options: Partial<TierOptions>): Promise<void> => {
  seen = []
  origin = await startOrigin((request, response) => {
    const one = { bytes: 0, whole: false }
    seen.push(one)
    request.on('data', (chunk: Buffer) => (one.bytes += chunk.length))
    request.on('error', () => response.destroy())
    request.on('end', () => {
      one.whole = true
      response.end('taken')
    })
  })
  tier = await start({ origin: origin.url, policy: bounded(BOUND), ...options })
}

afterEach(async () => {
  await tier.close()
  await origin.close()
})

/** Writes text and gives all that comes back until the connection ends. */
const say = async (...pieces: readonly string[]): Promise<string> => {
  const socket = connect(tier.listen.port, '127.0.0.1')
  let came = ''
  socket.on('data', (chunk: Buffer) => (came += chunk.toString('latin1')))
  const closed = once(socket, 'close')
  for (const piece of pieces) socket.write(piece)
  await closed
  return came
}

const post = (fields: string): string =>
  `POST /orders HTTP/1.1\r\nHost: tier.test\r\nConnection: close\r\n${fields}\r\n`

const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`

const refused = {
  error: 'BodyTooLarge',
  message: expect.stringMatching(/larger than the cache tier takes: spec\.limits\.maxRequestBodySize/)
}

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  test('a body of just the size passes, framed by its length or in chunks', async () => {
    await begin({ fastPath })
    const body = 'x'.repeat(BOUND)
    expect((await send(tier, '/orders', { method: 'POST', body })).status).toBe(200)
    expect(await say(post('Transfer-Encoding: chunked\r\n'), chunk(BOUND), '0\r\n\r\n')).toMatch(/ 200 OK/)
    expect(seen).toEqual([
      { bytes: BOUND, whole: true },
      { bytes: BOUND, whole: true }
    ])
  })

  test('a length above it is refused before a byte of the body, and the application is not asked', async () => {
    await begin({ fastPath })
    const answer = await say(post(`Content-Length: ${BOUND + 1}\r\nExpect: 100-continue\r\n`))
    expect(answer).toMatch(/^HTTP\/1\.1 413 Content Too Large\r\n/)
    expect(answer).not.toMatch(/cache-status/i)
    expect(bodyOf(answer)).toEqual(refused)
    expect(seen).toEqual([])
    expect((await tier.stats()).requests).toEqual({ refused: 1 })
  })

  test('a body that is on its way already is dropped, and its client hears why', async () => {
    await begin({ fastPath })
    const { status, body } = await send(tier, '/orders', { method: 'POST', body: 'x'.repeat(20 * BOUND) })
    expect(status).toBe(413)
    expect(JSON.parse(body)).toEqual(refused)
    expect(seen).toEqual([])
  })

  test('chunks that exceed it are refused then, and the application sees the request break off', async () => {
    await begin({ fastPath })
    const answer = await say(post('Transfer-Encoding: chunked\r\n'), chunk(BOUND), chunk(1), '0\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(bodyOf(answer)).toEqual(refused)
    for (const { bytes, whole } of seen) {
      expect(bytes).toBeLessThanOrEqual(BOUND)
      expect(whole).toBe(false)
    }
  })

  test('another bound is in effect at once, also none', async () => {
    await begin({ fastPath })
    const large = { method: 'POST', body: 'x'.repeat(2 * BOUND) }
    expect((await send(tier, '/orders', large)).status).toBe(413)
    tier.setPolicy(bounded(3 * BOUND))
    expect((await send(tier, '/orders', large)).status).toBe(200)
    tier.setPolicy({ ...policy([]), limits: { maxObjectBytes: 1024 } })
    expect((await send(tier, '/orders', { ...large, body: 'x'.repeat(50 * BOUND) })).status).toBe(200)
  })

  test('what the process was told goes before the policy', async () => {
    await begin({ fastPath, limits: { maxRequestBodyBytes: 10 * BOUND } })
    expect((await send(tier, '/orders', { method: 'POST', body: 'x'.repeat(2 * BOUND) })).status).toBe(200)
  })
})
