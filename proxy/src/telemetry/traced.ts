/** How the steps of a request tell its trace, where there is one. */
import type { RawHeaders } from '../engine/headers.ts'
import type { RequestHead, ResponseHead } from '../engine/message.ts'
import type { Body } from '../http/body.ts'
import type { Departure } from '../http/departure.ts'
import type { Classified, Exchange } from '../http/exchange.ts'
import type { Origin, OriginAnswer, OriginRequest } from '../origin/origin.ts'
import type { OriginTrace, RequestTrace } from './tracing.ts'

const tracedFetch = async (
  origin: Origin,
  request: OriginRequest,
  asked: OriginTrace
): Promise<OriginAnswer> => {
  try {
    const answer = await origin.fetch({ ...request, headers: asked.propagate(request.headers) })
    asked.answered(answer.head.status)
    return answer
  } catch (error) {
    asked.failed(error)
    throw error
  }
}

/** Asks the origin, with a span of its own when the request is traced. */
export const askOrigin = (
  origin: Origin,
  request: OriginRequest,
  trace: RequestTrace | undefined
): Promise<OriginAnswer> =>
  trace ? tracedFetch(origin, request, trace.startOrigin(request)) : origin.fetch(request)

/** Tells the trace what a look into the store found and how long it took. */
export const timedLookup = async <T extends { readonly entry: unknown }>(
  asked: Promise<T>,
  trace: RequestTrace
): Promise<T> => {
  const started = performance.now()
  const lookup = await asked
  trace.lookedUp(lookup.entry !== undefined, (performance.now() - started) / 1000)
  return lookup
}

/** A waiter's span links to the request to the origin that answered it. */
export const noteShared = (waiter: RequestTrace | undefined, leader: RequestTrace | undefined): void => {
  if (waiter && leader?.asked) waiter.sharedWith(leader.asked)
}

/** The fields of a log line that lead to its trace. */
export const logFields = (trace: RequestTrace | undefined): { trace_id?: string; span_id?: string } =>
  trace ? { trace_id: trace.traceId, span_id: trace.spanId } : {}

/** An exchange that notes what happens to it: traced, or in the access log. Only these pay for it. */
export class WatchedExchange implements Exchange {
  readonly trace?: RequestTrace
  /** Of the answer, once its head goes out. */
  status: number | undefined
  readonly #exchange: Exchange

  constructor(exchange: Exchange, trace: RequestTrace | undefined) {
    if (trace) this.trace = trace
    this.#exchange = exchange
  }

  get request(): RequestHead {
    return this.#exchange.request
  }
  get towardsOrigin(): RawHeaders {
    return this.#exchange.towardsOrigin
  }
  get body(): Body | undefined {
    return this.#exchange.body
  }
  get classified(): Classified | undefined {
    return this.#exchange.classified
  }
  get gone(): Departure {
    return this.#exchange.gone
  }

  interim(head: ResponseHead): void {
    this.#exchange.interim(head)
  }

  send(head: ResponseHead, body?: Buffer | Body): Promise<void> {
    this.status = head.status
    this.trace?.answering(head.status)
    return this.#exchange.send(head, body)
  }
}
