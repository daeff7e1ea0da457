/** The telemetry pipeline: whether what the other rules read is there, and whether alerts arrive. */
import { thresholds } from '@alexandrite/catalogue'
import { isGone, share } from '../promql.ts'
import type { Alert, Group, Severity, Silencer } from '../rule.ts'

const ours = { team: 'platform', dashboard: 'telemetry' } as const
const BY = ['service', 'namespace'] as const
const down: Silencer = { alert: 'TelemetryDown', on: BY }

const targets: readonly Alert[] = [
  {
    ...ours,
    alert: 'TelemetryDown',
    expr: isGone('service=~"otelcol-agent|otelcol-gateway|loki|jaeger"'),
    for: '5m',
    severity: 'warning',
    serviceTier: 2,
    summary: '{{ $labels.service }} has not answered for 5 minutes: new logs or traces may be missing',
    description: 'Nobody but those who look for a cause is hurt; alerts go by metrics and still work.'
  },
  {
    ...ours,
    alert: 'TargetDown',
    expr: 'min by (job, service, namespace) (up) == 0',
    for: '10m',
    severity: 'warning',
    serviceTier: 3,
    summary: 'A pod of {{ $labels.service }} in {{ $labels.namespace }} cannot be scraped',
    description: 'It may be down, or only its metrics: alerts on it are blind there.',
    silencedBy: [
      down,
      { alert: 'ApiDown', on: BY },
      { alert: 'OperatorDown', on: BY },
      { alert: 'BrokerDown', on: BY }
    ]
  }
]

const lost = (signal: 'spans' | 'log_records', what: string): Alert => ({
  ...ours,
  alert: 'TelemetryLost',
  expr:
    `sum by (${BY.join(', ')}) (rate(otelcol_exporter_send_failed_${signal}_total[10m])) ` +
    `> ${thresholds.telemetryLoss.value} * sum by (${BY.join(', ')}) (rate(otelcol_exporter_sent_${signal}_total[10m]))`,
  for: '5m',
  severity: 'warning',
  serviceTier: 2,
  labels: { signal },
  summary: `{{ $labels.service }} loses {{ $value | humanize }} ${what} a second`,
  description: 'What a developer looks for may be missing.',
  silencedBy: [{ alert: 'TelemetryDown', on: ['namespace'] }]
})

const pipeline: readonly Alert[] = [
  lost('spans', 'spans'),
  lost('log_records', 'log lines'),
  {
    ...ours,
    alert: 'TelemetryQueueFull',
    expr:
      'max by (service, namespace, exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity) ' +
      `> ${thresholds.collectorQueue.value}`,
    for: '5m',
    severity: 'warning',
    serviceTier: 2,
    summary:
      'The queue of {{ $labels.service }} to {{ $labels.exporter }} is {{ $value | humanizePercentage }} full',
    description: 'When it is full, logs or spans are lost.',
    silencedBy: [{ alert: 'TelemetryDown', on: ['namespace'] }]
  },
  {
    ...ours,
    alert: 'LogsRefused',
    expr: 'sum by (service, namespace, reason) (rate(loki_discarded_samples_total[10m])) > 0',
    for: '10m',
    severity: 'ticket',
    serviceTier: 2,
    summary: 'Loki refuses {{ $value | humanize }} log lines a second: {{ $labels.reason }}',
    description: 'These lines are lost.'
  }
]

/** A way of notification that fails is told about by another one. */
const undelivered = (selector: string, severity: Severity): Alert => ({
  ...ours,
  alert: 'AlertsNotDelivered',
  expr:
    share(
      `rate(alertmanager_notifications_failed_total{${selector}}[5m])`,
      'rate(alertmanager_notifications_total[5m])',
      ['integration', 'namespace']
    ) + ' > 0',
  for: '5m',
  severity,
  service: 'alertmanager',
  serviceTier: 1,
  summary: '{{ $value | humanizePercentage }} of the notifications by {{ $labels.integration }} fail',
  description: 'People are not told of alerts that they should act on.'
})

const alerting: readonly Alert[] = [
  undelivered('integration="webhook"', 'warning'),
  undelivered('integration!="webhook"', 'critical'),
  {
    ...ours,
    alert: 'AlertRulesFail',
    expr: 'sum by (service, namespace, rule_group) (rate(prometheus_rule_evaluation_failures_total[5m])) > 0',
    for: '5m',
    severity: 'warning',
    serviceTier: 1,
    summary: 'Prometheus cannot evaluate rules of {{ $labels.rule_group }}',
    description: 'Alerts of that group are blind.'
  },
  {
    ...ours,
    alert: 'ConfigurationNotLoaded',
    expr:
      'min by (service, namespace) (prometheus_config_last_reload_successful) == 0 ' +
      'or min by (service, namespace) (alertmanager_config_last_reload_successful) == 0',
    for: '10m',
    severity: 'ticket',
    serviceTier: 1,
    summary: '{{ $labels.service }} refuses its newest configuration and keeps the one before',
    description: 'A change of alerts or routes is not in effect.'
  }
]

export const telemetry: Group = {
  name: 'telemetry',
  file: 'alerts/src/rules/telemetry.ts',
  rules: [...targets, ...pipeline, ...alerting]
}
