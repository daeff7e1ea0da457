import { AsyncLocalStorage } from 'node:async_hooks'
import {
  context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace
} from '@opentelemetry/api'
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider
} from '@opentelemetry/sdk-trace'

export interface TracingOptions {
  /** `service.name` of every span. */
  readonly service: string
  /** Base URL of an OTLP/HTTP receiver, to which /v1/traces is added; undefined turns tracing off. */
  readonly endpoint: string | undefined
  /** Milliseconds between exports. Default 1000. */
  readonly exportIntervalMs?: number
}

export interface IncomingRequest {
  readonly method: string
  readonly path: string
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}

/**
 * Spans of one service. A request continues the caller's trace (W3C Trace Context); what happens meanwhile
 * becomes its child. Orders live for weeks: traces stay short, and `order.id` is what joins them.
 */
export class Tracing {
  readonly #provider: TracerProvider | undefined
  readonly #tracer: Tracer
  readonly #current = new AsyncLocalStorage<Context>()

  constructor(options: TracingOptions) {
    this.#provider = options.endpoint === undefined ? undefined : exportTo(options.endpoint, options)
    this.#tracer = (this.#provider ?? trace.getTracerProvider()).getTracer('alexandrite-examples')
  }

  /** Starts the span of an HTTP request and runs `next` inside it. The caller ends it with `finishRequest`. */
  enterRequest(incoming: IncomingRequest, next: () => void): Span {
    const parent = remoteParent(incoming)
    const attributes = { 'http.request.method': incoming.method, 'url.path': incoming.path }
    const span = this.#tracer.startSpan(incoming.method, { kind: SpanKind.SERVER, attributes }, parent)
    this.#current.run(trace.setSpan(parent, span), next)
    return span
  }

  /** Names the span by route (never by path: ids would make names endless) and ends it. */
  finishRequest(span: Span, outcome: { method: string; route: string; status: number }): void {
    span.updateName(`${outcome.method} ${outcome.route}`)
    span.setAttributes({ 'http.route': outcome.route, 'http.response.status_code': outcome.status })
    if (outcome.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }

  /** Runs `work` as a child span of the current request. */
  async child<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
    const parent = this.#current.getStore() ?? ROOT_CONTEXT
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
    try {
      return await work()
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
      throw error
    } finally {
      span.end()
    }
  }

  /** Says which order the current request is about. */
  aboutOrder(orderId: number): void {
    const current = this.#current.getStore()
    if (current !== undefined) trace.getSpan(current)?.setAttribute('order.id', String(orderId))
  }

  /** Sends what is waiting and stops. */
  async close(): Promise<void> {
    await this.#provider?.shutdown()
  }
}

function exportTo(endpoint: string, options: TracingOptions): TracerProvider {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service }),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: options.exportIntervalMs ?? 1000 })
    ]
  })
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/

/** W3C Trace Context §3.2: a header that is malformed is as good as none. */
function remoteParent(incoming: IncomingRequest): Context {
  const [, traceId = '', spanId = '', flags = '00'] = TRACEPARENT.exec(incoming.traceparent ?? '') ?? []
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  if (!isSpanContextValid(spanContext)) return ROOT_CONTEXT
  const traceState =
    incoming.tracestate === undefined ? {} : { traceState: createTraceState(incoming.tracestate) }
  return trace.setSpanContext(context.active(), { ...spanContext, ...traceState })
}
