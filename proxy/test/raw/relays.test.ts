/* What goes through the tier unread is counted, shown while it lasts, and logged at its end. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import pino from 'pino'
import type { RunningTier } from '../../src/index.ts'
import { send } from '../client.ts'
import { start } from '../tier.ts'
import { exchange } from './raw-client.ts'

let tier: RunningTier
let origin: Server
let lines: string[]
const sockets = new Set<Socket>()

const begin = async (
  fastPath: 'On' | 'Off',
  answer: (socket: Socket, text: string) => void
): Promise<void> => {
  lines = []
  origin = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => answer(socket, chunk.toString('latin1')))
  }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  tier = await start({
    origin: `http://127.0.0.1:${(origin.address() as AddressInfo).port}`,
    fastPath,
    accessLog: 'all',
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  })
}

const leaveAll = (): void => {
  for (const socket of sockets) socket.destroy()
}

afterEach(async () => {
  await tier.close()
  leaveAll()
  origin.close()
})

const shown = async (kind: string): Promise<{ total: number; open: number }> => {
  const { body } = await send({ listen: tier.admin ?? { host: '', port: 0 } }, '/metrics')
  const value = (name: string): number =>
    Number(
      new RegExp(`^alexandrite_proxy_${name}\\{kind="${kind}",.*\\} (\\d+)$`, 'm').exec(body)?.[1] ?? NaN
    )
  return { total: value('relays_total'), open: value('relays_open') }
}

const logged = async (): Promise<Record<string, unknown>> => {
  for (;;) {
    const line = lines.find((one) => one.includes('"msg":"relay"'))
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>
    await sleep(5)
  }
}

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const UPGRADE =
  'GET /chat?token=secret HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  test('an upgrade, with the status of its answer', async () => {
    let came = ''
    await begin(fastPath, (socket, text) => {
      came += text
      socket.write(text.startsWith('GET') ? SWITCHING : 'pong')
    })
    const client = exchange(tier.listen.port, [UPGRADE, /\r\n\r\n/, 'ping', /pong/, /never/], () => true)
    while (!came.endsWith('ping')) await sleep(5)
    expect(await shown('upgrade')).toEqual({ total: 1, open: 1 })
    leaveAll()
    await client
    expect(await logged()).toMatchObject({
      ...{ kind: 'upgrade', method: 'GET', path: '/chat', status: 101, received_bytes: 4 },
      duration_ms: expect.any(Number)
    })
    expect(await shown('upgrade')).toEqual({ total: 1, open: 0 })
    expect(lines.join('')).not.toContain('secret')
  })

  test.each([
    ['refuses', 403, (socket: Socket) => void socket.end('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n')],
    ['breaks off', 502, (socket: Socket) => void socket.destroy()]
  ])('an upgrade that the origin %s', async (_how, status, answer) => {
    await begin(fastPath, answer)
    await exchange(tier.listen.port, [UPGRADE])
    expect(await logged()).toMatchObject({ kind: 'upgrade', status })
    expect(await shown('upgrade')).toEqual({ total: 1, open: 0 })
  })

  test.each([
    ['h2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
    ['tls', '\x16\x03\x01\0\x05hello']
  ])('%s, as a stream of bytes', async (kind, bytes) => {
    await begin(fastPath, (socket, text) => socket.write(text, 'latin1'))
    let during: unknown
    await exchange(tier.listen.port, [bytes, new RegExp(`[^]{${bytes.length}}`)], () => {
      during ??= shown(kind)
      return true
    })
    expect(await during).toMatchObject({ total: 1 })
    expect(await logged()).toMatchObject({ kind, received_bytes: bytes.length, sent_bytes: bytes.length })
    expect(await shown(kind)).toEqual({ total: 1, open: 0 })
  })
})

test('a method that no parser knows, where only Node reads', async () => {
  const request = 'BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n'
  await begin('Off', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  await exchange(tier.listen.port, [request])
  expect(await logged()).toMatchObject({ kind: 'method' })
  expect(await shown('method')).toEqual({ total: 1, open: 0 })
})

test('requests are no relays', async () => {
  await begin('On', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  await send(tier, '/a')
  for (const kind of ['upgrade', 'h2', 'tls', 'method'])
    expect(await shown(kind)).toEqual({ total: 0, open: 0 })
})
