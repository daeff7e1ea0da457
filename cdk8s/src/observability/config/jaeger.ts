import { listenAddress } from '../endpoints.ts'
import type { Endpoints } from '../endpoints.ts'
import { selfTelemetry } from './collector.ts'

/** Where traces are kept. */
export type TraceStorage =
  /** The newest ones, until the process ends. */
  | { readonly kind: 'Memory'; readonly maxTraces: number }
  /** On disk; wants about 300 MiB of memory more. */
  | {
      readonly kind: 'Badger'
      readonly folder: string
      /** How long a trace is kept, a duration such as 168h. */
      readonly retention: string
    }

export interface JaegerOptions {
  /**
   * Where traces are kept.
   * @default - memory, the newest 10,000 traces
   */
  readonly storage?: TraceStorage
}

/** Jaeger 2 (cmd/jaeger 1.76): takes OTLP, answers queries and shows its pages. */
export function jaegerConfig(endpoints: Endpoints, options: JaegerOptions = {}): object {
  const at = (listener: Parameters<typeof listenAddress>[1]) => ({
    endpoint: listenAddress(endpoints, listener)
  })
  return {
    receivers: { otlp: { protocols: { grpc: at('jaegerOtlpGrpc'), http: at('jaegerOtlpHttp') } } },
    processors: { batch: { timeout: '200ms' } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'traces' } },
    extensions: {
      jaeger_storage: { backends: { traces: backend(options.storage) } },
      jaeger_query: {
        storage: { traces: 'traces' },
        http: at('jaegerQuery'),
        grpc: at('jaegerQueryGrpc'),
        max_clock_skew_adjust: '0s'
      },
      healthcheckv2: { use_v2: true, http: at('jaegerHealth') }
    },
    service: {
      extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
      telemetry: selfTelemetry(endpoints, 'jaegerMetrics'),
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] }
      }
    }
  }
}

function backend(storage: TraceStorage = { kind: 'Memory', maxTraces: 10_000 }): object {
  if (storage.kind === 'Memory') return { memory: { max_traces: storage.maxTraces } }
  const { folder, retention } = storage
  return {
    badger: {
      ephemeral: false,
      directories: { keys: `${folder}/keys`, values: `${folder}/values` },
      ttl: { spans: retention }
    }
  }
}
