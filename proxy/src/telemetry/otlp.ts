/** The OTLP/HTTP exporter of OpenTelemetry. Loaded with the first span: a proxy that traces nothing does without its memory. */
import type { HrTime, Link, SpanContext } from '@opentelemetry/api'
import { SpanKind, SpanStatusCode, createTraceState } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { FinishedSpan } from './span.ts'
import type { SpanSender } from './span-queue.ts'
import type { SpanReference } from './tracing.ts'

export interface OtlpOptions {
  /** Base URL of the receiver: spans go to its v1/traces. */
  readonly endpoint: string
  /** NAMESPACE/NAME */
  readonly tier: string
  readonly pod: string
}

const SAMPLED = 1
/** Retries of the exporter included. */
const TIMEOUT_MS = 5000

const hrTime = (milliseconds: number): HrTime => {
  const seconds = Math.floor(milliseconds / 1000)
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)]
}

const contextOf = (
  { traceId, spanId }: SpanReference,
  tracestate: string | undefined,
  isRemote = false
): SpanContext => ({
  traceId,
  spanId,
  traceFlags: SAMPLED,
  isRemote,
  ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) })
})

const linkTo = (reference: SpanReference): Link => ({ context: contextOf(reference, undefined) })

const readable = (span: FinishedSpan, resource: Resource): ReadableSpan => {
  const { traceId, parentSpanId, tracestate } = span
  return {
    name: span.name,
    kind: span.kind === 'Server' ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => contextOf(span, tracestate),
    ...(parentSpanId === undefined
      ? {}
      : { parentSpanContext: contextOf({ traceId, spanId: parentSpanId }, tracestate, span.remoteParent) }),
    startTime: hrTime(span.startedAt),
    endTime: hrTime(span.endedAt),
    duration: hrTime(span.endedAt - span.startedAt),
    status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.attributes,
    events: span.events.map(({ name, at, attributes }) => ({ name, time: hrTime(at), attributes })),
    links: span.links.map(linkTo),
    ended: true,
    resource,
    instrumentationScope: { name: 'alexandrite-proxy' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0
  }
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over these. */
const resourceOf = ({ tier, pod }: OtlpOptions): Resource => {
  const [namespace = '', name = ''] = tier.split('/')
  return resourceFromAttributes({
    'service.name': 'alexandrite-proxy',
    'service.namespace': namespace,
    'service.instance.id': pod,
    'k8s.namespace.name': namespace,
    'k8s.pod.name': pod,
    'alexandrite.tier': `${namespace}/${name}`
  }).merge(detectResources({ detectors: [envDetector] }))
}

/** Sends spans to an OTLP/HTTP receiver; OTEL_EXPORTER_OTLP_HEADERS and the like are heeded. */
export const otlpSender = (options: OtlpOptions): SpanSender => {
  const resource = resourceOf(options)
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: TIMEOUT_MS
  })
  return {
    send: (spans) =>
      new Promise((resolve, reject) => {
        exporter.export(
          spans.map((span) => readable(span, resource)),
          ({ error }) => (error ? reject(error) : resolve())
        )
      }),
    close: () => exporter.shutdown()
  }
}
