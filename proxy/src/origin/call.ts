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
  /** The head of a request without a body as it is written, where that is known already (requestHead). */
  readonly text?: string
}

export interface OriginAnswer {
  readonly head: ResponseHead
  /** Must flow or be destroyed. */
  readonly body: Body
}

/** Who waits for an answer. One of the two is called, once. */
export interface Receiver {
  answered(answer: OriginAnswer): void
  /** There is no answer. */
  failed(error: Error): void
}

/** Who has a call in hands. */
export interface Carrier {
  /** Nobody waits for it any more. */
  abandon(call: Call): void
}

export type OnSettled = (call: Call, outcome: 'ok' | 'error') => void

/** One request on its way and who waits for its answer. */
export class Call {
  readonly request: OriginRequest
  readonly startedAt = performance.now()
  readonly #receiver: Receiver
  readonly #onSettled: OnSettled | undefined
  carrier: Carrier | undefined
  /** It was sent a second time. */
  repeated = false
  #settled = false

  /** `onSettled` hears of the outcome before the receiver does. */
  constructor(request: OriginRequest, receiver: Receiver, onSettled?: OnSettled) {
    this.request = request
    this.#receiver = receiver
    this.#onSettled = onSettled
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
    this.#onSettled?.(this, 'ok')
    this.#receiver.answered(answer)
  }

  /** There is no answer. After the head it is the body that fails. */
  failed(error: Error): void {
    this.close()
    if (this.#settled) return
    this.#settled = true
    this.#onSettled?.(this, 'error')
    this.#receiver.failed(error)
  }

  /** The answer is complete, or nobody wants the rest. */
  close(): void {
    this.carrier = undefined
    this.request.signal?.removeEventListener('abort', this)
  }
}
