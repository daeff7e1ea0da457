import { AsyncLocalStorage } from 'node:async_hooks'
import type { TraceContext } from './trace-context.ts'

export type Attributes = Readonly<Record<string, string | number>>

/** A span that has begun, whichever library records it. */
export interface ActiveSpan {
  /** Undefined when nothing is recorded and nobody asked. */
  readonly context: TraceContext | undefined
  /** The fields by which another service continues the trace. */
  headers(): Record<string, string>
  /** A span of something that is waited for: a query, a request to another service. */
  child(name: string, attributes: Attributes): ActiveSpan
  rename(name: string): void
  set(attributes: Attributes): void
  fail(reason?: string): void
  end(): void
}

/** A library of tracing. */
export interface TracingClient {
  /** The span of a request that came in. */
  server(name: string, attributes: Attributes, parent: TraceContext | undefined): ActiveSpan
  /** Sends what is waiting and stops. */
  close(): Promise<void>
}

export interface IncomingRequest {
  readonly method: string
  readonly parent: TraceContext | undefined
}

export interface RequestOutcome {
  readonly method: string
  readonly route: string
  readonly status: number
}

/** The fields of a log line that lead to its trace and to its order. */
export interface LogFields {
  readonly trace_id?: string
  readonly span_id?: string
  readonly order_id?: string
}

/** The attribute that joins the many short traces of an order's weeks. */
const ORDER_ID = 'order.id'

interface Current {
  readonly span: ActiveSpan
  orderId: string | undefined
}

/** The span of an HTTP request; whoever began it ends it. */
export class RequestSpan {
  readonly #current: Current

  constructor(current: Current) {
    this.#current = current
  }

  logFields(): LogFields {
    return logFields(this.#current)
  }

  /** Labels of the exemplar: none when the trace is not recorded, for it would lead nowhere. */
  exemplar(): { trace_id: string } | Record<string, never> {
    const { context } = this.#current.span
    return context?.sampled === true ? { trace_id: context.traceId } : {}
  }

  /** Names the span by route (never by path: ids would make names endless) and ends it. */
  finish({ method, route, status }: RequestOutcome): void {
    const { span } = this.#current
    span.rename(`${method} ${route}`)
    span.set({ 'http.route': route, 'http.response.status_code': status })
    if (status >= 500) span.fail()
    span.end()
  }
}

/**
 * Spans of one service. A request continues the caller's trace; what happens meanwhile becomes its child. Orders live
 * for weeks: traces stay short, and `order.id` is what joins them.
 */
export class Tracing {
  readonly #client: TracingClient
  readonly #current = new AsyncLocalStorage<Current>()

  constructor(client: TracingClient) {
    this.#client = client
  }

  /** Starts the span of an HTTP request and runs `next` inside it. */
  enterRequest({ method, parent }: IncomingRequest, next: () => void): RequestSpan {
    const span = this.#client.server(method, { 'http.request.method': method }, parent)
    const current: Current = { span, orderId: undefined }
    this.#current.run(current, next)
    return new RequestSpan(current)
  }

  /** Runs `work` as a child span of the current request; outside of a request, without one. */
  async child<T>(
    name: string,
    attributes: Attributes,
    work: (span: ActiveSpan | undefined) => Promise<T>
  ): Promise<T> {
    const current = this.#current.getStore()
    if (current === undefined) return await work(undefined)
    const order = current.orderId === undefined ? {} : { [ORDER_ID]: current.orderId }
    const span = current.span.child(name, { ...attributes, ...order })
    try {
      return await work(span)
    } catch (error) {
      // The name only: messages of databases and of other services may repeat what they were sent.
      span.fail(error instanceof Error ? error.name : 'error')
      throw error
    } finally {
      span.end()
    }
  }

  /** Says which order the current request is about: on its span, on the children to come and in its log lines. */
  aboutOrder(orderId: number): void {
    const current = this.#current.getStore()
    if (current === undefined) return
    current.orderId = String(orderId)
    current.span.set({ [ORDER_ID]: current.orderId })
  }

  /** Fields for whatever is logged during a request. */
  logFields(): LogFields {
    return logFields(this.#current.getStore())
  }

  /** Sends what is waiting and stops. */
  async close(): Promise<void> {
    await this.#client.close()
  }
}

function logFields(current: Current | undefined): LogFields {
  const context = current?.span.context
  return {
    ...(context && { trace_id: context.traceId, span_id: context.spanId }),
    ...(current?.orderId !== undefined && { order_id: current.orderId })
  }
}
