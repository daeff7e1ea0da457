import type { Milliseconds } from '@alexandrite/api'
import type { Outcome } from './cache-status.ts'
import { cacheStatus } from './cache-status.ts'
import { withoutHeaders } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import type { ResponseHead } from './message.ts'

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
