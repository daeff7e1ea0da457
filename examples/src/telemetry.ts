import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace
} from '@opentelemetry/api'
import type { Context, Span, Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider
} from '@opentelemetry/sdk-trace'
import { formatTraceparent } from './trace-context.ts'
import type { TraceContext } from './trace-context.ts'
import type { ActiveSpan, Attributes, TracingClient } from './tracing.ts'

export interface OpenTelemetryOptions {
  /** `service.name` of every span. */
  readonly service: string
  /** Base URL of an OTLP/HTTP receiver, to which /v1/traces is added; undefined turns tracing off. */
  readonly endpoint: string | undefined
  /** Milliseconds between exports. Default 1000. */
  readonly exportIntervalMs?: number
}

/** Spans by OpenTelemetry. Without a receiver nothing is recorded, and the caller's context is passed on as it is. */
export function openTelemetry(options: OpenTelemetryOptions): TracingClient {
  const provider = options.endpoint === undefined ? undefined : exportTo(options.endpoint, options)
  const tracer = (provider ?? trace.getTracerProvider()).getTracer('alexandrite-examples')
  return {
    server: (name, attributes, parent) => {
      const context = parent === undefined ? ROOT_CONTEXT : remote(parent)
      return new OpenTelemetrySpan(
        tracer,
        tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: { ...attributes } }, context)
      )
    },
    close: async () => {
      await provider?.shutdown()
    }
  }
}

/** OTEL_RESOURCE_ATTRIBUTES add to the service's name, as the pod and the namespace in a cluster. */
function exportTo(endpoint: string, options: OpenTelemetryOptions): TracerProvider {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  return new TracerProvider({
    resource: detectResources({ detectors: [envDetector] }).merge(
      resourceFromAttributes({ 'service.name': options.service })
    ),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: options.exportIntervalMs ?? 1000 })
    ]
  })
}

function remote({ traceId, spanId, sampled, tracestate }: TraceContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? 1 : 0,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) })
  })
}

class OpenTelemetrySpan implements ActiveSpan {
  readonly #tracer: Tracer
  readonly #span: Span

  constructor(tracer: Tracer, span: Span) {
    this.#tracer = tracer
    this.#span = span
  }

  get context(): TraceContext | undefined {
    const context = this.#span.spanContext()
    if (!isSpanContextValid(context)) return undefined
    const { traceId, spanId, traceFlags, traceState } = context
    const tracestate = traceState?.serialize()
    return { traceId, spanId, sampled: (traceFlags & 1) === 1, ...(tracestate && { tracestate }) }
  }

  headers(): Record<string, string> {
    const { context } = this
    if (context === undefined) return {}
    const { tracestate } = context
    return { traceparent: formatTraceparent(context), ...(tracestate && { tracestate }) }
  }

  child(name: string, attributes: Attributes): ActiveSpan {
    const inside = trace.setSpan(ROOT_CONTEXT, this.#span)
    const span = this.#tracer.startSpan(
      name,
      { kind: SpanKind.CLIENT, attributes: { ...attributes } },
      inside
    )
    return new OpenTelemetrySpan(this.#tracer, span)
  }

  rename(name: string): void {
    this.#span.updateName(name)
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes({ ...attributes })
  }

  fail(reason?: string): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(reason && { message: reason }) })
  }

  end(): void {
    this.#span.end()
  }
}
