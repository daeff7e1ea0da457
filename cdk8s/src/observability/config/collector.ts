/** Parts that both collectors configure alike. */
import { portOf } from '../endpoints.ts'
import type { Endpoints, Listener } from '../endpoints.ts'

/** Name of the extension that queues and read positions are kept by. */
export const STORAGE = 'file_storage'

/** Memory of a collector, in MiB; it refuses data before the kernel ends it. */
export const memoryLimiter = (mebibytes: number): object => ({
  check_interval: '1s',
  limit_mib: Math.floor(mebibytes * 0.8),
  spike_limit_mib: Math.floor(mebibytes * 0.2)
})

/** Keeps queues through a restart of the process. */
export const fileStorage = (folder: string): object => ({
  directory: folder,
  create_directory: true,
  // Queued data are copies of what is stored a second later.
  fsync: false
})

/** Collected into batches and held on disk while the receiver is away: ten minutes of trying, then dropped and counted. */
export const patience = (queueSize: number): object => ({
  sending_queue: {
    storage: STORAGE,
    sizer: 'requests',
    queue_size: queueSize,
    batch: { flush_timeout: '1s', sizer: 'items', min_size: 512, max_size: 2048 }
  },
  retry_on_failure: { initial_interval: '1s', max_interval: '30s', max_elapsed_time: '10m' }
})

/** A collector's own logs, as JSON, and its metrics, named as Prometheus advises: with units, counters with _total. */
export const selfTelemetry = (endpoints: Endpoints, metrics: Listener): object => ({
  logs: { level: 'info', encoding: 'json' },
  metrics: {
    level: 'normal',
    readers: [
      {
        pull: {
          exporter: {
            prometheus: {
              host: endpoints.bind,
              port: portOf(endpoints, metrics),
              without_scope_info: true,
              without_type_suffix: false,
              without_units: false
            }
          }
        }
      }
    ]
  }
})
