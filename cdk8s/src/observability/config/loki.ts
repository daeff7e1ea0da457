import { portOf } from '../endpoints.ts'
import type { Endpoints } from '../endpoints.ts'

export interface LokiOptions {
  /** Folder for chunks, index and write-ahead log. */
  readonly folder: string
  /**
   * How long lines are kept, a duration of whole days in hours.
   * @default 168h
   */
  readonly retention?: string
}

/**
 * Attributes of a resource that lines are found by; Loki writes dots as underscores. Everything else, the trace id
 * and the order included, is structured metadata. Each has few values: a stream a pod would make many small chunks.
 */
export const INDEX_LABELS = ['service.name', 'k8s.namespace.name', 'k8s.container.name', 'level'] as const

/** The most labels of a stream; a line with more is refused. */
export const MOST_INDEX_LABELS = 10

/** Loki 3.7 as one process with its data in a folder; takes logs by OTLP at /otlp. */
export function lokiConfig(endpoints: Endpoints, { folder, retention = '168h' }: LokiOptions): object {
  return {
    auth_enabled: false,
    analytics: { reporting_enabled: false },
    server: {
      http_listen_address: endpoints.bind,
      http_listen_port: portOf(endpoints, 'lokiHttp'),
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: portOf(endpoints, 'lokiGrpc'),
      log_level: 'warn',
      log_format: 'json'
    },
    common: {
      path_prefix: folder,
      instance_addr: '127.0.0.1',
      replication_factor: 1,
      ring: { kvstore: { store: 'inmemory' } },
      storage: { filesystem: { chunks_directory: `${folder}/chunks`, rules_directory: `${folder}/rules` } }
    },
    schema_config: {
      configs: [
        {
          from: '2024-01-01',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' }
        }
      ]
    },
    ingester: {
      chunk_encoding: 'snappy',
      // A ring of one has nobody to wait for.
      lifecycler: { min_ready_duration: '0s' },
      wal: { replay_memory_ceiling: '64MB' }
    },
    compactor: {
      working_directory: `${folder}/compactor`,
      retention_enabled: true,
      delete_request_store: 'filesystem'
    },
    query_range: { results_cache: { cache: { embedded_cache: { enabled: true, max_size_mb: 16 } } } },
    limits_config: {
      retention_period: retention,
      max_label_names_per_series: MOST_INDEX_LABELS,
      allow_structured_metadata: true,
      // Its own guess at the name of a service would be one more label.
      discover_service_name: [],
      ingestion_rate_mb: 4,
      ingestion_burst_size_mb: 8,
      max_line_size: '64KB',
      max_line_size_truncate: true,
      otlp_config: {
        resource_attributes: {
          ignore_defaults: true,
          attributes_config: [{ action: 'index_label', attributes: [...INDEX_LABELS] }]
        }
      }
    }
  }
}
