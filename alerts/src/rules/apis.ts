/** The APIs themselves, as they measure it. */
import { thresholds } from '@alexandrite/catalogue'
import { APIS, serviceNamed } from '../owners.ts'
import { isGone, share } from '../promql.ts'
import type { Alert, Group, Recording, Silencer } from '../rule.ts'
import { causesOfNoAnswer, causesOfWaiting } from './waiting.ts'

const BY = ['service', 'namespace'] as const
/** Requests a second below which a ratio says nothing: 30 in five minutes. */
const QUIET = 0.1

const down: Silencer = { alert: 'ApiDown', on: BY }
const deadOrigin: Silencer = { alert: 'CacheOriginDown', on: BY }
const deadDatabase: Silencer = { alert: 'DatabaseDown', on: [] }
const CAUSES = [down, deadOrigin, deadDatabase]

type Api = (typeof APIS)[number]

const SLOW: Readonly<Record<Api, { readonly warning: number; readonly critical: number }>> = {
  'mes-api': { warning: thresholds.mesSlow.value, critical: thresholds.mesVerySlow.value },
  'shop-api': { warning: thresholds.shopSlow.value, critical: thresholds.shopVerySlow.value },
  'crm-api': { warning: thresholds.crmSlow.value, critical: thresholds.crmVerySlow.value }
}

const recordings: readonly Recording[] = [
  {
    record: 'service:requests:rate5m',
    expr: `sum by (${BY.join(', ')}) (rate(http_request_duration_seconds_count[5m]))`
  },
  {
    record: 'service:request_errors:ratio_rate5m',
    expr: share(
      'rate(http_request_duration_seconds_count{status=~"5.."}[5m])',
      'rate(http_request_duration_seconds_count[5m])',
      BY
    )
  },
  {
    record: 'service:request_duration_seconds:p95_rate5m',
    expr: `histogram_quantile(0.95, sum by (le, ${BY.join(', ')}) (rate(http_request_duration_seconds_bucket[5m])))`
  },
  {
    record: 'service:cpu:max_rate15m',
    expr: `max by (${BY.join(', ')}) (rate(process_cpu_seconds_total[15m]))`
  }
]

const availability = (api: Api): readonly Alert[] => {
  const { team, tier, title } = serviceNamed(api)
  const common = { team, serviceTier: tier, dashboard: api } as const
  return [
    {
      ...common,
      alert: 'ApiDown',
      expr: isGone(`service="${api}"`),
      // After CacheOriginDown: who pages first is not called back.
      for: '5m',
      severity: 'critical',
      summary: `${title} is down: none of its pods in {{ $labels.namespace }} answers`,
      description: 'Whoever needs it waits or sees errors; a tier in front still shows what it has stored.',
      // Only the scrape fails as long as the tier gets answers; when it gets none, it pages.
      silencedBy: [deadOrigin]
    },
    {
      ...common,
      alert: 'ApiErrorsHigh',
      expr:
        `service:request_errors:ratio_rate5m{service="${api}"} > ${thresholds.serverErrors.value} ` +
        `and service:requests:rate5m > ${QUIET}`,
      for: '5m',
      severity: tier === 1 ? 'critical' : 'warning',
      summary: `${title} answers {{ $value | humanizePercentage }} of its requests with a server error`,
      description: 'People see errors now.',
      silencedBy: [...CAUSES, ...causesOfNoAnswer(api)]
    },
    {
      ...common,
      alert: 'ApiCpuHigh',
      expr: `service:cpu:max_rate15m{service="${api}"} > ${thresholds.cpuBusy.value}`,
      for: '15m',
      severity: 'warning',
      summary: `A pod of the ${title} has used {{ $value | humanizePercentage }} of its processor for 15 minutes`,
      description: 'One Node process has one processor: from here on requests wait for each other.'
    }
  ]
}

const slowness = (api: Api): readonly Alert[] => {
  const { team, tier, title } = serviceNamed(api)
  return (['critical', 'warning'] as const).map((severity) => ({
    alert: 'ApiSlow',
    expr: `service:request_duration_seconds:p95_rate5m{service="${api}"} > ${SLOW[api][severity]}`,
    for: '5m',
    severity,
    team,
    serviceTier: tier,
    dashboard: api,
    summary: `${title} is slow: one request in twenty takes longer than {{ $value | humanizeDuration }}`,
    description: 'This is what the application itself takes; what the tier has stored is still fast.',
    silencedBy: [...CAUSES, ...causesOfWaiting(api)]
  }))
}

const pool = (api: Api): Alert => {
  const { team, tier, title } = serviceNamed(api)
  return {
    alert: 'ApiWaitsForDatabase',
    expr: `sum by (${BY.join(', ')}) (db_pool_connections{service="${api}",state="waiting"}) > 0`,
    for: '5m',
    severity: 'warning',
    team,
    serviceTier: tier,
    dashboard: api,
    summary: `${title}: {{ $value }} requests have been waiting for a database connection for 5 minutes`,
    description: 'Every page that needs the database is slow.',
    silencedBy: [down, deadDatabase]
  }
}

export const apis: Group = {
  name: 'apis',
  file: 'alerts/src/rules/apis.ts',
  rules: [...recordings, ...APIS.flatMap((api) => [...availability(api), ...slowness(api), pool(api)])]
}
