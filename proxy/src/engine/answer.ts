import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { Outcome } from './cache-status.ts'
import { cacheStatus } from './cache-status.ts'
import { notModified, rangeHolds } from './conditional.ts'
import { factsOf } from './facts.ts'
import { hasHeader, header, withoutHeaders } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import type { RequestHead, ResponseHead } from './message.ts'
import { coveredBy, formatContentRange, parseRange, resolveRanges } from './ranges.ts'
import type { ByteRange, RangeSpec } from './ranges.ts'

const AGE = new Set(['age'])
const NOT_IN_304 = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'transfer-encoding'
])

/** The fields of an answer from the store: the origin's, with Age (RFC 9111 §5.1) and Cache-Status. */
export const storedHeaders = (headers: RawHeaders, ageMs: Milliseconds, outcome: Outcome): string[] => [
  ...withoutHeaders(headers, AGE),
  'Age',
  String(Math.floor(ageMs / 1000)),
  'Cache-Status',
  cacheStatus(outcome)
]

const BODILESS = new Set([204, 304])

/** With the length of its body, which not every origin states. */
export const complete = <T extends ResponseHead>(head: T, length: Bytes): T =>
  BODILESS.has(head.status) || hasHeader(head.headers, 'content-length')
    ? head
    : { ...head, headers: [...head.headers, 'Content-Length', String(length)] }

/** The fields of an answer that comes from the origin just now. */
export const forwardedHeaders = (headers: RawHeaders, outcome: Outcome): string[] => [
  ...headers,
  'Cache-Status',
  cacheStatus(outcome)
]

/** A 304 instead of the answer: what describes the body stays out (RFC 9110 §15.4.5). */
export const asNotModified = (head: ResponseHead): ResponseHead => ({
  status: 304,
  statusText: 'Not Modified',
  headers: withoutHeaders(head.headers, NOT_IN_304)
})

/** What of a stored answer goes out for a request. Offsets are into the stored body. */
export type Selection =
  | { readonly kind: 'Whole' }
  | { readonly kind: 'NotModified' }
  | { readonly kind: 'Part'; readonly from: Bytes; readonly to: Bytes; readonly contentRange: string }
  | { readonly kind: 'Unsatisfiable'; readonly contentRange: string }

const WHOLE: Selection = { kind: 'Whole' }

const rangesOf = (request: RequestHead): readonly RangeSpec[] | undefined => {
  const range = request.method === 'GET' ? header(request.headers, 'range') : undefined
  return range === undefined ? undefined : parseRange(range)
}

const part = ({ first, last }: ByteRange, offset: Bytes, complete: Bytes | undefined): Selection => ({
  kind: 'Part',
  from: first - offset,
  to: last - offset + 1,
  contentRange: formatContentRange({ first, last, complete })
})

/**
 * Which part of a stored answer a request gets, by its conditions and ranges (RFC 9110 §13.2.2, §14.2). Several
 * ranges that are apart get the whole: a server may ignore Range.
 */
export const select = (request: RequestHead, stored: ResponseHead, length: Bytes): Selection => {
  if (notModified(request, stored)) return { kind: 'NotModified' }
  const ranges = stored.status === 200 || stored.status === 206 ? rangesOf(request) : undefined
  if (!ranges || !rangeHolds(request, stored)) return WHOLE
  const held = factsOf(stored).part
  if (held) {
    const covered = coveredBy(ranges, held)
    return covered ? part(covered, held.first, held.complete) : WHOLE
  }
  const [range, ...more] = resolveRanges(ranges, length)
  if (!range) return { kind: 'Unsatisfiable', contentRange: `bytes */${length}` }
  return more.length > 0 ? WHOLE : part(range, 0, length)
}

const OF_THE_WHOLE = new Set(['content-length', 'content-range'])

/** The head of a part of the answer (RFC 9110 §15.3.7). */
export const partialHead = (head: ResponseHead, contentRange: string, length: Bytes): ResponseHead => ({
  status: 206,
  statusText: 'Partial Content',
  headers: [
    ...withoutHeaders(head.headers, OF_THE_WHOLE),
    'Content-Range',
    contentRange,
    'Content-Length',
    String(length)
  ]
})

/** For ranges that lie outside (RFC 9110 §15.5.17). Nothing of the stored answer stands in it but its length. */
export const outsideHead = (contentRange: string): ResponseHead => ({
  status: 416,
  statusText: 'Range Not Satisfiable',
  headers: ['Content-Range', contentRange, 'Content-Length', '0', 'Cache-Control', 'no-store']
})
