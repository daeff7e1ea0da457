import type { RawHeaders } from '../engine/headers.ts'
import { isSafe } from '../engine/invalidate.ts'
import type { ResponseHead } from '../engine/message.ts'
import type { Body } from '../http/body.ts'
import type { Departure } from '../http/departure.ts'

export interface OriginRequest {
  readonly method: string
  readonly target: string
  /** Already without hop-by-hop fields. */
  readonly headers: RawHeaders
  readonly body?: Body | undefined
  /** Ends the request, and its answer when that is under way. */
  readonly signal?: Departure
  /** Hears of 1xx answers; of 100 when the request said `Expect: 100-continue` and its body is now awaited. */
  readonly onInterim?: (head: ResponseHead) => void
}

export interface OriginAnswer {
  readonly head: ResponseHead
  /** Must flow or be destroyed. */
  readonly body: Body
}

/** Who has a call in hands. */
export interface Carrier {
  /** Nobody waits for it any more. */
  abandon(call: Call): void
}

/** One request on its way and who waits for its answer. */
export class Call {
  readonly request: OriginRequest
  readonly startedAt = performance.now()
  readonly #resolve: (answer: OriginAnswer) => void
  readonly #reject: (error: Error) => void
  carrier: Carrier | undefined
  /** It was sent a second time. */
  repeated = false
  #settled = false

  constructor(
    request: OriginRequest,
    resolve: (answer: OriginAnswer) => void,
    reject: (error: Error) => void
  ) {
    this.request = request
    this.#resolve = resolve
    this.#reject = reject
    request.signal?.addEventListener('abort', this)
  }

  /** Whether it may be sent again when a connection closed before any byte of the answer (RFC 9112 §9.3.1). */
  get repeatable(): boolean {
    return !this.repeated && this.request.body === undefined && isSafe(this.request.method)
  }

  /** The signal's event. */
  handleEvent(): void {
    this.carrier?.abandon(this)
  }

  answered(answer: OriginAnswer): void {
    this.#settled = true
    this.#resolve(answer)
  }

  /** There is no answer. After the head it is the body that fails. */
  failed(error: Error): void {
    this.close()
    if (!this.#settled) this.#reject(error)
    this.#settled = true
  }

  /** The answer is complete, or nobody wants the rest. */
  close(): void {
    this.carrier = undefined
    this.request.signal?.removeEventListener('abort', this)
  }
}
