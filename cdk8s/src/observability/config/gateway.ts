import { listenAddress } from '../endpoints.ts'
import type { Endpoints } from '../endpoints.ts'
import { fileStorage, memoryLimiter, patience, selfTelemetry, STORAGE } from './collector.ts'
import { redactionProcessor, redactionTransform } from './redaction.ts'

/** Which traces are kept; span metrics count all of them. */
export type Sampling =
  /** Every one: for a machine of one's own. */
  | { readonly kind: 'KeepAll' }
  /** Those with an error, slow ones, those of writes to an order, and a share of the rest. */
  | {
      readonly kind: 'KeepNotable'
      /** Of traces that are not notable, 0 to 100. */
      readonly restPercent: number
      /** A trace is slow from here on, milliseconds. */
      readonly slowMs: number
    }

/** The case's critical bound of most APIs is a second or more: a trace over one second is worth keeping. */
export const DEFAULT_SAMPLING: Sampling = { kind: 'KeepNotable', restPercent: 10, slowMs: 1000 }

export interface GatewayOptions {
  /** Folder for what waits to be sent. */
  readonly stateFolder: string
  /**
   * Kubernetes: spans get the names of their pod and namespace, asked for at the API server.
   * @default Kubernetes
   */
  readonly platform?: 'Kubernetes' | 'Local'
  /**
   * Which traces are kept.
   * @default DEFAULT_SAMPLING
   */
  readonly sampling?: Sampling
  /**
   * Memory in MiB that it may use, its limit in the cluster.
   * @default 224
   */
  readonly memoryMiB?: number
}

/** Upper bounds of the span metrics' histogram. */
export const SPAN_BUCKETS = [
  '5ms',
  '10ms',
  '25ms',
  '50ms',
  '100ms',
  '250ms',
  '500ms',
  '1s',
  '2s',
  '5s',
  '10s'
] as const

/**
 * The gateway collector, v0.155: takes OTLP and the old Jaeger protocols, counts spans into metrics before it
 * samples them, masks what must not be kept, and sends traces to Jaeger, logs to Loki and metrics to Prometheus.
 * There is one of it: a trace must be whole where it is judged.
 */
export function gatewayConfig(endpoints: Endpoints, options: GatewayOptions): object {
  const { platform = 'Kubernetes', sampling = DEFAULT_SAMPLING } = options
  const named = platform === 'Kubernetes' ? ['k8s_attributes'] : []
  return {
    receivers: receivers(endpoints),
    processors: {
      memory_limiter: memoryLimiter(options.memoryMiB ?? 224),
      ...(platform === 'Kubernetes' && { k8s_attributes: podNames() }),
      'transform/redact': redactionTransform(),
      redaction: redactionProcessor(),
      'resource/spans': {
        attributes: [{ key: 'service.name', value: 'span-metrics', action: 'insert' }]
      },
      tail_sampling: tailSampling(sampling)
    },
    connectors: { span_metrics: spanMetrics() },
    exporters: exporters(endpoints),
    extensions: {
      health_check: { endpoint: listenAddress(endpoints, 'gatewayHealth') },
      [STORAGE]: fileStorage(options.stateFolder)
    },
    service: {
      extensions: ['health_check', STORAGE],
      telemetry: selfTelemetry(endpoints, 'gatewayMetrics'),
      pipelines: pipelines(named)
    }
  }
}

function receivers(endpoints: Endpoints): object {
  const at = (listener: Parameters<typeof listenAddress>[1]) => ({
    endpoint: listenAddress(endpoints, listener)
  })
  return {
    otlp: { protocols: { grpc: at('gatewayOtlpGrpc'), http: at('gatewayOtlpHttp') } },
    jaeger: {
      protocols: {
        thrift_http: at('gatewayJaegerThrift'),
        grpc: at('gatewayJaegerGrpc'),
        thrift_compact: at('gatewayJaegerCompact'),
        thrift_binary: at('gatewayJaegerBinary')
      }
    }
  }
}

/** A receiver gives its data to every pipeline that names it. */
function pipelines(named: readonly string[]): object {
  const redact = ['transform/redact', 'redaction']
  return {
    'traces/count': {
      receivers: ['otlp', 'jaeger'],
      processors: ['memory_limiter'],
      exporters: ['span_metrics']
    },
    'traces/keep': {
      receivers: ['otlp', 'jaeger'],
      processors: ['memory_limiter', ...named, 'tail_sampling', ...redact],
      exporters: ['otlp_grpc/jaeger']
    },
    'metrics/spans': {
      receivers: ['span_metrics'],
      processors: ['resource/spans'],
      exporters: ['otlp_http/prometheus']
    },
    metrics: {
      receivers: ['otlp'],
      processors: ['memory_limiter', ...named, 'redaction'],
      exporters: ['otlp_http/prometheus']
    },
    logs: {
      receivers: ['otlp'],
      processors: ['memory_limiter', ...redact],
      exporters: ['otlp_http/loki']
    }
  }
}

function exporters(endpoints: Endpoints): object {
  return {
    'otlp_grpc/jaeger': { endpoint: endpoints.jaegerOtlpGrpc, tls: { insecure: true }, ...patience(500) },
    'otlp_http/loki': { endpoint: `http://${endpoints.lokiHttp}/otlp`, ...patience(500) },
    'otlp_http/prometheus': { endpoint: `http://${endpoints.prometheus}/api/v1/otlp`, ...patience(100) }
  }
}

/** Calls and durations by service, span name, kind and status; the name of a span is a template, never a path. */
function spanMetrics(): object {
  return {
    histogram: { unit: 's', explicit: { buckets: [...SPAN_BUCKETS] } },
    exemplars: { enabled: true, max_per_data_point: 1 },
    metrics_flush_interval: '15s',
    metrics_expiration: '15m',
    // One counter for all pods of a service: pods come and go, and two would have the same labels.
    resource_metrics_key_attributes: ['service.name'],
    // A service that puts ids into names must not fill Prometheus: the rest is counted together.
    aggregation_cardinality_limit: 500
  }
}

function tailSampling(sampling: Sampling): object {
  if (sampling.kind === 'KeepAll')
    return { decision_wait: '1s', num_traces: 5000, policies: [{ name: 'all', type: 'always_sample' }] }
  const write = 'IsMatch(attributes["http.request.method"], "^(?:POST|PUT|PATCH|DELETE)$")'
  return {
    decision_wait: '10s',
    num_traces: 20_000,
    expected_new_traces_per_sec: 100,
    // Spans that come late share the fate of their trace.
    decision_cache: { sampled_cache_size: 100_000, non_sampled_cache_size: 200_000 },
    policies: [
      { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
      { name: 'slow', type: 'latency', latency: { threshold_ms: sampling.slowMs } },
      {
        // A handful a minute, and what people ask for weeks later.
        name: 'writes-to-an-order',
        type: 'ottl_condition',
        ottl_condition: { error_mode: 'ignore', span: [`attributes["order.id"] != nil and ${write}`] }
      },
      {
        name: 'rest',
        type: 'probabilistic',
        probabilistic: { sampling_percentage: sampling.restPercent }
      }
    ]
  }
}

/** Names by the address a span came from; what a service says about itself stays. */
function podNames(): object {
  return {
    auth_type: 'serviceAccount',
    extract: { metadata: ['k8s.namespace.name', 'k8s.pod.name', 'k8s.node.name'] },
    pod_association: [
      { sources: [{ from: 'resource_attribute', name: 'k8s.pod.uid' }] },
      { sources: [{ from: 'connection' }] }
    ]
  }
}
