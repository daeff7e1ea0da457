/** What prom-client's collectDefaultMetrics measures of a Node process on Linux. */
import { TIER, oneOf, upTo } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const NODE_SERVICES = [
  'mes-api',
  'shop-api',
  'crm-api',
  'crm-read-model',
  'orders-relay',
  'orders-operators',
  'orders-customers',
  'orders-logistics',
  'alexandrite-proxy',
  'alexandrite-operator'
]
const { counter, gauge, histogram } = define({ services: NODE_SERVICES, labels: { tier: TIER } })

const kind = { type: upTo(10, 'Kind of the resource in Node.') }
const space = { space: upTo(13, 'Part of the heap of V8.') }

const lag = (which: string, help: string): Metric =>
  gauge(`nodejs_eventloop_lag_${which}seconds`, help, { unit: 'seconds' })
const heapSpace = (what: string): Metric =>
  gauge(`nodejs_heap_space_size_${what}_bytes`, `Process heap space size ${what} from Node.js in bytes.`, {
    labels: space
  })
const active = (what: string, help: string, total: string): readonly Metric[] => [
  gauge(`nodejs_active_${what}`, help, { labels: kind, presence: 'AtTimes' }),
  gauge(`nodejs_active_${what}_total`, total)
]

export const processMetrics: readonly Metric[] = [
  counter('process_cpu_user_seconds_total', 'Total user CPU time spent in seconds.'),
  counter('process_cpu_system_seconds_total', 'Total system CPU time spent in seconds.'),
  counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.'),
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.'),
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.'),
  gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.'),
  gauge('process_heap_bytes', 'Process heap size in bytes.'),
  gauge('process_open_fds', 'Number of open file descriptors.'),
  gauge('process_max_fds', 'Maximum number of open file descriptors.'),
  lag('', 'Lag of event loop in seconds.'),
  lag('min_', 'The minimum recorded event loop delay.'),
  lag('max_', 'The maximum recorded event loop delay.'),
  lag('mean_', 'The mean of the recorded event loop delays.'),
  lag('stddev_', 'The standard deviation of the recorded event loop delays.'),
  lag('p50_', 'The 50th percentile of the recorded event loop delays.'),
  lag('p90_', 'The 90th percentile of the recorded event loop delays.'),
  lag('p99_', 'The 99th percentile of the recorded event loop delays.'),
  ...active(
    'resources',
    'Number of active resources that are currently keeping the event loop alive, grouped by async resource type.',
    'Total number of active resources.'
  ),
  ...active(
    'handles',
    'Number of active libuv handles grouped by handle type. Every handle type is C++ class name.',
    'Total number of active handles.'
  ),
  ...active(
    'requests',
    'Number of active libuv requests grouped by request type. Every request type is C++ class name.',
    'Total number of active requests.'
  ),
  gauge('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.'),
  gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.'),
  gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.'),
  ...['total', 'used', 'available'].map(heapSpace),
  gauge('nodejs_version_info', 'Node.js version info.', {
    labels: {
      version: upTo(1, 'Version of Node.'),
      major: upTo(1, 'Its first number.'),
      minor: upTo(1, 'Its second number.'),
      patch: upTo(1, 'Its third number.')
    }
  }),
  histogram(
    'nodejs_gc_duration_seconds',
    'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    {
      labels: { kind: oneOf('What was collected.', ['major', 'minor', 'incremental', 'weakcb']) },
      buckets: [0.001, 0.01, 0.1, 1, 2, 5],
      presence: 'OnUse'
    }
  )
]
