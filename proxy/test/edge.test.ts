import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect, createServer as createNetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import { counting, startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

let origin: TestOrigin
let tier: RunningTier

const begin = async (answer: Answer, options: Partial<Parameters<typeof start>[0]> = {}): Promise<void> => {
  origin = await startOrigin(answer)
  tier = await start({ origin: origin.url, ...options })
}

afterEach(async () => {
  await tier.close()
  await origin.close()
})

/** Sends text as it is and resolves with all that comes until the connection ends. */
const rawly = async (text: string, port = tier.listen.port): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let answer = ''
  for await (const chunk of socket as AsyncIterable<Buffer>) answer += chunk.toString('latin1')
  return answer
}

describe('what goes to the origin', () => {
  let seen: IncomingMessage | undefined
  const remember: Answer = (request, response) => {
    seen = request
    request.resume().on('end', () => response.end('ok'))
  }

  test('hop-by-hop fields are taken out, Via and X-Forwarded-* put in, the rest keeps order and case', async () => {
    await begin(remember)
    await rawly(
      'GET /a HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nX-ONE: 2\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n'
    )
    const raw = seen?.rawHeaders ?? []
    expect(raw.slice(0, 6)).toEqual(['Host', 'h', 'X-One', '1', 'X-ONE', '2'])
    expect(raw).not.toContain('X-Hop')
    expect(seen?.headers).toMatchObject({
      'x-forwarded-for': '9.9.9.9, 127.0.0.1',
      'x-forwarded-proto': 'http',
      via: '1.1 alexandrite'
    })
  })

  test('a request in absolute form is a request of that host', async () => {
    await begin(remember)
    await rawly('GET http://shop.test/a?b HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n')
    expect([seen?.url, seen?.headers.host]).toEqual(['/a?b', 'shop.test'])
  })

  test('Expect: 100-continue is answered and the body follows', async () => {
    await begin(remember)
    const request = httpRequest({
      host: '127.0.0.1',
      port: tier.listen.port,
      method: 'PUT',
      headers: { expect: '100-continue', 'content-length': 4 },
      agent: false
    })
    request.flushHeaders()
    await once(request, 'continue')
    request.end('body')
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(200)
    answer.resume()
    expect(seen?.headers['content-length']).toBe('4')
  })

  test.each(['PROPFIND', 'REPORT', 'PURGE', 'QUERY', 'OPTIONS'])('%s is passed on', async (method) => {
    await begin(remember)
    expect(await send(tier, '/a', { method })).toMatchObject({ status: 200, body: 'ok' })
    expect(seen?.method).toBe(method)
  })
})

test('a method that nobody knows reaches the origin as it is, its body in later packets too', async () => {
  await begin(counting())
  const server = createNetServer((socket) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.endsWith('body'))
        socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${text.split(' ', 2).join(' ')}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const other = await start({ origin: `http://127.0.0.1:${port}` })
  const socket = connect(other.listen.port, '127.0.0.1')
  socket.write('BREW /pot HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 4\r\n\r\n')
  await sleep(50)
  socket.write('body')
  let answer = ''
  for await (const chunk of socket as AsyncIterable<Buffer>) answer += chunk.toString()
  expect(answer).toMatch(/^HTTP\/1.1 200 OK[^]*BREW \/pot/)
  await other.close()
  await new Promise((resolve) => server.close(resolve))
})

test('an unknown method behind another request on one connection is sent once, and its refusal passed on', async () => {
  await begin(counting())
  const answer = await rawly(
    'GET /a HTTP/1.1\r\nHost: h\r\n\r\nBREW /pot HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
  )
  expect(answer).toContain('HTTP/1.1 400 ')
  expect(origin.hits.length).toBeLessThanOrEqual(1)
})

describe('what comes back', () => {
  test('duplicates, order, case, status text and the absence of a body are kept', async () => {
    await begin((_request, response) => {
      response.writeHead(299, 'Fancy', ['X-b', '1', 'Set-Cookie', 'a=1', 'x-A', '2', 'Set-Cookie', 'b=2'])
      response.end()
    })
    const answer = await send(tier, '/a')
    expect(answer.status).toBe(299)
    expect(answer.rawHeaders.slice(0, 8)).toEqual([
      'X-b',
      '1',
      'Set-Cookie',
      'a=1',
      'x-A',
      '2',
      'Set-Cookie',
      'b=2'
    ])
  })

  test('an HTTP/1.0 client gets no chunks', async () => {
    await begin((_request, response) => {
      response.write('one ')
      response.end('two')
    })
    const answer = await rawly('GET /a HTTP/1.0\r\n\r\n')
    expect(answer).toMatch(/\r\n\r\none two$/)
    expect(answer.toLowerCase()).not.toContain('chunked')
  })

  test('a cookie set with an overridden answer reaches the first client alone', async () => {
    const over = rule({ path: '/a', freshness: { ttlMs: 60_000, overrideOrigin: true } })
    await begin(counting({ 'set-cookie': 'session=1' }), { policy: policy([over]) })
    expect((await send(tier, '/a')).headers['set-cookie']).toEqual(['session=1'])
    const second = await send(tier, '/a')
    expect(second.cache).toContain('hit')
    expect(second.headers['set-cookie']).toBeUndefined()
  })
})

describe('hostile requests', () => {
  test.each([
    [
      'both lengths',
      'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    ],
    ['two lengths', 'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    ['a length that is none', 'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc'],
    ['a space before the colon', 'GET /a HTTP/1.1\r\nHost : h\r\n\r\n'],
    ['no Host', 'GET /a HTTP/1.1\r\n\r\n']
  ])('%s: refused, and nothing reaches the origin', async (_name, text) => {
    await begin(counting())
    expect(await rawly(text)).toMatch(/^HTTP\/1.1 400 /)
    expect(origin.hits).toEqual([])
  })

  test('a head beyond the limit is refused with 431', async () => {
    await begin(counting())
    expect(await rawly(`GET /a HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /
    )
  })
})

describe('upgrades', () => {
  const echo = async (): Promise<void> => {
    await begin((_request, response) => void response.writeHead(403, { 'content-length': '2' }).end('no'))
    origin.server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      if (request.url !== '/socket') {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
        return
      }
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.on('error', () => undefined)
      socket.pipe(socket)
    })
  }
  const ask = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`

  test('a WebSocket is relayed byte for byte', async () => {
    await echo()
    const socket = connect(tier.listen.port, '127.0.0.1')
    socket.write(ask('/socket'))
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    while (!text.includes('\r\n\r\n')) await sleep(5)
    expect(text).toMatch(/^HTTP\/1.1 101 /)
    socket.write('ping')
    while (!text.endsWith('ping')) await sleep(5)
    socket.end()
    await once(socket, 'close')
  })

  test('a refusal is passed on', async () => {
    await echo()
    expect(await rawly(ask('/other'))).toMatch(/^HTTP\/1.1 403 [^]*no$/)
  })
})

test('a connection that the origin closes while idle costs no request', async () => {
  await begin(counting())
  origin.server.keepAliveTimeout = 1
  for (let i = 0; i < 30; i += 1) {
    expect((await send(tier, `/${i}`)).status).toBe(200)
    // Ends idle connections just before they are used again.
    for (const wait of [0, 1]) await sleep(wait)
    origin.server.closeIdleConnections()
  }
})

test('an upload is streamed to the origin', async () => {
  let bytes = 0
  await begin((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => response.end('stored'))
  })
  const request = httpRequest({
    host: '127.0.0.1',
    port: tier.listen.port,
    path: '/up',
    method: 'POST',
    agent: false
  })
  const response = once(request, 'response') as Promise<[IncomingMessage]>
  await pipeline(Readable.from(Array.from({ length: 200 }, () => Buffer.alloc(64 * 1024))), request)
  const [answer] = await response
  answer.resume()
  expect([answer.statusCode, bytes]).toEqual([200, 200 * 64 * 1024])
})

test('many requests over one kept-alive connection each get their own answer', async () => {
  await begin((request, response) => void response.end(request.url))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; i < 20; i += 1) {
    const request = httpRequest({ host: '127.0.0.1', port: tier.listen.port, path: `/${i}`, agent })
    request.end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of answer) body += String(chunk)
    expect(body).toBe(`/${i}`)
  }
  agent.destroy()
})

test('a client that leaves its side open after the last answer is let go', async () => {
  await begin(counting())
  const socket = connect({ port: tier.listen.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.resume()
  socket.write('GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
  await once(socket, 'end')
  // Writing to a connection that nobody holds any more is answered by a reset.
  const reset = once(socket, 'error')
  const writing = setInterval(() => socket.write('x'), 200)
  await Promise.race([reset, once(socket, 'close')])
  clearInterval(writing)
  socket.destroy()
}, 30_000)
