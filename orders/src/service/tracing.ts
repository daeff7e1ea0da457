/** Spans of one service. Orders live for weeks: traces stay short, and the attribute `order.id` joins them. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider
} from '@opentelemetry/sdk-trace'
import { contextOf, headersOf } from './trace-context.ts'
import type { TraceHeaders } from './trace-context.ts'

export const ORDER_ID = 'order.id'

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL
} as const

export interface SpanOptions {
  /** Default internal. */
  readonly kind?: keyof typeof KINDS
  readonly attributes?: Attributes
  /** The order that it is about: attribute of the span and of its children, field of log lines. */
  readonly orderId?: number
  /** Headers of who asked; without them the span is a child of the current one. */
  readonly parent?: Readonly<Record<string, unknown>>
}

/** Fields of a log line that lead to its trace and to its order. */
export interface TraceFields {
  readonly trace_id?: string
  readonly span_id?: string
  readonly order_id?: string
}

interface Current {
  readonly span: Span
  orderId: number | undefined
}

/** Spans that the caller ends itself, around code that calls back. */
export interface OpenSpan {
  readonly span: Span
  readonly fields: TraceFields
  end(): void
}

export class Tracing {
  readonly #provider: TracerProvider | undefined
  readonly #tracer: Tracer
  readonly #current = new AsyncLocalStorage<Current>()

  /** @param endpoint base URL of an OTLP/HTTP receiver; undefined records nothing and passes contexts on as they are */
  constructor(service: string, endpoint: string | undefined) {
    this.#provider = endpoint === undefined ? undefined : exportTo(endpoint, service)
    this.#tracer = (this.#provider ?? trace.getTracerProvider()).getTracer('alexandrite-orders')
  }

  /** Runs `work` inside a span that ends with it; an error marks the span by its name alone. */
  async span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
    const current = this.#begin(name, options)
    return await this.#current.run(current, async () => {
      try {
        return await work(current.span)
      } catch (error) {
        fail(current.span, error)
        throw error
      } finally {
        current.span.end()
      }
    })
  }

  /** Begins a span and runs `next` inside it; the caller ends it. */
  enter(name: string, options: SpanOptions, next: () => void): OpenSpan {
    const current = this.#begin(name, options)
    this.#current.run(current, next)
    return {
      span: current.span,
      get fields() {
        return fieldsOf(current)
      },
      end: () => current.span.end()
    }
  }

  /** Says which order the current request is about. */
  aboutOrder(orderId: number): void {
    const current = this.#current.getStore()
    if (current === undefined) return
    current.orderId = orderId
    current.span.setAttribute(ORDER_ID, String(orderId))
  }

  /** The headers by which another service continues the current trace; none outside of a span. */
  headers(): TraceHeaders {
    const current = this.#current.getStore()
    return current === undefined ? {} : headersOf(current.span)
  }

  /** Fields for whatever is logged now. */
  fields(): TraceFields {
    return fieldsOf(this.#current.getStore())
  }

  /** Sends what is waiting and stops. */
  async close(): Promise<void> {
    await this.#provider?.shutdown()
  }

  #begin(name: string, options: SpanOptions): Current {
    const outer = this.#current.getStore()
    const orderId = options.orderId ?? (options.parent === undefined ? outer?.orderId : undefined)
    const attributes = {
      ...options.attributes,
      ...(orderId !== undefined && { [ORDER_ID]: String(orderId) })
    }
    const kind = KINDS[options.kind ?? 'internal']
    return { span: this.#tracer.startSpan(name, { kind, attributes }, parentOf(options, outer)), orderId }
  }
}

function parentOf({ parent }: SpanOptions, outer: Current | undefined): Context {
  if (parent !== undefined) return contextOf(parent)
  return outer === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, outer.span)
}

/** The name only: messages of databases and of other services may repeat what they were sent. */
export function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
}

function fieldsOf(current: Current | undefined): TraceFields {
  if (current === undefined) return {}
  const { traceId, spanId } = current.span.spanContext()
  return {
    ...(!/^0+$/.test(traceId) && { trace_id: traceId, span_id: spanId }),
    ...(current.orderId !== undefined && { order_id: String(current.orderId) })
  }
}

/** OTEL_RESOURCE_ATTRIBUTES add to the service's name, as the pod and the namespace in a cluster. */
function exportTo(endpoint: string, service: string): TracerProvider {
  return new TracerProvider({
    resource: detectResources({ detectors: [envDetector] }).merge(
      resourceFromAttributes({ 'service.name': service })
    ),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }),
        scheduledDelayMillis: 1000
      })
    ]
  })
}
