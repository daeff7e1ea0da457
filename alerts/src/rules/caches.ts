/** Cache tiers: what they save, what they show that is old, and the applications behind them. */
import { thresholds } from '@alexandrite/catalogue'
import { OWNERS, type Owner } from '../owners.ts'
import { share, withService } from '../promql.ts'
import type { Alert, Group, Recording, Silencer } from '../rule.ts'

const BY = ['tier', 'namespace'] as const
const TIER = BY.join(', ')

/** Requests a second below which a ratio says nothing: 12 in two minutes. */
const QUIET = 0.1
/** Share of failed requests from which an origin counts as dead and not merely ill. */
const DEAD = 0.5

const deadOrigin: Silencer = { alert: 'CacheOriginDown', on: BY }
const openBreaker: Silencer = { alert: 'CacheBreakerOpen', on: BY }
const deadRedis: Silencer = { alert: 'RedisDown', on: BY }
const deadBroker: Silencer = { alert: 'BrokerDown', on: [] }

const ofOrigin = (window: '2m' | '5m'): readonly Recording[] => [
  {
    record: `tier:origin_requests:rate${window}`,
    expr: withService(`sum by (${TIER}) (rate(alexandrite_proxy_origin_duration_seconds_count[${window}]))`)
  },
  {
    record: `tier:origin_errors:ratio_rate${window}`,
    expr: withService(
      share(
        `rate(alexandrite_proxy_origin_duration_seconds_count{outcome="error"}[${window}])`,
        `rate(alexandrite_proxy_origin_duration_seconds_count[${window}])`,
        BY
      )
    )
  }
]

const recordings: readonly Recording[] = [
  {
    record: 'tier:requests:rate5m',
    expr: withService(`sum by (${TIER}) (rate(alexandrite_proxy_requests_total{result!="pass"}[5m]))`)
  },
  {
    record: 'tier:hits:ratio_rate5m',
    // Reckoned from what was not a hit: a tier without a single hit has no series of hits.
    expr: withService(
      `1 - ${share(
        'rate(alexandrite_proxy_requests_total{result!~"pass|hit|stale|revalidated|coalesced"}[5m])',
        'rate(alexandrite_proxy_requests_total{result!="pass"}[5m])',
        BY
      )}`
    )
  },
  ...ofOrigin('5m'),
  ...ofOrigin('2m'),
  {
    record: 'tier:purge_lag_seconds:p95_rate5m',
    expr: withService(
      `histogram_quantile(0.95, sum by (le, ${TIER}) (rate(alexandrite_proxy_events_lag_seconds_bucket[5m])))`
    )
  },
  {
    record: 'tier:purges_incomplete:ratio_rate10m',
    expr: withService(
      share(
        'rate(alexandrite_proxy_purges_total{result="incomplete"}[10m])',
        'rate(alexandrite_proxy_purges_total[10m])',
        BY
      )
    )
  }
]

const ours = { team: 'platform', serviceTier: 2, dashboard: 'cache-tier' } as const

const savings: readonly Alert[] = [
  {
    ...ours,
    alert: 'CacheHitRatioLow',
    expr: `tier:hits:ratio_rate5m < ${thresholds.hitRatioLow.value} and tier:requests:rate5m > ${QUIET}`,
    for: '15m',
    severity: 'warning',
    summary:
      'Tier {{ $labels.tier }} answers only {{ $value | humanizePercentage }} of its requests from the cache',
    description:
      'The application and its database do the work that the tier should save them; pages get slower.',
    silencedBy: [deadOrigin, openBreaker]
  },
  {
    ...ours,
    alert: 'CacheBreakerOpen',
    expr: withService(
      `max by (${TIER}) (alexandrite_proxy_store_breaker_state) >= ${thresholds.breakerOpen.value}`
    ),
    for: '5m',
    severity: 'warning',
    summary: 'Tier {{ $labels.tier }} has left its Redis alone for 5 minutes: it is slow, hung or gone',
    description:
      'Each pod serves from its own memory, and the application gets more requests; no request fails.',
    silencedBy: [deadRedis]
  }
]

const freshness: readonly Alert[] = [
  {
    ...ours,
    alert: 'CachePurgesIncomplete',
    expr: `tier:purges_incomplete:ratio_rate10m > ${thresholds.purgesIncomplete.value}`,
    for: '5m',
    severity: 'warning',
    summary:
      '{{ $value | humanizePercentage }} of the purges of tier {{ $labels.tier }} did not reach every pod',
    description: 'Pods that missed a purge may show old orders until they are reached or the answer expires.'
  },
  {
    ...ours,
    alert: 'CachePurgeLag',
    expr: `tier:purge_lag_seconds:p95_rate5m > ${thresholds.purgeLag.value}`,
    for: '5m',
    severity: 'warning',
    summary: 'Events purge tier {{ $labels.tier }} {{ $value | humanizeDuration }} late (p95)',
    description: 'Operators see orders as they were before the change, for that long.',
    silencedBy: [deadBroker]
  },
  {
    ...ours,
    alert: 'CacheDeafToEvents',
    expr: withService(`min by (${TIER}) (alexandrite_proxy_events_connected) == 0`),
    for: '5m',
    severity: 'warning',
    summary: 'A pod of tier {{ $labels.tier }} has heard no events of the broker for 5 minutes',
    description: 'Changes that reach the tier only by events are seen when the answer expires, not before.',
    silencedBy: [deadBroker]
  },
  {
    ...ours,
    alert: 'CacheDeafToPurges',
    expr: withService(`min by (${TIER}) (alexandrite_proxy_store_synced) == 0`),
    for: '5m',
    severity: 'warning',
    summary: 'A pod of tier {{ $labels.tier }} has not heard purges in the shared Redis for 5 minutes',
    description: 'That pod may show old answers until they expire.',
    silencedBy: [deadRedis]
  },
  {
    ...ours,
    alert: 'CachePeerSuspected',
    expr: withService(`max by (${TIER}) (alexandrite_proxy_peers{state="suspected"}) > 0`),
    for: '10m',
    severity: 'warning',
    summary: 'Tier {{ $labels.tier }}: {{ $value }} pod(s) have not acknowledged purges for 10 minutes',
    description: 'Writers no longer wait for these pods, which may show old answers.'
  },
  {
    ...ours,
    alert: 'CachePolicyRejected',
    expr: withService(`max by (${TIER}) (alexandrite_proxy_policy_error) > 0`),
    for: '5m',
    severity: 'ticket',
    summary: 'A pod of tier {{ $labels.tier }} refuses the newest policy and keeps the one before',
    description: 'A change of the CacheTier is not in effect everywhere.'
  }
]

const originAlerts = ({ team, selector, serviceTier }: Owner): readonly Alert[] => [
  {
    alert: 'CacheOriginDown',
    // Of two minutes alone: it has to begin before ApiDown, which it explains, and ends soon after the mend.
    expr:
      `tier:origin_errors:ratio_rate2m{${selector}} > ${DEAD} ` +
      `and tier:origin_requests:rate2m > ${QUIET}`,
    for: '2m',
    severity: 'critical',
    team,
    serviceTier,
    dashboard: 'cache-tier',
    summary:
      '{{ $labels.service }} is down: {{ $value | humanizePercentage }} of the requests of its tier get no answer',
    description: 'What is stored is still served where the policy allows it; everything else fails.'
  },
  {
    alert: 'CacheOriginErrors',
    expr:
      `tier:origin_errors:ratio_rate5m{${selector}} > ${thresholds.originErrors.value} ` +
      `and tier:origin_requests:rate5m > ${QUIET}`,
    for: '5m',
    severity: 'warning',
    team,
    serviceTier,
    dashboard: 'cache-tier',
    summary:
      '{{ $value | humanizePercentage }} of the requests of tier {{ $labels.tier }} get no answer from {{ $labels.service }}',
    description: 'Users see errors where nothing is stored.',
    silencedBy: [deadOrigin]
  }
]

export const caches: Group = {
  name: 'caches',
  file: 'alerts/src/rules/caches.ts',
  rules: [...recordings, ...savings, ...freshness, ...OWNERS.flatMap(originAlerts)]
}
