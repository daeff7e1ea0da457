/** What is used of jaeger-client 3, which brings no types of its own. */
declare module 'jaeger-client' {
  import type { Span as OpenTracingSpan, Tracer as OpenTracingTracer } from 'opentracing'

  export interface Reporter {
    report(span: Span): void
    setProcess(serviceName: string, tags: unknown): void
    close(done?: () => void): void
  }

  export interface Span extends OpenTracingSpan {
    context(): SpanContext
  }

  export class SpanContext {
    static withStringIds(traceId: string, spanId: string, parentId: string | null, flags: number): SpanContext
    /** Hexadecimal, without leading zeros. */
    readonly traceIdStr: string
    readonly spanIdStr: string
    readonly isValid: boolean
    isSampled(): boolean
    finalizeSampling(): unknown
    toTraceId(): string
    toSpanId(): string
  }

  export interface Tracer extends OpenTracingTracer {
    startSpan(name: string, options?: { childOf?: Span | SpanContext; tags?: Record<string, unknown> }): Span
    inject(context: SpanContext, format: string, carrier: Record<string, string>): void
    close(done?: () => void): void
  }

  export interface Configuration {
    readonly serviceName: string
    readonly sampler: { readonly type: 'const'; readonly param: 0 | 1 }
    readonly reporter?: { readonly collectorEndpoint: string; readonly flushIntervalMs?: number }
  }

  export interface Options {
    readonly logger?: { info(message: string): void; error(message: string): void }
    readonly reporter?: Reporter
  }

  export function initTracer(configuration: Configuration, options?: Options): Tracer
}
