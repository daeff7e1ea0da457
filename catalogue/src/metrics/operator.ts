/** What the operator measures: operator/src/runtime/metrics.ts, operator/src/controller. */
import { oneOf, upTo } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge, histogram } = define({ services: ['alexandrite-operator'] })

const CONTROLLERS = ['cachetier', 'cachepurge', 'webhook', 'admission-certificates']
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60]
const QUEUE_BUCKETS = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 60, 600]

const controller = oneOf('Name of the controller.', CONTROLLERS)
/** A queue has the name of its controller. */
const queue = {
  labels: { name: oneOf('Name of the queue.', CONTROLLERS), controller },
  together: { labels: ['name', 'controller'], combinations: CONTROLLERS.length }
}
const resource = upTo(12, 'Plural of the kind.')
const webhook = upTo(2, 'Name of the webhook.')

const controllers: readonly Metric[] = [
  counter('controller_runtime_reconcile_total', 'Total number of reconciliations per controller', {
    labels: {
      controller,
      result: oneOf('How it ended.', ['success', 'error', 'requeue', 'requeue_after'])
    }
  }),
  counter(
    'controller_runtime_reconcile_errors_total',
    'Total number of reconciliation errors per controller',
    { labels: { controller } }
  ),
  counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Total number of terminal reconciliation errors per controller',
    { labels: { controller } }
  ),
  counter(
    'controller_runtime_reconcile_panics_total',
    'Total number of reconciliations that threw something that is not an Error, or a programming error',
    { labels: { controller } }
  ),
  histogram('controller_runtime_reconcile_time_seconds', 'Length of time per reconciliation per controller', {
    labels: { controller },
    buckets: RECONCILE_BUCKETS,
    presence: 'OnUse'
  }),
  gauge('controller_runtime_active_workers', 'Number of currently used workers per controller', {
    labels: { controller }
  }),
  gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Maximum number of concurrent reconciles per controller',
    { labels: { controller } }
  )
]

const queues: readonly Metric[] = [
  gauge('workqueue_depth', 'Current depth of workqueue', queue),
  counter('workqueue_adds_total', 'Total number of adds handled by workqueue', queue),
  counter('workqueue_retries_total', 'Total number of retries handled by workqueue', queue),
  histogram(
    'workqueue_queue_duration_seconds',
    'How long in seconds an item stays in workqueue before being requested',
    { ...queue, buckets: QUEUE_BUCKETS, presence: 'OnUse' }
  ),
  histogram(
    'workqueue_work_duration_seconds',
    'How long in seconds processing an item from workqueue takes',
    { ...queue, buckets: QUEUE_BUCKETS, presence: 'OnUse' }
  ),
  gauge(
    'workqueue_unfinished_work_seconds',
    'How many seconds of work is in progress and has not been observed by work_duration yet',
    queue
  ),
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How many seconds the longest running processor of workqueue has been running',
    queue
  )
]

const apiServer: readonly Metric[] = [
  gauge('alexandrite_informer_synced', '1 after a complete list of the resource, 0 before', {
    labels: { resource },
    unit: 'boolean'
  }),
  gauge('alexandrite_informer_objects', 'Objects in the cache of the informer', { labels: { resource } }),
  counter('alexandrite_informer_lists_total', 'Lists that the informer made, by outcome', {
    labels: { resource, result: oneOf('Its outcome.', ['success', 'error']) }
  }),
  counter('alexandrite_informer_watches_total', 'Watches of the informer that ended, by the reason', {
    labels: { resource, end: oneOf('Why it ended.', ['closed', 'gone', 'error']) },
    presence: 'OnUse'
  }),
  counter(
    'alexandrite_informer_handler_errors_total',
    'Errors thrown by handlers of the informer; they are logged and the others still run',
    { labels: { resource }, presence: 'OnFault' }
  ),
  counter(
    'rest_client_requests_total',
    'Number of HTTP requests, partitioned by status code, method, and host',
    {
      labels: {
        code: upTo(10, 'HTTP status, or what broke the request off.'),
        method: oneOf('HTTP method.', ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
        host: upTo(1, 'Host of the API server.')
      },
      together: { labels: ['code', 'method'], combinations: 16 }
    }
  ),
  gauge('leader_election_master_status', '1 when this process holds the lease of the name, 0 otherwise', {
    labels: { name: upTo(1, 'Name of the lease.') },
    unit: 'boolean'
  }),
  counter('alexandrite_events_total', 'Kubernetes Events by what became of them: written, failed, dropped', {
    labels: { result: oneOf('What became of it.', ['written', 'failed', 'dropped']) }
  })
]

const admission: readonly Metric[] = [
  counter(
    'controller_runtime_webhook_requests_total',
    'Total number of admission requests by HTTP status code',
    { labels: { webhook, code: upTo(4, 'HTTP status of the answer.') }, presence: 'OnUse' }
  ),
  counter(
    'alexandrite_admission_errors_total',
    'Admission reviews that failed and were therefore allowed unchanged, with a warning',
    { labels: { webhook }, presence: 'OnFault' }
  ),
  histogram(
    'controller_runtime_webhook_latency_seconds',
    'Histogram of the latency of processing admission requests',
    { labels: { webhook }, buckets: RECONCILE_BUCKETS, presence: 'OnUse' }
  ),
  gauge(
    'alexandrite_admission_certificate_expiry_timestamp_seconds',
    'When the serving certificate of the admission server expires, in seconds since the epoch'
  ),
  counter('alexandrite_injections_total', 'Pods that the webhook was asked about, by what became of them', {
    labels: {
      result: oneOf('What became of the pod.', [
        'injected',
        'refused',
        'unchanged',
        'foreign',
        'unknown_tier'
      ])
    }
  })
]

/** The reference company has two tiers and room for ten. */
const tier = {
  namespace: upTo(10, 'Namespace of the tier.'),
  name: upTo(10, 'Name of the tier.')
}
const tiers: readonly Metric[] = [
  gauge(
    'alexandrite_tier_pods',
    'Pods of the workload of a tier: desired, injected, ready (of the injected), current (of the ready)',
    {
      labels: { ...tier, state: oneOf('Which of them.', ['desired', 'injected', 'ready', 'current']) },
      together: { labels: ['namespace', 'name'], combinations: 10 },
      presence: 'OnUse'
    }
  ),
  gauge('alexandrite_tier_ready', '1 when the condition Ready of the tier holds, 0 otherwise', {
    labels: tier,
    together: { labels: ['namespace', 'name'], combinations: 10 },
    unit: 'boolean',
    presence: 'OnUse'
  }),
  counter(
    'alexandrite_evictions_total',
    'Evictions asked for to roll a workload, by answer; refused: by a PodDisruptionBudget',
    { labels: { result: oneOf('The answer.', ['evicted', 'gone', 'refused']) } }
  ),
  counter('alexandrite_cachepurges_total', 'CachePurges that have ended, by how', {
    labels: { result: oneOf('How it ended.', ['complete', 'failed']) }
  }),
  counter(
    'alexandrite_cachepurge_pod_requests_total',
    'Pods that were told of a CachePurge, by their answer; unanswered counts each try',
    { labels: { result: oneOf('Its answer.', ['acknowledged', 'unacknowledged']) } }
  ),
  histogram(
    'alexandrite_cachepurge_duration_seconds',
    'Seconds from the creation of a CachePurge until it was complete',
    { buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] }
  )
]

export const operatorMetrics: readonly Metric[] = [
  ...controllers,
  ...queues,
  ...apiServer,
  ...admission,
  ...tiers
]
