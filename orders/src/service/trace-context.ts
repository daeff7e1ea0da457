/** The place of a request or a message in its trace: W3C Trace Context, in HTTP as in AMQP headers. */
import { createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { Context, Span } from '@opentelemetry/api'

/** Fields that carry it; a type and not an interface, so that it goes where headers go. */
export type TraceHeaders = {
  traceparent?: string
  tracestate?: string
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/
const ZEROS = /^0+$/

/** The sender's context; that of nobody where the header is missing or malformed (W3C Trace Context §3.2). */
export function contextOf(headers: Readonly<Record<string, unknown>>): Context {
  const { traceparent, tracestate } = headers
  const found = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null
  const [, traceId = '0', spanId = '0', flags = '0'] = found ?? []
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return ROOT_CONTEXT
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(typeof tracestate === 'string' && { traceState: createTraceState(tracestate) })
  })
}

/** The fields by which someone else continues the span's trace; none when nothing is recorded and nobody asked. */
export function headersOf(span: Span): TraceHeaders {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  if (ZEROS.test(traceId)) return {}
  const tracestate = traceState?.serialize()
  return { traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`, ...(tracestate && { tracestate }) }
}
