import type { PolicyRule } from '@alexandrite/api'
import type { Outcome } from '../engine/cache-status.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { RequestHead } from '../engine/message.ts'

/** Decides which requests are traced; one a tier. */
export interface Tracing {
  /** Whether any request can be: false without a receiver of traces. Constant. */
  readonly on: boolean
  /**
   * Whether to trace a request with these fields: as its traceparent says, else by the policy's ratio. Costs nothing
   * to speak of and rolls the dice anew at each call, so ask once and then call `start`.
   */
  wants(headers: RawHeaders): boolean
  /** The trace of a request that `wants` chose. */
  start(request: RequestHead, httpVersion: string): RequestTrace
  /** Both in one. Undefined: nothing is recorded of this request, and its fields go to the origin as they are. */
  begin(request: RequestHead, httpVersion: string): RequestTrace | undefined
}

/** A request whose trace is sampled, from its head to the end of its answer. Nothing here throws or waits. */
export interface RequestTrace {
  /** 32 hex digits; for exemplars and logs. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  /** The store was asked; `found` tells whether an answer was there, usable or not. */
  lookedUp(found: boolean, seconds: number): void
  /** The answer's head is going out. */
  answering(status: number): void
  /** The origin is about to be asked. */
  startOrigin(request: { readonly method: string; readonly target: string }): OriginTrace
  /** The newest of them. */
  readonly asked: SpanReference | undefined
  /** This request's answer came from what another one had asked for. */
  sharedWith(other: SpanReference): void
  /** The answer is complete or broke off. */
  end(outcome: Outcome, rule: PolicyRule | undefined): void
}

/** Names a span of a trace that is sampled. */
export interface SpanReference {
  readonly traceId: string
  readonly spanId: string
}

/** One request to the origin. */
export interface OriginTrace {
  readonly reference: SpanReference
  /** The request's fields with this span's context. */
  propagate(headers: RawHeaders): RawHeaders
  /** The head of the answer is there. */
  answered(status: number): void
  failed(error: unknown): void
}

/** No request is traced: the contexts of clients reach the origin as they are. */
export const NO_TRACING: Tracing = {
  on: false,
  wants: () => false,
  start: () => {
    throw new Error('nothing is traced without a receiver')
  },
  begin: () => undefined
}
