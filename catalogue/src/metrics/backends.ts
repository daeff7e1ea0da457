/** What Prometheus, Alertmanager, Loki and Jaeger say of themselves; those that something of ours reads. */
import { oneOf, upTo } from '../labels.ts'
import type { Family, Metric } from '../types.ts'
import { define } from './define.ts'

const prometheus = define({ services: ['prometheus'] })
const alertmanager = define({ services: ['alertmanager'] })
const loki = define({ services: ['loki'] })
const jaeger = define({ services: ['jaeger'] })

const rule_group = upTo(30, 'File and name of the rule group.')
const toAlertmanager = { alertmanager: upTo(1, 'URL of the Alertmanager.') }

const ofPrometheus: readonly Metric[] = [
  prometheus.gauge('prometheus_tsdb_head_series', 'Series in memory.'),
  prometheus.gauge('prometheus_tsdb_head_chunks', 'Chunks in memory.'),
  prometheus.counter('prometheus_tsdb_head_samples_appended_total', 'Samples taken in.', {
    labels: { type: oneOf('Of the sample.', ['float', 'histogram']) }
  }),
  prometheus.gauge(
    'prometheus_tsdb_lowest_timestamp_seconds',
    'Time of the oldest sample that is kept, in seconds since the epoch.',
    { unit: 'timestamp' }
  ),
  prometheus.gauge('prometheus_tsdb_storage_blocks_bytes', 'Bytes of blocks on disk.'),
  prometheus.counter('prometheus_tsdb_wal_corruptions_total', 'Times that the log was found damaged.'),
  prometheus.counter(
    'prometheus_target_scrapes_sample_duplicate_timestamp_total',
    'Samples with a time that was there already.'
  ),
  prometheus.counter(
    'prometheus_target_scrapes_exceeded_sample_limit_total',
    'Scrapes refused because they had too many samples.'
  ),
  prometheus.gauge(
    'prometheus_config_last_reload_successful',
    '1 while the newest configuration is in effect.',
    {
      unit: 'boolean'
    }
  ),
  prometheus.counter('prometheus_rule_evaluations_total', 'Rules evaluated.', { labels: { rule_group } }),
  prometheus.counter('prometheus_rule_evaluation_failures_total', 'Rules whose evaluation failed.', {
    labels: { rule_group }
  }),
  prometheus.counter(
    'prometheus_rule_group_iterations_missed_total',
    'Evaluations left out for want of time.',
    {
      labels: { rule_group }
    }
  ),
  prometheus.gauge('prometheus_rule_group_last_duration_seconds', 'How long the last evaluation took.', {
    labels: { rule_group }
  }),
  prometheus.gauge('prometheus_rule_group_interval_seconds', 'How often the group is evaluated.', {
    labels: { rule_group }
  }),
  prometheus.counter('prometheus_notifications_sent_total', 'Alerts sent.', { labels: toAlertmanager }),
  prometheus.counter('prometheus_notifications_errors_total', 'Alerts that could not be sent.', {
    labels: toAlertmanager
  }),
  prometheus.counter(
    'prometheus_notifications_dropped_total',
    'Alerts lost: the queue was full or sending failed.',
    { labels: toAlertmanager }
  ),
  prometheus.gauge('prometheus_notifications_alertmanagers_discovered', 'Alertmanagers that are known.')
]

const integration = upTo(20, 'Kind of the receiver.')
const ofAlertmanager: readonly Metric[] = [
  alertmanager.gauge(
    'alertmanager_config_last_reload_successful',
    '1 while the newest configuration is in effect.',
    {
      unit: 'boolean'
    }
  ),
  alertmanager.gauge('alertmanager_alerts', 'Alerts by state.', {
    labels: { state: oneOf('How it stands.', ['active', 'suppressed', 'unprocessed']) }
  }),
  alertmanager.counter('alertmanager_alerts_received_total', 'Alerts received.', {
    labels: { status: oneOf('Of the alert.', ['firing', 'resolved']), version: upTo(2, 'Of the API.') }
  }),
  alertmanager.counter('alertmanager_alerts_invalid_total', 'Alerts that could not be read.', {
    labels: { version: upTo(2, 'Of the API.') }
  }),
  alertmanager.counter('alertmanager_notifications_total', 'Notifications tried.', {
    labels: { integration }
  }),
  alertmanager.counter('alertmanager_notifications_failed_total', 'Notifications that failed.', {
    labels: { integration, reason: upTo(8, 'Why.') }
  }),
  alertmanager.histogram('alertmanager_notification_latency_seconds', 'How long notifications took.', {
    labels: { integration },
    buckets: [1, 5, 10, 15, 20]
  }),
  alertmanager.gauge('alertmanager_silences', 'Silences by state.', {
    labels: { state: oneOf('How it stands.', ['active', 'expired', 'pending']) }
  })
]

const tenant = upTo(1, 'Of the logs.')
const ofLoki: readonly Metric[] = [
  loki.gauge('loki_build_info', 'Always 1; names the version.', {
    labels: {
      branch: upTo(1, 'Of the source.'),
      revision: upTo(1, 'Of the source.'),
      version: upTo(1, 'Of Loki.'),
      goversion: upTo(1, 'Of Go.'),
      goos: upTo(1, 'Operating system.'),
      goarch: upTo(1, 'Processor.'),
      tags: upTo(1, 'Of the build.')
    }
  }),
  loki.counter('loki_distributor_lines_received_total', 'Log lines taken.', {
    labels: {
      tenant,
      aggregated_metric: upTo(1, 'Whether it was made of others.'),
      policy: upTo(1, 'Of retention.'),
      format: upTo(2, 'In which they came.'),
      is_internal_stream: upTo(2, 'Whether Loki made it.')
    },
    presence: 'OnUse'
  }),
  loki.counter('loki_distributor_bytes_received_total', 'Bytes of log lines taken.', {
    labels: {
      tenant,
      retention_hours: upTo(1, 'How long they are kept.'),
      aggregated_metric: upTo(1, 'Whether it was made of others.'),
      policy: upTo(1, 'Of retention.'),
      format: upTo(2, 'In which they came.'),
      is_internal_stream: upTo(2, 'Whether Loki made it.')
    },
    presence: 'OnUse'
  }),
  loki.counter('loki_discarded_samples_total', 'Log lines refused.', {
    labels: {
      reason: upTo(5, 'Why.'),
      tenant,
      retention_hours: upTo(1, 'How long they would be kept.'),
      policy: upTo(1, 'Of retention.'),
      format: upTo(2, 'In which they came.')
    },
    presence: 'OnFault'
  }),
  loki.gauge('loki_ingester_memory_streams', 'Streams in memory.', { labels: { tenant }, presence: 'OnUse' }),
  loki.counter('loki_panic_total', 'Faults that Loki survived.', { presence: 'OnFault' }),
  loki.histogram('loki_request_duration_seconds', 'How long requests took.', {
    labels: {
      method: upTo(5, 'HTTP or gRPC method.'),
      route: upTo(20, 'Route template.'),
      status_code: upTo(6, 'Of the answer.'),
      ws: oneOf('Whether it is a WebSocket.', ['true', 'false'])
    },
    together: { labels: ['method', 'route', 'status_code', 'ws'], combinations: 25 },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100],
    presence: 'OnUse'
  })
]

const storage = {
  labels: {
    kind: upTo(2, 'What is stored.'),
    name: upTo(1, 'Name of the storage.'),
    operation: upTo(8, 'What was asked of it.'),
    result: oneOf('Whether it worked.', ['ok', 'err']),
    role: upTo(2, 'Of the storage.')
  },
  together: { labels: ['kind', 'operation', 'result', 'role'], combinations: 16 },
  presence: 'OnUse' as const
}
const ofJaeger: readonly Metric[] = [
  jaeger.counter('jaeger_storage_requests_total', 'Look-ups of traces.', storage)
]

export const backendMetrics: readonly Metric[] = [...ofPrometheus, ...ofAlertmanager, ...ofLoki, ...ofJaeger]

const GO_SERVICES = ['redis', 'postgresql', 'otelcol-agent', 'otelcol-gateway', 'alertmanager', 'jaeger']
export const backendFamilies: readonly Family[] = [
  { prefix: 'go_', services: GO_SERVICES, series: 60, why: 'The Go runtime.' },
  { prefix: 'go_', services: ['prometheus'], series: 180, why: 'The Go runtime in detail.' },
  { prefix: 'go_', services: ['loki'], series: 260, why: 'The Go runtime in detail.' },
  { prefix: 'process_', services: [...GO_SERVICES, 'prometheus', 'loki'], series: 10, why: 'The process.' },
  {
    prefix: 'promhttp_',
    services: [...GO_SERVICES, 'prometheus', 'loki'],
    series: 5,
    why: 'The scrape itself.'
  },
  { prefix: 'prometheus_', services: ['prometheus'], series: 1400, why: 'Parts of Prometheus.' },
  { prefix: 'prometheus_', services: ['loki'], series: 60, why: 'Parts of Prometheus that Loki uses.' },
  {
    prefix: 'net_conntrack_',
    services: ['prometheus', 'alertmanager'],
    series: 160,
    why: 'Connections that they open.'
  },
  { prefix: 'alertmanager_', services: ['alertmanager'], series: 500, why: 'Parts of Alertmanager.' },
  { prefix: 'loki_', services: ['loki'], series: 2200, why: 'Parts of Loki.' },
  { prefix: 'cortex_', services: ['loki'], series: 200, why: 'Parts that Loki took over from Cortex.' },
  ...['deprecated_', 'grpc_', 'kv_', 'lifecycler_', 'ring_', 'memberlist_'].map((prefix) => ({
    prefix,
    services: ['loki'],
    series: 40,
    why: 'Libraries inside Loki.'
  })),
  { prefix: 'logql_', services: ['loki'], series: 60, why: 'Queries of logs.' }
]
