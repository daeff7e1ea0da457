import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Milliseconds } from '@alexandrite/api'
import { originAddress } from '../origin/address.ts'
import { PREFACE, TLS_HANDSHAKE } from './other-protocols.ts'

/** What Node's HTTP parser says of a request that it cannot read. */
export interface ParserError extends Error {
  readonly code?: string
  readonly bytesParsed?: number
  readonly rawPacket?: Buffer
}

/** Bytes of a method at most; an error later in the packet is not about its first method. */
const MAX_METHOD = 32
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~\w]{1,32} \S+ HTTP\/1\.[01]\r\n/

/** A well-formed request whose method the parser does not know (RFC 9110 §9.1: methods are extensible). */
export const isUnknownMethod = (error: ParserError): error is ParserError & { rawPacket: Buffer } =>
  error.code === 'HPE_INVALID_METHOD' &&
  (error.bytesParsed ?? Infinity) <= MAX_METHOD &&
  error.rawPacket !== undefined &&
  REQUEST_LINE.test(error.rawPacket.toString('latin1', 0, 8192))

/** What begins a connection that is no HTTP/1.1, but the origin may understand: HTTP/2 or TLS. */
export const otherProtocol = ({ code, bytesParsed, rawPacket }: ParserError): Buffer | undefined => {
  // The parser stops behind the preface, of which the packet may hold the end only (RFC 9113 §3.4).
  if (code === 'HPE_PAUSED_H2_UPGRADE')
    return Buffer.concat([PREFACE, (rawPacket ?? PREFACE).subarray(bytesParsed)])
  return code === 'HPE_INVALID_METHOD' && rawPacket?.[0] === TLS_HANDSHAKE ? rawPacket : undefined
}

const STATUS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout'
}

/** How long a client may leave its side open after the end of ours (RFC 9112 §9.6). */
export const LINGER_MS: Milliseconds = 2000

/** An answer with a status and nothing more, the last on its connection. */
export const lastAnswer = (status: string): string =>
  `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`

/** Answers with a status and nothing more, and closes. */
export const refuseWith = (status: string, socket: Duplex): void => {
  if (!socket.writable) return void socket.destroy()
  socket.on('error', () => socket.destroy())
  socket.end(lastAnswer(status))
  // What is still coming is read, so that the answer is not lost in a reset.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(timer))
}

/** Answers what is no HTTP, and closes. */
export const refuse = (error: ParserError, socket: Duplex): void =>
  refuseWith(STATUS[error.code ?? ''] ?? '400 Bad Request', socket)

/**
 * Relays a connection to the origin over one of its own, so that nothing on it can be taken for another
 * client's request. The parser keeps hold of the client's side: later packets are written to the result.
 */
export const relayRaw = (originUrl: string, socket: Duplex, first: Buffer): Duplex => {
  const upstream = connect(originAddress(originUrl))
  upstream.on('error', () => socket.destroy())
  upstream.on('close', () => socket.end())
  socket.on('error', () => upstream.destroy())
  socket.on('close', () => upstream.destroy())
  upstream.write(first)
  upstream.pipe(socket)
  return upstream
}
