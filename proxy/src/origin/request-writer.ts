import type { RawHeaders } from '../engine/headers.ts'

/** How the body of a request goes out. */
export type RequestFraming = 'None' | 'Length' | 'Chunked'

export interface RequestLine {
  readonly method: string
  readonly target: string
  readonly headers: RawHeaders
}

const is = (name: string, lower: string): boolean =>
  name.length === lower.length && name.toLowerCase() === lower

/** Without a body, what speaks of one would let the origin wait for it. */
const kept = (name: string, value: string, framing: RequestFraming): boolean => {
  if (is(name, 'content-length')) return framing === 'Length' || (framing === 'None' && value === '0')
  return !is(name, 'transfer-encoding') && (framing !== 'None' || !is(name, 'expect'))
}

/**
 * The head of a request as Latin-1 text. `host` is named where the request names none (HTTP/1.0 clients).
 * Fields come from parsers that let no control character through.
 */
export const requestHead = (request: RequestLine, framing: RequestFraming, host: string): string => {
  const { method, target, headers } = request
  let text = `${method} ${target} HTTP/1.1\r\n`
  let named = false
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (is(name, 'host')) named = true
    if (kept(name, value, framing)) text += `${name}: ${value}\r\n`
  }
  if (!named) text += `Host: ${host}\r\n`
  return framing === 'Chunked' ? `${text}Transfer-Encoding: chunked\r\n\r\n` : `${text}\r\n`
}

/** Whether the fields of a request with a body say how long that is. */
export const framingOf = (headers: RawHeaders): Exclude<RequestFraming, 'None'> => {
  for (let i = 0; i < headers.length; i += 2) if (is(headers[i] ?? '', 'content-length')) return 'Length'
  return 'Chunked'
}

/** A piece of a chunked body (RFC 9112 §7.1). */
export const chunkHead = (length: number): string => `${length.toString(16)}\r\n`

/** The end of a chunked body with its trailer fields. */
export const lastChunk = (trailers: RawHeaders): string => {
  let text = '0\r\n'
  for (let i = 0; i + 1 < trailers.length; i += 2) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`
  return `${text}\r\n`
}
