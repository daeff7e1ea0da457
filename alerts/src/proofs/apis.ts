/** Proofs of alerts/src/rules/apis.ts. */
import { gone } from './gone.ts'
import { level } from './level.ts'
import type { Named, Proof, Series } from './proof.ts'
import { burst, byLabel, steady } from './series.ts'

const MES = 'service="mes-api",namespace="mes"'
const labels = { service: 'mes-api', namespace: 'mes' }
const ofMes = `${MES},pod="a",method="GET",route="/api/orders"`

const recordings: readonly Proof[] = [
  {
    of: { record: 'service:requests:rate5m' },
    cases: [
      {
        says: 'counts the requests of the last five minutes',
        series: byLabel('http_request_duration_seconds_count', ofMes, 'status', {
          '200': steady(60),
          '503': burst(60)
        }),
        moments: [{ at: '12m', samples: [{ labels, value: 1.75 }] }]
      }
    ]
  },
  {
    of: { record: 'service:request_errors:ratio_rate5m' },
    cases: [
      {
        says: 'is the share of server errors, and of no other answers',
        series: byLabel('http_request_duration_seconds_count', ofMes, 'status', {
          '200': steady(60),
          '404': steady(60),
          '503': burst(60)
        }),
        moments: [{ at: '12m', samples: [{ labels, value: 45 / 165 }] }]
      }
    ]
  },
  {
    of: { record: 'service:request_duration_seconds:p95_rate5m' },
    cases: [
      {
        says: 'is what 19 of 20 requests stay below',
        series: byLabel('http_request_duration_seconds_bucket', `${ofMes},status="200"`, 'le', {
          '0.5': steady(12),
          '1': steady(12),
          '2': steady(60),
          '5': burst(120),
          '+Inf': burst(120)
        }),
        moments: [{ at: '12m', samples: [{ labels, value: 4.55 }] }]
      }
    ]
  },
  {
    of: { record: 'service:cpu:max_rate15m' },
    cases: [
      {
        says: 'is what the busiest pod used in the last quarter of an hour',
        series: byLabel('process_cpu_seconds_total', MES, 'pod', {
          a: steady(6),
          b: `1000x19 1054+54x10`
        }),
        // 5 of 14 steps at nine tenths of a processor.
        moments: [{ at: '24m', samples: [{ labels, value: (5 / 14) * 0.9 }] }]
      }
    ]
  }
]

interface Api {
  readonly service: string
  readonly title: string
  readonly team: Named['team']
  readonly serviceTier: Named['serviceTier']
  readonly slow: { readonly warning: number; readonly critical: number }
  readonly errors: Named['severity']
}

const APIS: readonly Api[] = [
  {
    service: 'mes-api',
    title: 'MES API',
    team: 'mes',
    serviceTier: 1,
    slow: { warning: 2, critical: 5 },
    errors: 'critical'
  },
  {
    service: 'shop-api',
    title: 'Shop API',
    team: 'shop',
    serviceTier: 1,
    slow: { warning: 1, critical: 3 },
    errors: 'critical'
  },
  {
    service: 'crm-api',
    title: 'CRM API',
    team: 'crm',
    serviceTier: 2,
    slow: { warning: 1, critical: 3 },
    errors: 'warning'
  }
]

const at = (metric: string, service: string, more = ''): string =>
  `${metric}{service="${service}",namespace="prod"${more}}`

const named = (
  { team, serviceTier }: Api,
  alert: string,
  severity: Named['severity'] = 'warning'
): Named => ({
  alert,
  severity,
  team,
  serviceTier
})

const elsewhere = (metrics: readonly string[]): readonly Series[] => [
  Object.fromEntries(metrics.map((metric) => [at(metric, 'stock-api'), 100]))
]

const levels = (api: Api): readonly Proof[] => {
  const { service, title, slow } = api
  const common = { labels: { service, namespace: 'prod' } }
  const [errors, requests, p95, cpu] = [
    'service:request_errors:ratio_rate5m',
    'service:requests:rate5m',
    'service:request_duration_seconds:p95_rate5m',
    'service:cpu:max_rate15m'
  ]
  return [
    level({
      ...common,
      of: named(api, 'ApiErrorsHigh', api.errors),
      for: '5m',
      fault: {
        [at(errors, service)]: { bad: 0.021, quiet: [0.02, 0.019] },
        [at(requests, service)]: { bad: 0.105, quiet: [0.1, 0.095] }
      },
      elsewhere: elsewhere([errors, requests]),
      summary: `${title} answers 2.1% of its requests with a server error`
    }),
    level({
      ...common,
      of: named(api, 'ApiCpuHigh'),
      for: '15m',
      fault: { [at(cpu, service)]: { bad: 0.82, quiet: [0.8, 0.78] } },
      elsewhere: elsewhere([cpu]),
      summary: `A pod of the ${title} has used 82% of its processor for 15 minutes`
    }),
    ...(['warning', 'critical'] as const).map((severity) =>
      level({
        ...common,
        of: named(api, 'ApiSlow', severity),
        for: '5m',
        fault: {
          [at(p95, service)]: { bad: slow[severity] + 0.05, quiet: [slow[severity], slow[severity] - 0.05] }
        },
        elsewhere: elsewhere([p95]),
        summary: `${title} is slow: one request in twenty takes longer than ${slow[severity]}.05s`
      })
    )
  ]
}

const pool = (api: Api): Proof => {
  const waiting = (service: string, state = 'waiting') =>
    at('db_pool_connections', service, `,pod="a",state="${state}"`)
  return level({
    of: named(api, 'ApiWaitsForDatabase'),
    for: '5m',
    fault: { [waiting(api.service)]: { bad: 1, quiet: [0, -1] } },
    labels: { service: api.service, namespace: 'prod' },
    elsewhere: [{ [waiting('stock-api')]: 3 }, { [waiting(api.service, 'busy')]: 3 }],
    summary: `${api.title}: 1 requests have been waiting for a database connection for 5 minutes`
  })
}

const down = (api: Api): Proof =>
  gone({
    of: named(api, 'ApiDown', 'critical'),
    for: '5m',
    service: api.service,
    namespace: 'prod',
    other: 'stock-api',
    summary: `${api.title} is down: none of its pods in prod answers`
  })

export const apiProofs: readonly Proof[] = [
  ...recordings,
  ...APIS.flatMap((api) => [...levels(api), pool(api), down(api)])
]
