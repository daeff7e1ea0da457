/** Who asked, in two languages: W3C Trace Context (traceparent, tracestate) and the older one of Jaeger (uber-trace-id). */

/** The place of a request in its trace. */
export interface TraceContext {
  /** 32 hex digits in lower case, not all 0. */
  readonly traceId: string
  /** 16 hex digits in lower case, not all 0. */
  readonly spanId: string
  readonly sampled: boolean
  /** What other systems of tracing want passed on. */
  readonly tracestate?: string
}

/**
 * What the sender of a request speaks: `jaeger` when the old field is there, whether or not the new one is too, for
 * then it still has the old client; `w3c` when only the new one is; `none` when neither is valid.
 */
export type TraceProtocol = 'jaeger' | 'w3c' | 'none'
export const TRACE_PROTOCOLS: readonly TraceProtocol[] = ['jaeger', 'w3c', 'none']

export interface TraceHeaders {
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
  readonly uberTraceId?: string | undefined
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/
/** Trace, span, parent, flags; Jaeger leaves leading zeros out. */
const UBER_TRACE_ID = /^([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{1,16}:([0-9a-f]{1,2})$/i
const ZEROS = /^0+$/

/** W3C Trace Context §3.2: a header that is malformed is as good as none. */
export const parseTraceparent = (text = ''): TraceContext | undefined => contextOf(TRACEPARENT.exec(text))

/** https://www.jaegertracing.io/sdk-migration/#propagation-format; some clients escape its colons. */
export const parseUberTraceId = (text = ''): TraceContext | undefined =>
  contextOf(UBER_TRACE_ID.exec(text.replaceAll(/%3a/gi, ':')))

function contextOf(found: RegExpExecArray | null): TraceContext | undefined {
  const [, trace = '0', span = '0', flags = '0'] = found ?? []
  if (ZEROS.test(trace) || ZEROS.test(span)) return undefined
  return {
    traceId: trace.toLowerCase().padStart(32, '0'),
    spanId: span.toLowerCase().padStart(16, '0'),
    sampled: (Number.parseInt(flags, 16) & 1) === 1
  }
}

/** The sender's place in its trace; where both fields are there, the new one counts. */
export function parentOf(headers: TraceHeaders): TraceContext | undefined {
  const parent = parseTraceparent(headers.traceparent)
  if (parent === undefined) return parseUberTraceId(headers.uberTraceId)
  return headers.tracestate === undefined ? parent : { ...parent, tracestate: headers.tracestate }
}

export function protocolOf(headers: TraceHeaders): TraceProtocol {
  if (parseUberTraceId(headers.uberTraceId) !== undefined) return 'jaeger'
  return parseTraceparent(headers.traceparent) === undefined ? 'none' : 'w3c'
}

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${sampled ? 1 : 0}`
