import type { RawHeaders } from '../engine/headers.ts'

/** Bytes that are not what HTTP/1.1 allows (RFC 9112); `message` says what. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** A control character other than a tab, or CR and LF that are not one line end. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/
const FOLD = /\r\n[ \t]/
const FOLDS = /[ \t]*(?:\r\n[ \t]+)+/g

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** Without the optional whitespace around it (RFC 9110 §5.6.3); trim() would take obs-text such as 0xA0 along. */
const trimmed = (text: string, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/**
 * Reads field lines (RFC 9112 §5) without the empty line that ends them, as Latin-1 text. obs-fold becomes one
 * space (§5.2). Throws a MessageError for control characters, bare CR or LF, and names that are no token.
 */
export const parseFields = (lines: string): string[] => {
  if (FORBIDDEN.test(lines)) throw new MessageError('a control character among the fields')
  if (isBlank(lines.charCodeAt(0))) throw new MessageError('a fold before the first field')
  const text = FOLD.test(lines) ? lines.replace(FOLDS, ' ') : lines
  const fields: string[] = []
  let at = 0
  while (at < text.length) {
    let end = text.indexOf('\r\n', at)
    if (end < 0) end = text.length
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon > end) throw new MessageError('a field line without a colon')
    const name = text.slice(at, colon)
    if (!NAME.test(name)) throw new MessageError('a field name that is no token')
    fields.push(name, trimmed(text, colon + 1, end))
    at = end + 2
  }
  return fields
}

/** Fields that say how a message is framed, routed or authenticated have no place behind its body (RFC 9110 §6.5.1). */
const NOT_IN_TRAILERS = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** Who puts these behind a body means to be understood in two ways. */
const FRAMING = new Set(['content-length', 'transfer-encoding'])

/** Trailer fields that may be passed on. */
export const safeTrailers = (trailers: RawHeaders): RawHeaders => {
  if (trailers.length === 0) return trailers
  const safe: string[] = []
  for (let i = 0; i + 1 < trailers.length; i += 2) {
    const name = trailers[i] ?? ''
    if (!NOT_IN_TRAILERS.has(name.toLowerCase())) safe.push(name, trailers[i + 1] ?? '')
  }
  return safe
}

/** Reads trailer lines like `parseFields`; throws a MessageError for fields of framing as well. */
export const parseTrailers = (lines: string): RawHeaders => {
  const trailers = parseFields(lines)
  for (let i = 0; i < trailers.length; i += 2)
    if (FRAMING.has((trailers[i] ?? '').toLowerCase()))
      throw new MessageError('a field of framing among the trailers')
  return safeTrailers(trailers)
}
