import type { Milliseconds } from '@alexandrite/api'
import type { RawHeaders } from './headers.ts'

/** A request without its body. */
export interface RequestHead {
  /** As sent; methods are case-sensitive. */
  readonly method: string
  /** Origin-form: the path, with its query when there is one. */
  readonly target: string
  readonly headers: RawHeaders
  /** True when a body follows (Content-Length above 0, or Transfer-Encoding). */
  readonly hasBody?: boolean
}

/** An answer without its body, its hop-by-hop fields removed. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: RawHeaders
}

/** When an answer was asked for and when its head arrived; wall clock, milliseconds. */
export interface Timing {
  readonly requestedAt: Milliseconds
  readonly receivedAt: Milliseconds
}

/** What is kept of an answer besides its body. */
export interface StoredHead extends ResponseHead, Timing {
  /** 0…1, drawn once: which share of the rule's jitter shortens this answer's ttl. */
  readonly jitter: number
}

/** Path and raw query of an origin-form target. */
export const splitTarget = (target: string): { path: string; query: string | undefined } => {
  const mark = target.indexOf('?')
  return mark < 0
    ? { path: target, query: undefined }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** Whether an answer has no body, whatever its fields say (RFC 9112 §6.3). `method` is that of its request. */
export const bodiless = (method: string, status: number): boolean =>
  method === 'HEAD' || status < 200 || status === 204 || status === 304
