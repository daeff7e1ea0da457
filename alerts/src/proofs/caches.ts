/** Proofs of alerts/src/rules/caches.ts. */
import { level } from './level.ts'
import type { Case, Named, Proof, Series } from './proof.ts'
import { burst, byLabel, steady } from './series.ts'

const MES = 'tier="mes/mes-api",namespace="mes"'
const labels = { tier: 'mes/mes-api', namespace: 'mes', service: 'mes-api' }
const recordedOf = 'tier="mes/mes-api",namespace="mes",service="mes-api"'

const requests = (values: Readonly<Record<string, string>>): Series =>
  byLabel('alexandrite_proxy_requests_total', `${MES},pod="a",rule="order-list"`, 'result', values)
const origin = (values: Readonly<Record<string, string>>): Series =>
  byLabel('alexandrite_proxy_origin_duration_seconds_count', `${MES},pod="a"`, 'outcome', values)
const purges = (values: Readonly<Record<string, string>>): Series =>
  byLabel('alexandrite_proxy_purges_total', `${MES},pod="a",from="write"`, 'result', values)
const lags = (values: Readonly<Record<string, string>>): Series =>
  byLabel('alexandrite_proxy_events_lag_seconds_bucket', `${MES},pod="a"`, 'le', values)

const is = (at: Case['moments'][number]['at'], value: number): Case['moments'] => [
  { at, samples: [{ labels, value }] }
]

/** Each kind of hit at its own pace, so that leaving one out shows. */
const hits = { hit: steady(60), stale: steady(30), revalidated: steady(12), coalesced: steady(18) }

const recordings: readonly Proof[] = [
  {
    of: { record: 'tier:requests:rate5m' },
    cases: [
      {
        says: 'counts all requests of the last five minutes but those that were passed on',
        series: requests({ hit: steady(60), miss: burst(60), pass: steady(600) }),
        moments: is('12m', 1.75)
      }
    ]
  },
  {
    of: { record: 'tier:hits:ratio_rate5m' },
    cases: [
      {
        says: 'is what four kinds of hits are of all but what was passed on',
        series: requests({ ...hits, miss: burst(120), pass: steady(600) }),
        moments: is('12m', 120 / 210)
      },
      {
        says: 'is 0 without any hit',
        series: requests({ miss: steady(60) }),
        moments: is('12m', 0)
      }
    ]
  },
  {
    of: { record: 'tier:origin_requests:rate5m' },
    cases: [
      {
        says: 'counts requests to the application, whatever came of them',
        series: origin({ ok: burst(60), error: steady(60) }),
        moments: is('12m', 1.75)
      }
    ]
  },
  {
    of: { record: 'tier:origin_errors:ratio_rate5m' },
    cases: [
      {
        says: 'is the share of requests to the application without an answer',
        series: origin({ ok: steady(60), error: burst(60) }),
        moments: is('12m', 45 / 105)
      }
    ]
  },
  {
    of: { record: 'tier:origin_requests:rate2m' },
    cases: [
      {
        says: 'counts those of the last two minutes',
        series: origin({ ok: burst(60), error: steady(60) }),
        moments: is('10m', 2)
      }
    ]
  },
  {
    of: { record: 'tier:origin_errors:ratio_rate2m' },
    cases: [
      {
        says: 'is the share of the last two minutes',
        series: origin({ ok: steady(60), error: burst(30) }),
        moments: is('11m', 1 / 3)
      }
    ]
  },
  {
    of: { record: 'tier:purge_lag_seconds:p95_rate5m' },
    cases: [
      {
        says: 'is what 19 of 20 events stay below',
        series: lags({
          '1': steady(12),
          '2': steady(12),
          '5': steady(60),
          '10': burst(120),
          '+Inf': burst(120)
        }),
        moments: is('12m', 9.25)
      }
    ]
  },
  {
    of: { record: 'tier:purges_incomplete:ratio_rate10m' },
    cases: [
      {
        says: 'is the share of purges that missed a pod',
        series: purges({ ok: steady(60), incomplete: burst(60) }),
        moments: is('14m', 300 / 840)
      }
    ]
  }
]

const ours = (alert: string, severity: Named['severity'] = 'warning'): Named => ({
  alert,
  severity,
  team: 'platform',
  serviceTier: 2
})

const savings: readonly Proof[] = [
  level({
    of: ours('CacheHitRatioLow'),
    for: '15m',
    fault: {
      [`tier:hits:ratio_rate5m{${recordedOf}}`]: { bad: 0.59, quiet: [0.6, 0.61] },
      [`tier:requests:rate5m{${recordedOf}}`]: { bad: 0.105, quiet: [0.1, 0.095] }
    },
    labels,
    summary: 'Tier mes/mes-api answers only 59% of its requests from the cache'
  }),
  level({
    of: ours('CacheBreakerOpen'),
    for: '5m',
    fault: { [`alexandrite_proxy_store_breaker_state{${MES},pod="a"}`]: { bad: 2, quiet: [1, 1.9, 0, -1] } },
    around: { [`alexandrite_proxy_store_breaker_state{${MES},pod="b"}`]: 0 },
    labels,
    summary: 'Tier mes/mes-api has left its Redis alone for 5 minutes: it is slow, hung or gone'
  }),
  level({
    of: ours('CacheBreakerOpen'),
    for: '5m',
    // Nonsense, but beyond: whatever is more than open is open.
    fault: { [`alexandrite_proxy_store_breaker_state{${MES},pod="a"}`]: { bad: 2.1, quiet: [] } },
    labels,
    summary: 'Tier mes/mes-api has left its Redis alone for 5 minutes: it is slow, hung or gone'
  })
]

const freshness: readonly Proof[] = [
  level({
    of: ours('CachePurgesIncomplete'),
    for: '5m',
    fault: {
      [`tier:purges_incomplete:ratio_rate10m{${recordedOf}}`]: { bad: 0.0105, quiet: [0.01, 0.0095] }
    },
    labels,
    summary: '1.05% of the purges of tier mes/mes-api did not reach every pod'
  }),
  level({
    of: ours('CachePurgeLag'),
    for: '5m',
    fault: { [`tier:purge_lag_seconds:p95_rate5m{${recordedOf}}`]: { bad: 5.2, quiet: [5, 4.8] } },
    labels,
    summary: 'Events purge tier mes/mes-api 5.2s late (p95)'
  }),
  level({
    of: ours('CacheDeafToEvents'),
    for: '5m',
    fault: { [`alexandrite_proxy_events_connected{${MES},pod="a"}`]: { bad: 0, quiet: [1, -1] } },
    around: { [`alexandrite_proxy_events_connected{${MES},pod="b"}`]: 1 },
    labels,
    summary: 'A pod of tier mes/mes-api has heard no events of the broker for 5 minutes'
  }),
  level({
    of: ours('CacheDeafToPurges'),
    for: '5m',
    fault: { [`alexandrite_proxy_store_synced{${MES},pod="a"}`]: { bad: 0, quiet: [1, -1] } },
    around: { [`alexandrite_proxy_store_synced{${MES},pod="b"}`]: 1 },
    labels,
    summary: 'A pod of tier mes/mes-api has not heard purges in the shared Redis for 5 minutes'
  }),
  level({
    of: ours('CachePeerSuspected'),
    for: '10m',
    fault: { [`alexandrite_proxy_peers{${MES},pod="a",state="suspected"}`]: { bad: 1, quiet: [0, -1] } },
    labels,
    elsewhere: [{ [`alexandrite_proxy_peers{${MES},pod="a",state="member"}`]: 2 }],
    summary: 'Tier mes/mes-api: 1 pod(s) have not acknowledged purges for 10 minutes'
  }),
  level({
    of: ours('CachePolicyRejected', 'ticket'),
    for: '5m',
    fault: { [`alexandrite_proxy_policy_error{${MES},pod="a"}`]: { bad: 1, quiet: [0, -1] } },
    labels,
    summary: 'A pod of tier mes/mes-api refuses the newest policy and keeps the one before'
  })
]

interface Origin {
  readonly team: Named['team']
  readonly serviceTier: Named['serviceTier']
  readonly tier: string
}

const ORIGINS: readonly Origin[] = [
  { team: 'mes', serviceTier: 1, tier: 'mes/mes-api' },
  { team: 'shop', serviceTier: 1, tier: 'shop/shop-api' },
  { team: 'crm', serviceTier: 2, tier: 'crm/crm-api' },
  { team: 'platform', serviceTier: 2, tier: 'stock/stock-api' }
]

const at = (tier: string) => {
  const [namespace = '', service = ''] = tier.split('/')
  const named = (record: string) => `${record}{tier="${tier}",namespace="${namespace}",service="${service}"}`
  return {
    labels: { tier, namespace, service },
    errors: named('tier:origin_errors:ratio_rate5m'),
    requests: named('tier:origin_requests:rate5m'),
    errorsNow: named('tier:origin_errors:ratio_rate2m'),
    requestsNow: named('tier:origin_requests:rate2m')
  }
}

/** The same fault behind every other team's tier. */
const others = ({ tier }: Origin): readonly Series[] =>
  ORIGINS.filter((other) => other.tier !== tier).map((other) => ({
    [at(other.tier).errors]: 1,
    [at(other.tier).errorsNow]: 1,
    [at(other.tier).requestsNow]: 10,
    [at(other.tier).requests]: 10
  }))

const originProofs = (origin: Origin): readonly Proof[] => {
  const { team, serviceTier, tier } = origin
  const { labels, errors, requests, errorsNow, requestsNow } = at(tier)
  const busy = { bad: 0.105, quiet: [0.1, 0.095] }
  return [
    level({
      of: { alert: 'CacheOriginDown', severity: 'critical', team, serviceTier },
      for: '2m',
      fault: { [errorsNow]: { bad: 0.51, quiet: [0.5, 0.49] }, [requestsNow]: busy },
      labels,
      elsewhere: others(origin),
      summary: `${labels.service} is down: 51% of the requests of its tier get no answer`
    }),
    level({
      of: { alert: 'CacheOriginErrors', severity: 'warning', team, serviceTier },
      for: '5m',
      fault: { [errors]: { bad: 0.052, quiet: [0.05, 0.048] }, [requests]: busy },
      labels,
      elsewhere: others(origin),
      summary: `5.2% of the requests of tier ${tier} get no answer from ${labels.service}`
    })
  ]
}

export const cacheProofs: readonly Proof[] = [
  ...recordings,
  ...savings,
  ...freshness,
  ...ORIGINS.flatMap(originProofs)
]
