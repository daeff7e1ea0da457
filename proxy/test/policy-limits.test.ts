/* The limits of a tier come with its policy, and a change takes effect without a restart, on either path. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Policy, PolicyLimits } from '@alexandrite/api'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier, TierOptions } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { policy, start } from './tier.ts'

let tier: RunningTier
let origin: TestOrigin
let sockets: Socket[] = []

const limited = (limits: Partial<PolicyLimits>): Policy => ({
  ...policy([]),
  limits: { maxObjectBytes: 1024, ...limits }
})

const begin = async (limits: Partial<PolicyLimits>, options: Partial<TierOptions>): Promise<void> => {
  origin = await startOrigin(async (request, response) => {
    if (request.url === '/slow') await sleep(1500)
    // The rest of a body may never come.
    else if (request.method === 'POST') await new Promise((resolve) => request.resume().once('end', resolve))
    response.end('whole')
  })
  tier = await start({ origin: origin.url, policy: limited(limits), ...options })
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  await tier.close()
  await origin.close()
})

interface Opened {
  readonly socket: Socket
  /** All that came, once the tier ended the connection. */
  readonly ended: Promise<string>
}

const open = async (text: string): Promise<Opened> => {
  const socket = connect(tier.listen.port, '127.0.0.1')
  sockets.push(socket)
  let came = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => (came += chunk.toString()))
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(came)))
  await once(socket, 'connect')
  socket.write(text)
  return { socket, ended }
}

const GET = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n'

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  test('the size of a head', async () => {
    await begin({ maxHeadBytes: 2048 }, { fastPath })
    const large = { headers: { 'x-large': 'x'.repeat(4000) } }
    expect((await send(tier, '/a', large)).status).toBe(431)
    tier.setPolicy(limited({ maxHeadBytes: 8192 }))
    expect((await send(tier, '/a', large)).status).toBe(200)
    tier.setPolicy(limited({ maxHeadBytes: 1024 }))
    expect((await send(tier, '/a', large)).status).toBe(431)
  })

  test('the number of connections', async () => {
    await begin({ maxConnections: 2 }, { fastPath })
    await Promise.all([open('GET'), open('GET')])
    expect(await (await open(GET)).ended).toBe('')
    tier.setPolicy(limited({ maxConnections: 3 }))
    expect((await send(tier, '/a')).status).toBe(200)
  })

  test('how long the application may take to answer', async () => {
    await begin({ originTimeoutMs: 300 }, { fastPath })
    expect((await send(tier, '/slow')).status).toBe(504)
    tier.setPolicy(limited({ originTimeoutMs: 30_000 }))
    expect((await send(tier, '/slow')).status).toBe(200)
    // Also for a request that is under way.
    const asked = send(tier, '/slow', { method: 'POST' })
    await sleep(100)
    tier.setPolicy(limited({ originTimeoutMs: 200 }))
    expect((await asked).status).toBe(504)
  })

  test.each([
    ['a head', { headTimeoutMs: 200 }, 'GET /a HT', /^HTTP\/1\.1 408 /],
    [
      'a whole request',
      { requestTimeoutMs: 200 },
      'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n',
      /^(?!HTTP\/1\.1 200)/
    ]
  ])('how long %s may take, also on a connection that is open', async (_what, limits, text, last) => {
    await begin({}, { fastPath })
    const { ended } = await open(text)
    tier.setPolicy(limited(limits))
    expect(await ended).toMatch(last)
  })

  test('how long a connection is kept without a request', async () => {
    await begin({ idleTimeoutMs: 200 }, { fastPath })
    expect(await (await open(GET)).ended).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  })

  test('what the process was told goes before the policy', async () => {
    await begin({ maxHeadBytes: 2048 }, { fastPath, limits: { maxHeadBytes: 16_384 } })
    const large = { headers: { 'x-large': 'x'.repeat(4000) } }
    expect((await send(tier, '/a', large)).status).toBe(200)
    tier.setPolicy(limited({ maxHeadBytes: 1024 }))
    expect((await send(tier, '/a', large)).status).toBe(200)
  })
})
