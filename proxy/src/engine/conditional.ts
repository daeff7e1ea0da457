import { eachHeader, hasHeader, header, withoutHeaders } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import { parseHttpDate } from './http-date.ts'
import type { RequestHead, ResponseHead, StoredHead, Timing } from './message.ts'

const ENTITY_TAG = /(?:W\/)?"[^"]*"/g
const opaque = (tag: string): string => tag.replace(/^W\//, '')

/** If-None-Match against a stored entity tag, weak comparison (RFC 9110 §13.1.2). */
const noneMatches = (condition: string, etag: string | undefined): boolean => {
  if (condition.trim() === '*') return false
  if (etag === undefined) return true
  return !(condition.match(ENTITY_TAG) ?? []).some((candidate) => opaque(candidate) === opaque(etag))
}

/** True when the client's own copy is current and a 304 answers it (RFC 9110 §13.2.2). Only for 200 answers. */
export const notModified = (request: RequestHead, stored: ResponseHead): boolean => {
  if (stored.status !== 200) return false
  const ifNoneMatch = header(request.headers, 'if-none-match')
  if (ifNoneMatch !== undefined) return !noneMatches(ifNoneMatch, header(stored.headers, 'etag'))
  const since = parseHttpDate(header(request.headers, 'if-modified-since'))
  const modified = parseHttpDate(header(stored.headers, 'last-modified'))
  return since !== undefined && modified !== undefined && modified <= since
}

const CONDITIONS = new Set([
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
  'range'
])

/** The request that fills the cache: the client's conditions are the tier's business then. */
export const unconditional = (headers: RawHeaders): string[] => withoutHeaders(headers, CONDITIONS)

/** Asks the origin whether a stored answer still holds (RFC 9111 §4.3.1). */
export const conditionalOn = (headers: RawHeaders, stored: ResponseHead): string[] => {
  const conditional = unconditional(headers)
  const etag = header(stored.headers, 'etag')
  const modified = header(stored.headers, 'last-modified')
  if (etag !== undefined) conditional.push('If-None-Match', etag)
  if (modified !== undefined) conditional.push('If-Modified-Since', modified)
  return conditional
}

/** A 304 with another strong validator speaks of another representation (RFC 9111 §4.3.4). */
export const validates = (stored: ResponseHead, answer: ResponseHead): boolean => {
  const theirs = header(answer.headers, 'etag')
  const ours = header(stored.headers, 'etag')
  return theirs === undefined || ours === undefined || opaque(theirs) === opaque(ours)
}

/** Fields that describe the stored body and stay as they are (RFC 9111 §3.2). */
const OF_THE_BODY = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'set-cookie'
])

/** The stored head after a 304: the answer's fields replace those of the same name. */
export const freshened = (stored: StoredHead, answer: ResponseHead, timing: Timing): StoredHead => {
  const news = withoutHeaders(answer.headers, OF_THE_BODY)
  const replaced = new Set<string>()
  eachHeader(news, (name) => replaced.add(name))
  // An Age of the older answer no longer holds.
  replaced.add('age')
  const { requestedAt, receivedAt } = timing
  return {
    ...stored,
    requestedAt,
    receivedAt,
    headers: [...withoutHeaders(stored.headers, replaced), ...news]
  }
}

export const isConditional = (headers: RawHeaders): boolean =>
  hasHeader(headers, 'if-none-match') || hasHeader(headers, 'if-modified-since')
