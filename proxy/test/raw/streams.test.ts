import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { IncomingHttpHeaders, Http2Server } from 'node:http2'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../../src/index.ts'
import { start } from '../tier.ts'
import { BINARY } from './exchanges.ts'
import { exchange } from './raw-client.ts'

let tier: RunningTier
let origin: Server | Http2Server
const sockets = new Set<Socket>()

const listening = async (
  server: Server | Http2Server,
  options: { fastPath: 'On' | 'Off' }
): Promise<void> => {
  origin = server
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  tier = await start({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...options })
}

afterEach(async () => {
  await tier.close()
  for (const socket of sockets) socket.destroy()
  origin.close()
})

/** An origin of bytes: what each connection got, and a word at a time back. */
const rawOrigin = async (
  fastPath: 'On' | 'Off',
  answer: (socket: Socket, text: string, all: string) => void
): Promise<{ received: () => string; connections: () => number }> => {
  let received = ''
  let connections = 0
  await listening(
    createServer({ noDelay: true }, (socket) => {
      connections += 1
      socket.on('error', () => undefined)
      socket.on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1')
        received += text
        answer(socket, text, received)
      })
    }),
    { fastPath }
  )
  return { received: () => received, connections: () => connections }
}

const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n'
const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n'

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  describe('upgrades', () => {
    test('bytes go both ways as they are, also those in one packet with the heads', async () => {
      const { received } = await rawOrigin(fastPath, (socket, text, all) => {
        if (all.endsWith('\r\n\r\n') && all.startsWith('GET')) socket.write(`${SWITCHING}first`)
        else socket.write(text, 'latin1')
      })
      const { text } = await exchange(
        tier.listen.port,
        [`${UPGRADE}early`, /firstearly/, BINARY.repeat(100)],
        (came) => came.length >= SWITCHING.length + 10 + 25_600
      )
      expect(text).toBe(`${SWITCHING}firstearly${BINARY.repeat(100)}`)
      expect(received()).toMatch(
        /^GET \/chat HTTP\/1\.1\r\nHost: h\r\nSec-WebSocket-Key: x\r\nX-Forwarded-For: 127\.0\.0\.1\r\n/
      )
      expect(received()).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly/)
    })

    test('either side may end it', async () => {
      let ended = false
      await rawOrigin(fastPath, (socket, text) => {
        if (text.startsWith('GET')) socket.write(SWITCHING)
        else socket.end('bye')
        socket.on('end', () => (ended = true))
      })
      const { text, closed } = await exchange(tier.listen.port, [UPGRADE, /\r\n\r\n/, 'quit'])
      expect([text.endsWith('bye'), closed]).toEqual([true, true])
      await exchange(tier.listen.port, [UPGRADE, /\r\n\r\n/], () => true)
      while (!ended) await sleep(5)
    })

    test.each([
      ['a length', 'HTTP/1.1 403 No\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nno', 'no'],
      ['chunks', 'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n', '0\r\n\r\n']
    ])(
      'a refusal with %s is passed on as it is framed, and ends the connection',
      async (_name, bytes, end) => {
        const { received } = await rawOrigin(fastPath, (socket) => socket.write(bytes))
        const { text } = await exchange(tier.listen.port, [UPGRADE + UPGRADE], (came) => came.endsWith(end))
        expect(text).toBe(bytes.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
        expect(received().split('GET ')).toHaveLength(2)
      }
    )

    test.each([
      ['no HTTP', 'hello\r\n\r\n'],
      ['nothing', undefined]
    ])('an origin that answers %s is a 502', async (_name, bytes) => {
      await rawOrigin(fastPath, (socket) => (bytes === undefined ? socket.destroy() : socket.write(bytes)))
      const { text } = await exchange(tier.listen.port, [UPGRADE], (came) => came.includes('\r\n\r\n'))
      expect(text).toMatch(/^HTTP\/1\.1 502 /)
    })

    test('h2c and upgrades with a body are answered as if they had not asked', async () => {
      const { received } = await rawOrigin(fastPath, (socket, _text, all) => {
        if (/\r\n\r\n(?:hello)?$/.test(all)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      })
      const h2c =
        'GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n'
      const first = await exchange(tier.listen.port, [h2c], (came) => came.endsWith('ok'))
      expect(first.text).toMatch(/^HTTP\/1\.1 200 OK/)
      expect(received()).not.toMatch(/upgrade|http2-settings/i)
      const body =
        'POST /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\nhello'
      const second = await exchange(tier.listen.port, [body], (came) => came.endsWith('ok'))
      expect(second.text).toMatch(/^HTTP\/1\.1 200 OK/)
      expect(received()).toMatch(/\r\n\r\nhello$/)
    })

    test('an upgrade behind a request waits for its answer', async () => {
      await rawOrigin(fastPath, (socket, text) => {
        if (text.includes('/slow'))
          setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow'), 50)
        else if (text.includes('/chat')) socket.write(`${SWITCHING}hello`)
      })
      const { text } = await exchange(
        tier.listen.port,
        [`GET /slow HTTP/1.1\r\nHost: h\r\n\r\n${UPGRADE}`],
        (came) => came.endsWith('hello')
      )
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nslowHTTP\/1\.1 101 [^]*\r\n\r\nhello$/)
    })
  })

  test('CONNECT is refused, and asks nobody', async () => {
    const { connections } = await rawOrigin(fastPath, () => undefined)
    const { text } = await exchange(tier.listen.port, [
      'CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n'
    ])
    expect(text).toMatch(/^HTTP\/1\.1 501 [^]*Connection: close\r\n/)
    expect(connections()).toBe(0)
  })

  describe('HTTP/2 with prior knowledge', () => {
    const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
    const FRAMES = `\0\0\0\x04\0\0\0\0\0${BINARY}`

    test.each([
      ['in one packet', [PREFACE + FRAMES]],
      ['in several', ['PRI * HT', 20, 'TP/2.0\r\n\r', 20, '\nSM\r\n', 20, `\r\n${FRAMES}`]]
    ])('its bytes reach the origin as they are, %s', async (_name, steps) => {
      const { received } = await rawOrigin(fastPath, (socket, text) => socket.write(text, 'latin1'))
      const { text } = await exchange(tier.listen.port, steps, (came) => came.endsWith(FRAMES))
      expect(text).toBe(PREFACE + FRAMES)
      expect(received()).toBe(PREFACE + FRAMES)
    })

    test('a client and a server talk, with trailers as gRPC has them', async () => {
      const server = createHttp2Server()
      server.on('stream', (stream) => {
        stream.on('error', () => undefined)
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.pipe(stream)
      })
      await listening(server, { fastPath })
      const client = connectHttp2(`http://127.0.0.1:${tier.listen.port}`)
      const bodies = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const stream = client.request({ ':method': 'POST', ':path': '/svc/Method' })
          const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>
          stream.end(`message ${i}`)
          let body = ''
          for await (const chunk of stream) body += String(chunk)
          return [body, (await trailers)[0]['grpc-status']]
        })
      )
      expect(bodies).toEqual(Array.from({ length: 20 }, (_, i) => [`message ${i}`, '0']))
      client.close()
    })
  })

  test('TLS reaches the origin as it is', async () => {
    const key = Buffer.from('0123456789abcdef')
    const psk = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
    const server = createTlsServer({ ...psk, pskCallback: () => key, pskIdentityHint: 'x' }, (socket) => {
      socket.on('error', () => undefined)
      socket.pipe(socket)
    })
    await listening(server, { fastPath })
    const client = connectTls({
      ...psk,
      host: '127.0.0.1',
      port: tier.listen.port,
      pskCallback: () => ({ psk: key, identity: 'x' }),
      checkServerIdentity: () => undefined
    })
    await once(client, 'secureConnect')
    client.write('secret')
    const [answer] = (await once(client, 'data')) as [Buffer]
    expect(answer.toString()).toBe('secret')
    client.destroy()
  })

  test('server-sent events reach the client one by one, before the next is there', async () => {
    let source: Socket | undefined
    await rawOrigin(fastPath, (socket) => {
      source = socket
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    })
    const client = connect({ port: tier.listen.port, host: '127.0.0.1' })
    let text = ''
    client.on('data', (chunk: Buffer) => (text += chunk.toString()))
    client.write('GET /events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n')
    while (!text.includes('\r\n\r\n')) await sleep(5)
    for (let i = 0; i < 20; i += 1) {
      const event = `data: ${i}\n\n`
      source?.write(`${event.length.toString(16)}\r\n${event}\r\n`)
      while (!text.includes(event)) await sleep(2)
    }
    client.destroy()
    // The origin learns that nobody listens any more.
    while (source?.destroyed === false) await sleep(5)
  })

  test('long polls are held as long as the origin holds them, and hold nobody else', async () => {
    const held: Socket[] = []
    await rawOrigin(fastPath, (socket, text) => {
      if (text.startsWith('GET /poll')) held.push(socket)
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    const polls = Array.from({ length: 50 }, (_, i) =>
      exchange(tier.listen.port, [`GET /poll/${i} HTTP/1.1\r\nHost: h\r\n\r\n`], (came) =>
        came.endsWith('news')
      )
    )
    while (held.length < 50) await sleep(5)
    const other = await exchange(tier.listen.port, ['GET /a HTTP/1.1\r\nHost: h\r\n\r\n'], (came) =>
      came.endsWith('ok')
    )
    expect(other.text).toMatch(/^HTTP\/1\.1 200/)
    for (const socket of held) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews')
    for (const { text } of await Promise.all(polls)) expect(text).toMatch(/news$/)
  })
})
