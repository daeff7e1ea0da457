/**
 * Spans by jaeger-client, which was archived in 2022, as a service has it that nobody has touched for years. The bridge is
 * all that is new: it continues a trace whichever protocol the caller speaks, and passes both on.
 */
import jaeger from 'jaeger-client'
import type { Span, SpanContext, Tracer } from 'jaeger-client'
import { FORMAT_HTTP_HEADERS, Tags } from 'opentracing'
import { formatTraceparent } from '../trace-context.ts'
import type { TraceContext } from '../trace-context.ts'
import type { ActiveSpan, Attributes, TracingClient } from '../tracing.ts'

export interface JaegerOptions {
  readonly service: string
  /** Thrift over HTTP, such as http://collector:14268/api/traces; undefined: contexts are passed on, nothing is sent. */
  readonly endpoint: string | undefined
  /** Milliseconds between exports. Default 1000. */
  readonly exportIntervalMs?: number
  readonly onFailure: (message: string) => void
}

/** How long the last spans may take at the end: the library itself would wait for ever. */
const CLOSE_MS = 2000

const NOWHERE = {
  report: () => undefined,
  setProcess: () => undefined,
  close: (done?: () => void) => done?.()
}

export function jaegerClient(options: JaegerOptions): TracingClient {
  const tracer = tracerOf(options)
  return {
    server: (name, attributes, parent) => {
      const tags = { ...attributes, [Tags.SPAN_KIND]: Tags.SPAN_KIND_RPC_SERVER }
      const childOf = parent === undefined ? {} : { childOf: contextOf(parent) }
      return new JaegerSpan(tracer, tracer.startSpan(name, { ...childOf, tags }))
    },
    close: () =>
      new Promise((resolve) => {
        const late = setTimeout(resolve, CLOSE_MS)
        tracer.close(() => {
          clearTimeout(late)
          resolve()
        })
      })
  }
}

function tracerOf({ service, endpoint, exportIntervalMs = 1000, onFailure }: JaegerOptions): Tracer {
  const logger = { info: () => undefined, error: onFailure }
  if (endpoint === undefined) {
    const sampler = { type: 'const', param: 0 } as const
    return jaeger.initTracer({ serviceName: service, sampler }, { logger, reporter: NOWHERE })
  }
  const reporter = { collectorEndpoint: endpoint, flushIntervalMs: exportIntervalMs }
  const sampler = { type: 'const', param: 1 } as const
  return jaeger.initTracer({ serviceName: service, sampler, reporter }, { logger })
}

/** Of somebody else's span. The sender decided on sampling, so nobody decides again. */
function contextOf({ traceId, spanId, sampled }: TraceContext): SpanContext {
  const context = jaeger.SpanContext.withStringIds(traceId, spanId, null, sampled ? 1 : 0)
  context.finalizeSampling()
  return context
}

class JaegerSpan implements ActiveSpan {
  readonly #tracer: Tracer
  readonly #span: Span

  constructor(tracer: Tracer, span: Span) {
    this.#tracer = tracer
    this.#span = span
  }

  /** Jaeger's ids may have 64 bits and lack their leading zeros; those of W3C have 128 and all of them. */
  get context(): TraceContext {
    const context = this.#span.context()
    return {
      traceId: context.traceIdStr.padStart(32, '0'),
      spanId: context.spanIdStr.padStart(16, '0'),
      sampled: context.isSampled()
    }
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = { traceparent: formatTraceparent(this.context) }
    this.#tracer.inject(this.#span.context(), FORMAT_HTTP_HEADERS, headers)
    return headers
  }

  child(name: string, attributes: Attributes): ActiveSpan {
    const tags = { ...attributes, [Tags.SPAN_KIND]: Tags.SPAN_KIND_RPC_CLIENT }
    return new JaegerSpan(this.#tracer, this.#tracer.startSpan(name, { childOf: this.#span, tags }))
  }

  rename(name: string): void {
    this.#span.setOperationName(name)
  }

  set(attributes: Attributes): void {
    this.#span.addTags(attributes)
  }

  fail(reason?: string): void {
    this.#span.addTags({ [Tags.ERROR]: true, ...(reason !== undefined && { 'error.type': reason }) })
  }

  end(): void {
    this.#span.finish()
  }
}
