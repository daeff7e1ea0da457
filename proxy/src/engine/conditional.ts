import type { Bytes } from '@alexandrite/api'
import { factsOf } from './facts.ts'
import { eachHeader, hasHeader, header, withoutHeaders } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import { parseHttpDate } from './http-date.ts'
import type { RequestHead, ResponseHead, StoredHead, Timing } from './message.ts'
import { kept } from './storable.ts'

const ENTITY_TAG = /(?:W\/)?"[^"]*"/g
const opaque = (tag: string): string => tag.replace(/^W\//, '')

/** A strong entity tag tells exact bytes apart (RFC 9110 §8.8.1). */
export const strongTag = (tag: string | undefined): string | undefined =>
  tag !== undefined && /^"[^"]*"$/.test(tag) ? tag : undefined

/** If-None-Match against a stored entity tag, weak comparison (RFC 9110 §13.1.2). */
const noneMatches = (condition: string, etag: string | undefined): boolean => {
  const wanted = condition.trim()
  if (wanted === '*') return false
  if (etag === undefined) return true
  // What the origin gave as its tag and the client sends back as it is, is the same, well-formed or not.
  if (wanted === etag) return false
  return !(wanted.match(ENTITY_TAG) ?? []).some((candidate) => opaque(candidate) === opaque(etag))
}

const REPRESENTATIONS = new Set([200, 206])

/**
 * True when the client's own copy is current and a 304 answers it (RFC 9111 §4.3.2). An answer without
 * Last-Modified is as new as its Date.
 */
export const notModified = (request: RequestHead, stored: ResponseHead | StoredHead): boolean => {
  if (!REPRESENTATIONS.has(stored.status)) return false
  const ifNoneMatch = header(request.headers, 'if-none-match')
  if (ifNoneMatch !== undefined) return !noneMatches(ifNoneMatch, header(stored.headers, 'etag'))
  const since = parseHttpDate(header(request.headers, 'if-modified-since'))
  if (since === undefined) return false
  const { lastModified, date } = factsOf(stored)
  const modified = lastModified ?? date ?? ('receivedAt' in stored ? stored.receivedAt : undefined)
  return modified !== undefined && modified <= since
}

/** If-Range holds, or there is none: strong comparison (RFC 9110 §13.1.5). */
export const rangeHolds = (request: RequestHead, stored: ResponseHead): boolean => {
  const condition = header(request.headers, 'if-range')
  if (condition === undefined) return true
  if (condition.includes('"'))
    return strongTag(condition) !== undefined && condition === header(stored.headers, 'etag')
  // A date is strong when the answer was made at least a second after it (RFC 9110 §8.8.2.2).
  const { lastModified, date } = factsOf(stored)
  const strong = lastModified !== undefined && date !== undefined && date - lastModified >= 1000
  return strong && parseHttpDate(condition) === lastModified
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

const OF_WHOLES = new Set(['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since'])

/** The request for a part that others may ask for as well. */
export const rangeOnly = (headers: RawHeaders): string[] => withoutHeaders(headers, OF_WHOLES)

/** Asks the origin whether a stored answer still holds (RFC 9111 §4.3.1). */
export const conditionalOn = (headers: RawHeaders, stored: ResponseHead): string[] => {
  const conditional = unconditional(headers)
  const etag = header(stored.headers, 'etag')
  const modified = header(stored.headers, 'last-modified')
  if (etag !== undefined) conditional.push('If-None-Match', etag)
  if (modified !== undefined) conditional.push('If-Modified-Since', modified)
  return conditional
}

/**
 * Whether a 304 speaks of the stored answer (RFC 9111 §4.3.4). With another validator it does not, except where
 * the stored entity tag was all that was asked: then it is what the 304 says still holds, whatever its own says.
 */
export const validates = (stored: ResponseHead, answer: ResponseHead): boolean => {
  const ours = factsOf(stored)
  const theirs = factsOf(answer)
  if (theirs.etag !== undefined && ours.etag !== undefined)
    return opaque(theirs.etag) === opaque(ours.etag) || !hasHeader(stored.headers, 'last-modified')
  if (theirs.etag !== undefined || theirs.lastModified === undefined) return true
  return ours.lastModified === undefined || ours.lastModified === theirs.lastModified
}

/** Whether a HEAD's answer describes the stored answer to a GET (RFC 9111 §4.3.5). */
export const describes = (answer: ResponseHead, stored: ResponseHead, length: Bytes): boolean => {
  const same = (name: string): boolean => {
    const value = header(answer.headers, name)
    return value === undefined || value === header(stored.headers, name)
  }
  const declared = header(answer.headers, 'content-length')
  return same('etag') && same('last-modified') && (declared === undefined || Number(declared) === length)
}

/** Fields that belong to the stored body and stay as they are (RFC 9111 §3.2). */
const OF_THE_BODY = new Set(['content-length', 'content-encoding', 'content-range', 'content-md5', 'etag'])

/** The stored head after a 304, or a HEAD that describes it: the answer's fields replace those of the same name. */
export const freshened = (stored: StoredHead, answer: ResponseHead, timing: Timing): StoredHead => {
  const news = withoutHeaders(kept(answer).headers, OF_THE_BODY)
  // An Age of the older answer no longer holds.
  const replaced = new Set(['age'])
  eachHeader(news, (name) => replaced.add(name))
  const { requestedAt, receivedAt } = timing
  return kept({
    ...stored,
    requestedAt,
    receivedAt,
    headers: [...withoutHeaders(stored.headers, replaced), ...news]
  })
}

/** A stored head that counts as stale from now on, still good to be validated. */
export const expired = (stored: StoredHead): StoredHead => ({ ...stored, requestedAt: 0, receivedAt: 0 })
