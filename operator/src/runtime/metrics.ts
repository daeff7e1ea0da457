import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60]
const QUEUE_BUCKETS = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 60, 600]

/** The words in which a reconcile ends; controller-runtime's label values. */
export const RECONCILE_RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const
export type ReconcileOutcome = (typeof RECONCILE_RESULTS)[number]

const controllerMetrics = (registers: Registry[]) => ({
  reconcileTotal: new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers
  }),
  reconcileErrors: new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
    labelNames: ['controller'],
    registers
  }),
  terminalErrors: new Counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Total number of terminal reconciliation errors per controller',
    labelNames: ['controller'],
    registers
  }),
  reconcilePanics: new Counter({
    name: 'controller_runtime_reconcile_panics_total',
    help: 'Total number of reconciliations that threw something that is not an Error, or a programming error',
    labelNames: ['controller'],
    registers
  }),
  reconcileTime: new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames: ['controller'],
    buckets: RECONCILE_BUCKETS,
    registers
  }),
  activeWorkers: new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
    labelNames: ['controller'],
    registers
  }),
  maxConcurrent: new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
    labelNames: ['controller'],
    registers
  })
})

const queueMetrics = (registers: Registry[], collectors: ReadonlySet<() => void>) => ({
  depth: new Gauge({
    name: 'workqueue_depth',
    help: 'Current depth of workqueue',
    labelNames: ['name', 'controller'],
    registers
  }),
  adds: new Counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
    labelNames: ['name', 'controller'],
    registers
  }),
  retries: new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
    labelNames: ['name', 'controller'],
    registers
  }),
  queueDuration: new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    labelNames: ['name', 'controller'],
    buckets: QUEUE_BUCKETS,
    registers
  }),
  workDuration: new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes',
    labelNames: ['name', 'controller'],
    buckets: QUEUE_BUCKETS,
    registers
  }),
  unfinishedWork: new Gauge({
    name: 'workqueue_unfinished_work_seconds',
    help: 'How many seconds of work is in progress and has not been observed by work_duration yet',
    labelNames: ['name', 'controller'],
    registers,
    collect: () => collectors.forEach((collect) => collect())
  }),
  longestRunning: new Gauge({
    name: 'workqueue_longest_running_processor_seconds',
    help: 'How many seconds the longest running processor of workqueue has been running',
    labelNames: ['name', 'controller'],
    registers
  })
})

const informerMetrics = (registers: Registry[]) => ({
  synced: new Gauge({
    name: 'alexandrite_informer_synced',
    help: '1 after a complete list of the resource, 0 before',
    labelNames: ['resource'],
    registers
  }),
  objects: new Gauge({
    name: 'alexandrite_informer_objects',
    help: 'Objects in the cache of the informer',
    labelNames: ['resource'],
    registers
  }),
  lists: new Counter({
    name: 'alexandrite_informer_lists_total',
    help: 'Lists that the informer made, by outcome',
    labelNames: ['resource', 'result'],
    registers
  }),
  watches: new Counter({
    name: 'alexandrite_informer_watches_total',
    help: 'Watches of the informer that ended, by the reason',
    labelNames: ['resource', 'end'],
    registers
  }),
  handlerErrors: new Counter({
    name: 'alexandrite_informer_handler_errors_total',
    help: 'Errors thrown by handlers of the informer; they are logged and the others still run',
    labelNames: ['resource'],
    registers
  })
})

const otherMetrics = (registers: Registry[]) => ({
  restRequests: new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host',
    labelNames: ['code', 'method', 'host'],
    registers
  }),
  leaderStatus: new Gauge({
    name: 'leader_election_master_status',
    help: '1 when this process holds the lease of the name, 0 otherwise',
    labelNames: ['name'],
    registers
  }),
  admissionRequests: new Counter({
    name: 'controller_runtime_webhook_requests_total',
    help: 'Total number of admission requests by HTTP status code',
    labelNames: ['webhook', 'code'],
    registers
  }),
  admissionErrors: new Counter({
    name: 'alexandrite_admission_errors_total',
    help: 'Admission reviews that failed and were therefore allowed unchanged, with a warning',
    labelNames: ['webhook'],
    registers
  }),
  admissionLatency: new Histogram({
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Histogram of the latency of processing admission requests',
    labelNames: ['webhook'],
    buckets: RECONCILE_BUCKETS,
    registers
  }),
  certificateExpiry: new Gauge({
    name: 'alexandrite_admission_certificate_expiry_timestamp_seconds',
    help: 'When the serving certificate of the admission server expires, in seconds since the epoch',
    registers
  }),
  events: new Counter({
    name: 'alexandrite_events_total',
    help: 'Kubernetes Events by what became of them: written, failed, dropped',
    labelNames: ['result'],
    registers
  })
})

/** Every metric of the runtime, registered once in `registry`. */
export const createMetrics = (registry: Registry) => {
  /** Called at each scrape, before values are read. */
  const collectors = new Set<() => void>()
  return {
    registry,
    collectors,
    controller: controllerMetrics([registry]),
    queue: queueMetrics([registry], collectors),
    informer: informerMetrics([registry]),
    ...otherMetrics([registry])
  }
}

export type RuntimeMetrics = ReturnType<typeof createMetrics>
