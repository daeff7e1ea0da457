import type { RawHeaders } from '../engine/headers.ts'

/** Bytes that are not what HTTP/1.1 allows (RFC 9112); `message` says what. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
}

/** Which Latin-1 characters a pattern takes; a look into it costs less than the pattern. */
const table = (pattern: RegExp): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, code) => Number(pattern.test(String.fromCharCode(code))))

const NAME = table(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/)
/** Visible characters, space, tab and obs-text (RFC 9110 §5.5): no NUL, CR or LF, no other control character. */
const VALUE = table(/[\t\x20-\x7e\x80-\xff]/)
const FOLDS = /[ \t]*(?:\r\n[ \t]+)+/g
const COLON = 0x3a

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

const skip = (text: string, from: number, characters: Uint8Array): number => {
  let at = from
  while (at < text.length && characters[text.charCodeAt(at)] === 1) at += 1
  return at
}

/** Index behind the characters that a field value, or a reason phrase, may have. */
export const skipValue = (text: string, from: number): number => skip(text, from, VALUE)

/** Without the optional whitespace around it (RFC 9110 §5.6.3); trim() would take obs-text such as 0xA0 along. */
export const trimmed = (text: string, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/**
 * Reads field lines (RFC 9112 §5), from an index on, without the empty line that ends them, as Latin-1 text. obs-fold becomes one
 * space (§5.2). Throws a MessageError for control characters, bare CR or LF, and names that are no token.
 */
export const parseFields = (lines: string, from = 0): string[] => {
  const fields: string[] = []
  let at = from
  while (at < lines.length) {
    const colon = skip(lines, at, NAME)
    if (colon === at || lines.charCodeAt(colon) !== COLON)
      throw new MessageError('a field line without a name and a colon')
    const end = skipValue(lines, colon + 1)
    if (end < lines.length && !lines.startsWith('\r\n', end))
      throw new MessageError('a control character in a field value')
    if (isBlank(lines.charCodeAt(end + 2))) return parseFields(lines.slice(from).replace(FOLDS, ' '))
    fields.push(lines.slice(at, colon), trimmed(lines, colon + 1, end))
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
