/** Proofs of alerts/src/rules/telemetry.ts and watchdog.ts. */
import { gone } from './gone.ts'
import { level } from './level.ts'
import type { Case, Named, Proof } from './proof.ts'
import { NONSENSE } from './series.ts'

const namespace = 'observability'
const AT = `namespace="${namespace}",pod="a"`
const GATEWAY = `service="otelcol-gateway",${AT}`
const gateway = { service: 'otelcol-gateway', namespace }

const ours = (
  alert: string,
  serviceTier: Named['serviceTier'],
  severity: Named['severity'] = 'warning'
): Named => ({ alert, severity, team: 'platform', serviceTier })

const targets: readonly Proof[] = [
  ...['otelcol-agent', 'otelcol-gateway', 'loki', 'jaeger'].map((service) =>
    gone({
      of: ours('TelemetryDown', 2),
      for: '5m',
      service,
      namespace,
      other: 'redis',
      summary: `${service} has not answered for 5 minutes: new logs or traces may be missing`
    })
  ),
  level({
    of: ours('TargetDown', 3),
    for: '10m',
    fault: { 'up{job="pods",service="mes-api",namespace="mes",pod="a"}': { bad: 0, quiet: [1, -1] } },
    around: { 'up{job="pods",service="mes-api",namespace="mes",pod="b"}': 1 },
    labels: { job: 'pods', service: 'mes-api', namespace: 'mes' },
    summary: 'A pod of mes-api in mes cannot be scraped'
  })
]

const lost = (signal: string, what: string): Proof => {
  const failed = `otelcol_exporter_send_failed_${signal}_total{${GATEWAY},exporter="otlp"}`
  const sent = `otelcol_exporter_sent_${signal}_total{${GATEWAY},exporter="otlp"}`
  const firing = [{ labels: gateway, summary: `otelcol-gateway loses 1.025 ${what} a second` }]
  return {
    of: { ...ours('TelemetryLost', 2), labels: { signal } },
    cases: [
      {
        says: 'fires five minutes after ten minutes’ losses passed a hundredth',
        series: { [failed]: '1000x19 1061.5+61.5x60', [sent]: '1000+6000x90' },
        moments: [
          { at: '32m', firing: [] },
          { at: '33m', firing }
        ]
      },
      {
        says: 'goes by what was sent in the last ten minutes',
        series: { [failed]: '1000+61.5x90', [sent]: '1000+7000x19 140000+6000x90' },
        moments: [
          { at: '31m', firing: [] },
          { at: '32m', firing }
        ]
      },
      ...[60, 58].map((perMinute): Case => ({
        says: `is silent while ${perMinute} of 6000 are lost`,
        series: { [failed]: `1000+${perMinute}x90`, [sent]: '1000+6000x90' },
        moments: [{ at: '40m', firing: [] }]
      }))
    ]
  }
}

const pipeline: readonly Proof[] = [
  lost('spans', 'spans'),
  lost('log_records', 'log lines'),
  level({
    of: ours('TelemetryQueueFull', 2),
    for: '5m',
    fault: {
      [`otelcol_exporter_queue_size{${GATEWAY},exporter="otlp",data_type="traces"}`]: {
        bad: 820,
        quiet: [800, 780]
      },
      [`otelcol_exporter_queue_capacity{${GATEWAY},exporter="otlp",data_type="traces"}`]: {
        bad: 1000,
        quiet: [1100]
      }
    },
    labels: { ...gateway, exporter: 'otlp' },
    summary: 'The queue of otelcol-gateway to otlp is 82% full'
  }),
  {
    of: ours('LogsRefused', 2, 'ticket'),
    cases: lasting(`loki_discarded_samples_total{service="loki",${AT},reason="rate_limited"}`, {
      for: 10,
      window: 10,
      labels: { service: 'loki', namespace, reason: 'rate_limited' },
      summaries: [
        'Loki refuses 16.67m log lines a second: rate_limited',
        'Loki refuses 1.852m log lines a second: rate_limited'
      ]
    })
  }
]

interface Lasting {
  /** Minutes. */
  readonly for: number
  readonly window: number
  readonly labels: Readonly<Record<string, string>>
  /** When the alert fires, and in the last minute of it. */
  readonly summaries: readonly [string, string]
}

/** Any growth of a counter is a fault: one a minute, long enough to fire, and then none. */
function lasting(series: string, { for: held, window, labels, summaries }: Lasting): readonly Case[] {
  const due = 20 + held
  // Grows from the twentieth minute until the alert has fired for a while.
  const last = due + 5
  const growing = { [series]: `100x19 101+1x${last - 20} ${100 + last - 19}x60` }
  const [first, final] = summaries
  return [
    {
      says: `fires ${held} minutes after the first, and stops ${window} minutes after the last`,
      series: growing,
      moments: [
        { at: `${due - 1}m`, firing: [] },
        { at: `${due}m`, firing: [{ labels, summary: first }] },
        { at: `${last + window - 2}m`, firing: [{ labels, summary: final }] },
        { at: `${last + window - 1}m`, firing: [] }
      ]
    },
    ...[100, NONSENSE].map((values) => ({
      says: `is silent while it stays ${String(values).slice(0, 3)}`,
      series: { [series]: values },
      moments: [{ at: '40m', firing: [] } as const]
    }))
  ]
}

const notified = (integration: string, more = '') => ({
  failed: `alertmanager_notifications_failed_total{service="alertmanager",${AT},integration="${integration}",reason="other"}`,
  all: `alertmanager_notifications_total{service="alertmanager",${AT},integration="${integration}"${more}}`
})

const undelivered = (integration: string, other: string, severity: Named['severity']): Proof => {
  const { failed, all } = notified(integration)
  const elsewhere = notified(other)
  return {
    of: { ...ours('AlertsNotDelivered', 1, severity), service: 'alertmanager' },
    cases: [
      {
        says: 'fires five minutes after the first failure, while failures go on',
        // Fewer are sent than before: it goes by those of the last five minutes.
        series: { [failed]: '100x19 101+1x60', [all]: '100+8x22 280+4x70' },
        moments: [
          { at: '24m', firing: [] },
          {
            at: '25m',
            firing: [
              {
                labels: { integration, namespace },
                summary: `20% of the notifications by ${integration} fail`
              }
            ]
          }
        ]
      },
      {
        says: 'stops five minutes after the last failure',
        series: { [failed]: '100x19 101+1x5 106x60', [all]: '100+4x90' },
        moments: [
          {
            at: '28m',
            firing: [
              {
                labels: { integration, namespace },
                summary: `6.25% of the notifications by ${integration} fail`
              }
            ]
          },
          { at: '29m', firing: [] }
        ]
      },
      {
        says: 'is silent while all arrive',
        series: { [failed]: 100, [all]: '100+4x90' },
        moments: [{ at: '40m', firing: [] }]
      },
      {
        says: 'is silent while nothing is sent',
        series: { [failed]: 100, [all]: 100 },
        moments: [{ at: '40m', firing: [] }]
      },
      {
        says: 'is silent while those of another kind fail',
        series: { [elsewhere.failed]: '100+1x90', [elsewhere.all]: '100+4x90' },
        moments: [{ at: '40m', firing: [] }]
      }
    ]
  }
}

const RULES = `prometheus_rule_evaluation_failures_total{service="prometheus",${AT},rule_group="caches"}`

const refused = (service: 'prometheus' | 'alertmanager'): Proof =>
  level({
    of: ours('ConfigurationNotLoaded', 1, 'ticket'),
    for: '10m',
    fault: {
      [`${service}_config_last_reload_successful{service="${service}",${AT}}`]: { bad: 0, quiet: [1, -1] }
    },
    labels: { service, namespace },
    summary: `${service} refuses its newest configuration and keeps the one before`
  })

const alerting: readonly Proof[] = [
  undelivered('webhook', 'email', 'warning'),
  undelivered('email', 'webhook', 'critical'),
  undelivered('slack', 'webhook', 'critical'),
  {
    of: ours('AlertRulesFail', 1),
    cases: lasting(RULES, {
      for: 5,
      window: 5,
      labels: { service: 'prometheus', namespace, rule_group: 'caches' },
      summaries: ['Prometheus cannot evaluate rules of caches', 'Prometheus cannot evaluate rules of caches']
    })
  },
  refused('prometheus'),
  refused('alertmanager')
]

const watchdog: Proof = {
  of: { ...ours('Watchdog', 1, 'none'), service: 'prometheus' },
  cases: [
    {
      says: 'fires at once and always',
      series: {},
      moments: [
        { at: '0m', firing: [{ summary: 'Alerts arrive: this one always fires' }] },
        { at: '60m', firing: [{ summary: 'Alerts arrive: this one always fires' }] }
      ]
    }
  ]
}

export const telemetryProofs: readonly Proof[] = [...targets, ...pipeline, ...alerting, watchdog]
