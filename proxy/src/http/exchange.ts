import type { Milliseconds, Policy } from '@alexandrite/api'
import type { Classification } from '../engine/classify.ts'
import type { RequestHead, ResponseHead } from '../engine/message.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { RequestTrace } from '../telemetry/tracing.ts'
import type { Lookup } from '../tier/lookup.ts'
import type { Body } from './body.ts'
import type { Departure } from './departure.ts'

/** What a policy makes of a request, found out before. */
export interface Classified {
  readonly policy: Policy | undefined
  readonly classification: Classification
  /** What stands in the cache for it, where that was found out, too. */
  readonly lookup?: Lookup | undefined
}

/** One request of a client and the way to answer it. */
export interface Exchange {
  readonly request: RequestHead
  /** The request's fields as the origin shall see them. */
  readonly towardsOrigin: RawHeaders
  readonly body: Body | undefined
  /** When it came, monotonic. @default when the exchange was handed over */
  readonly arrivedAt?: Milliseconds | undefined
  /** Saves finding it out again, as long as the policy is the same. */
  readonly classified?: Classified | undefined
  /** Aborted when the client leaves before the answer is complete. */
  readonly gone: Departure
  /** Of the request. @default '1.1' */
  readonly httpVersion?: string
  /** Whether to trace this request, where that was decided already (Tracing.wants). */
  readonly traced?: boolean | undefined
  /** Undefined: nothing of this request is recorded. */
  readonly trace?: RequestTrace
  /** Passes a 1xx answer on (RFC 9110 §15.2), where the client can take it. */
  interim(head: ResponseHead): void
  /**
   * Resolves when the answer was handed over, rejects when its body failed or the client left. Takes the body
   * in any case: one that an answer cannot have (to HEAD; 204, 304) is let go.
   */
  send(head: ResponseHead, body?: Buffer | Body): Promise<void>
}
