import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { withoutHopByHop } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { towardsOrigin } from './towards-origin.ts'

const lines = (headers: RawHeaders): string => {
  let text = ''
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  return text
}

const statusLine = (answer: IncomingMessage): string =>
  `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}\r\n`

const upgradeHeaders = (message: IncomingMessage): string[] => [
  ...towardsOrigin(withoutHopByHop(message.rawHeaders), {
    address: message.socket.remoteAddress ?? 'unknown',
    httpVersion: message.httpVersion,
    protocol: 'http'
  }),
  'Connection',
  'Upgrade',
  'Upgrade',
  message.headers.upgrade ?? ''
]

/** Joins two connections until either ends; an error of one ends the other. */
const join = (a: Duplex, b: Duplex): void => {
  for (const [from, to] of [
    [a, b],
    [b, a]
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}

/** h2c is not spoken here: such a request is answered as if it had not asked (RFC 9110 §7.8). */
export const wantsUpgrade = (message: IncomingMessage): boolean =>
  message.headers.upgrade !== undefined && !/^h2c\b/i.test(message.headers.upgrade)

/** Relays an upgrade (WebSocket) to the origin, over a connection of its own. A refusal is passed on and ends it. */
export const relayUpgrade = (
  originUrl: string,
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer
): void => {
  const { hostname, port } = new URL(originUrl)
  const request = httpRequest({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 80 : Number(port),
    method: message.method ?? 'GET',
    path: message.url ?? '/',
    headers: upgradeHeaders(message),
    agent: false
  })
  socket.on('error', () => request.destroy())
  request.on('upgrade', (answer, upstream, first) => {
    socket.write(statusLine(answer) + lines(answer.rawHeaders) + '\r\n')
    socket.write(first)
    upstream.write(head)
    join(socket, upstream)
  })
  request.on('response', (answer) => {
    socket.write(statusLine(answer) + lines(withoutHopByHop(answer.rawHeaders)) + 'Connection: close\r\n\r\n')
    answer.pipe(socket)
  })
  request.on('error', () =>
    socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  )
  request.end()
}
