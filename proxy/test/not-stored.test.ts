import { afterEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { start } from './tier.ts'

/** Few enough to be copied behind the head. */
const BODY_BYTES = 16_000
const CLIENTS = 4
const REQUESTS = 40
/** Other for each path, and for each place in it. */
const bodyOf = (path: string): string => `${path};`.repeat(BODY_BYTES).slice(0, BODY_BYTES)

let origin: TestOrigin
let tier: RunningTier

const begin = async (fastPath: 'On' | 'Off', answer: Answer): Promise<void> => {
  origin = await startOrigin(answer)
  tier = await start({ origin: origin.url, fastPath })
}

afterEach(async () => {
  await tier.close()
  await origin.close()
})

const noStore: Answer = ({ url = '' }, response) => {
  const body = bodyOf(url)
  response.writeHead(200, { 'cache-control': 'no-store', 'content-length': body.length }).end(body)
}

/** Asks for so many paths at once on one connection. */
const readAll = async (client: number): Promise<string[]> => {
  const socket = connect({ port: tier.listen.port, host: '127.0.0.1' })
  const paths = Array.from({ length: REQUESTS }, (_, i) => `/page/${client}-${i}`)
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''))
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of socket as AsyncIterable<Buffer>) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes >= REQUESTS * BODY_BYTES && Buffer.concat(pieces.slice(-2)).includes(lastPart(client))) break
  }
  return Buffer.concat(pieces)
    .toString('latin1')
    .split(/HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\n/)
    .slice(1)
}

const lastPart = (client: number): string => bodyOf(`/page/${client}-${REQUESTS - 1}`).slice(-100)

const counted = async (result: string): Promise<number> => (await tier.stats()).requests[result] ?? 0

describe.each(['On', 'Off'] as const)('answers that are not stored, fast path %s', (fastPath) => {
  test('reach clients that ask at the same time whole, in order and unmixed', async () => {
    await begin(fastPath, noStore)
    const all = await Promise.all(Array.from({ length: CLIENTS }, (_, client) => readAll(client)))
    for (const [client, bodies] of all.entries()) {
      expect(bodies).toHaveLength(REQUESTS)
      for (const [i, body] of bodies.entries()) expect(body === bodyOf(`/page/${client}-${i}`)).toBe(true)
    }
  })

  test('are told apart: the first of a key, those after it, and what the client forbids to store', async () => {
    await begin(fastPath, noStore)
    const told = async (headers = {}): Promise<unknown> =>
      (await send(tier, '/page', { headers })).headers['cache-status']
    expect(await told()).toBe('Alexandrite; fwd=miss; fwd-status=200; detail=NoStore')
    expect(await told()).toBe('Alexandrite; fwd=miss; fwd-status=200; detail=hit-for-miss')
    expect(await told({ 'cache-control': 'no-store' })).toBe(
      'Alexandrite; fwd=request; fwd-status=200; detail=NoStore'
    )
    expect(await counted('miss')).toBe(1)
    expect(await counted('hit_for_miss')).toBe(1)
    expect(await counted('pass')).toBe(1)
  })

  test('become 502 where the origin breaks off, and answers again when it does', async () => {
    let broken = false
    await begin(fastPath, (request, response) => {
      if (broken) request.socket.destroy()
      else void noStore(request, response)
    })
    const status = async (): Promise<number> => (await send(tier, '/page')).status
    expect([await status(), await status()]).toEqual([200, 200])
    broken = true
    expect(await status()).toBe(502)
    broken = false
    expect(await status()).toBe(200)
    expect(await counted('error')).toBe(1)
  })

  test('are asked for no longer when the client leaves', async () => {
    let left: Promise<unknown> = Promise.resolve()
    await begin(fastPath, ({ url = '' }, response) => {
      response.writeHead(200, { 'cache-control': 'no-store' })
      if (url === '/slow') left = once(response, 'close')
      response.write('begun')
      if (url !== '/slow') response.end()
    })
    const socket = connect({ port: tier.listen.port, host: '127.0.0.1' })
    socket.write('GET /slow HTTP/1.1\r\nHost: h\r\nCache-Control: no-store\r\n\r\n')
    await once(socket, 'data')
    socket.destroy()
    await left
    expect((await send(tier, '/other')).status).toBe(200)
    expect(await counted('aborted')).toBe(1)
  })
})
