/** The OTLP/HTTP exporter of OpenTelemetry. Loaded only where spans are sent: it takes some megabytes. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { Tracing } from './tracing.ts'
import type { Milliseconds } from './types.ts'

export interface OtlpOptions {
  /** Base URL of the receiver: spans go to its v1/traces. */
  readonly endpoint: string
  readonly namespace: string
  readonly pod: string
}

export interface OpenTracing {
  readonly tracing: Tracing
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>
}

const CLOSE_MS: Milliseconds = 2000

/** OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS are heeded. */
export const openTracing = ({ endpoint, namespace, pod }: OtlpOptions): OpenTracing => {
  const resource = resourceFromAttributes({
    'service.name': 'alexandrite-operator',
    'service.instance.id': pod,
    'k8s.namespace.name': namespace,
    'k8s.pod.name': pod
  }).merge(detectResources({ detectors: [envDetector] }))
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })
  const provider = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })]
  })
  return {
    tracing: new Tracing(provider.getTracer('alexandrite-operator')),
    close: async () => {
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, CLOSE_MS)
      // A receiver that is away must not make the end of a process an error.
      await Promise.race([provider.shutdown().catch(() => undefined), late.promise])
      clearTimeout(timer)
    }
  }
}
