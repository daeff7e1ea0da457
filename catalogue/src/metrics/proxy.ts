/** What a cache tier measures: proxy/src/tier/metrics.ts, proxy/src/events/metrics.ts. */
import { TIER, oneOf, upTo } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge, histogram } = define({ services: ['alexandrite-proxy'], labels: { tier: TIER } })

const BUCKETS = [
  0.00002, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2,
  2.5, 5, 10
]

/** Eight rules and those requests that none matched. */
const rule = upTo(9, 'Name of the rule in the policy; none: no rule matched.')
const result = oneOf('How the request was answered.', [
  'hit',
  'stale',
  'stale_error',
  'revalidated',
  'coalesced',
  'miss',
  'hit_for_miss',
  'pass',
  'error',
  'aborted',
  'refused'
])
const operation = oneOf('What the store was asked to do.', ['read', 'write', 'purge', 'sync'])

const traffic: readonly Metric[] = [
  counter('alexandrite_proxy_requests_total', 'Requests answered, by result and rule.', {
    labels: { result, rule },
    together: { labels: ['result', 'rule'], combinations: 45 },
    presence: 'OnUse'
  }),
  counter(
    'alexandrite_proxy_identity_total',
    'Tokens checked before an answer was shared; unavailable: the keys of their issuer could not be had.',
    { labels: { result: oneOf('What became of the token.', ['verified', 'refused', 'unavailable']) } }
  ),
  counter('alexandrite_proxy_bypass_total', 'Requests that went straight to the origin, by reason.', {
    labels: {
      why: oneOf('Why it was passed on.', [
        'Method',
        'Body',
        'Target',
        'Range',
        'Precondition',
        'NoStore',
        'Bypass',
        'Credentials'
      ]),
      rule
    },
    together: { labels: ['why', 'rule'], combinations: 18 },
    presence: 'OnUse'
  }),
  counter('alexandrite_proxy_not_stored_total', 'Answers of the origin that may not be stored, by reason.', {
    labels: {
      why: oneOf('Why it may not be stored.', [
        'Status',
        'NoStore',
        'Private',
        'VaryAny',
        'SetCookie',
        'Authorization',
        'Cookie',
        'NoFreshness',
        'TooLarge',
        'Request',
        'Partial'
      ]),
      rule
    },
    together: { labels: ['why', 'rule'], combinations: 18 },
    presence: 'OnFault'
  }),
  histogram(
    'alexandrite_proxy_request_duration_seconds',
    'From the request head to the last byte of the answer.',
    { labels: { result }, buckets: BUCKETS, presence: 'OnUse' }
  ),
  histogram(
    'alexandrite_proxy_rule_request_duration_seconds',
    'Like request_duration_seconds by rule; answered_by cache: hit or stale, origin: all that waited for it.',
    {
      labels: {
        rule,
        answered_by: oneOf('Whether the answer came from the store or waited for the origin.', [
          'cache',
          'origin'
        ])
      },
      buckets: BUCKETS,
      presence: 'OnUse'
    }
  ),
  histogram(
    'alexandrite_proxy_origin_duration_seconds',
    'From asking the origin to the head of its answer.',
    {
      labels: { outcome: oneOf('error: no usable answer came.', ['ok', 'error']) },
      buckets: BUCKETS
    }
  ),
  gauge('alexandrite_proxy_fills_in_flight', 'Requests to the origin that others may wait for.'),
  counter('alexandrite_proxy_spans_total', 'Spans of traces, by what became of them.', {
    labels: { result: oneOf('Whether the receiver took it.', ['sent', 'failed', 'dropped']) },
    presence: 'OnUse'
  })
]

const kind = oneOf('Why it is relayed.', ['upgrade', 'h2', 'tls', 'method'])
const relays: readonly Metric[] = [
  counter(
    'alexandrite_proxy_relays_total',
    'Connections relayed to the origin unread: upgrades (WebSocket), h2, TLS, unknown methods.',
    { labels: { kind } }
  ),
  gauge('alexandrite_proxy_relays_open', 'Connections relayed to the origin right now.', { labels: { kind } })
]

const memory: readonly Metric[] = [
  gauge('alexandrite_proxy_memory_bytes', 'Bytes of answers in memory (L1).'),
  gauge('alexandrite_proxy_memory_entries', 'Answers in memory (L1).'),
  gauge('alexandrite_proxy_memory_evictions', 'Answers that left memory to make room, since the start.', {
    monotonic: true
  }),
  gauge(
    'alexandrite_proxy_dead_on_arrival',
    'Fills that a purge overtook and that were not stored, since the start.',
    { monotonic: true }
  )
]

const store: readonly Metric[] = [
  counter('alexandrite_proxy_store_operations_total', 'Commands to the store (L2), by outcome.', {
    labels: { operation, result: oneOf('Its outcome.', ['ok', 'timeout', 'error', 'skipped']) },
    presence: 'OnUse'
  }),
  histogram('alexandrite_proxy_store_duration_seconds', 'Of commands that the store (L2) answered.', {
    labels: { operation },
    buckets: BUCKETS,
    presence: 'OnUse'
  }),
  gauge(
    'alexandrite_proxy_store_breaker_state',
    '0 closed, 1 half-open, 2 open: the store is left alone; -1 without a store.'
  ),
  gauge(
    'alexandrite_proxy_store_synced',
    '1 while purges in the shared store are heard of; -1 without a shared store.'
  )
]

const purges: readonly Metric[] = [
  counter(
    'alexandrite_proxy_purges_total',
    'Purges, by where they came from; incomplete: not acknowledged by all in time.',
    {
      labels: {
        from: oneOf('Who asked for it.', ['api', 'write', 'peer', 'event']),
        result: oneOf('Whether all pods have it.', ['ok', 'incomplete'])
      },
      presence: 'OnUse'
    }
  ),
  counter('alexandrite_proxy_purge_repeats_total', 'Purges told again to a peer that had missed them.'),
  gauge(
    'alexandrite_proxy_peers',
    "The tier's other pods; suspected: it did not acknowledge a purge, writes do not wait for it.",
    { labels: { state: oneOf('How it stands.', ['member', 'suspected']) } }
  )
]

const policy: readonly Metric[] = [
  counter('alexandrite_proxy_policy_reloads_total', 'Versions of the policy taken into effect or rejected.', {
    labels: { result: oneOf('What became of the version.', ['loaded', 'rejected']) }
  }),
  gauge('alexandrite_proxy_policy_info', 'Always 1; the label is the hash of the policy in effect.', {
    labels: { hash: upTo(1, 'Hash of the policy.') }
  }),
  gauge(
    'alexandrite_proxy_policy_error',
    '1 while the newest policy file is not in effect because it is invalid.',
    { unit: 'boolean' }
  ),
  gauge('alexandrite_proxy_policy_loaded_timestamp_seconds', 'When the policy in effect was loaded.')
]

const events: readonly Metric[] = [
  gauge(
    'alexandrite_proxy_events_connected',
    '1 while events of the broker are heard; -1 where the policy names none.'
  ),
  counter(
    'alexandrite_proxy_events_total',
    'Events of the broker; unusable: without anything that a tag refers to.',
    { labels: { result: oneOf('What came of it.', ['purged', 'unusable']) } }
  ),
  counter(
    'alexandrite_proxy_events_gaps_total',
    'Times that events may have been missed, so that what they could have touched was dropped.',
    { labels: { why: oneOf('What interrupted them.', ['start', 'policy', 'lost']) } }
  ),
  histogram(
    'alexandrite_proxy_events_lag_seconds',
    "From an event's timestamp to the purge, for events that have one.",
    { buckets: [0.005, 0.025, 0.1, 0.25, 1, 2, 5, 10, 30, 60, 300] }
  )
]

export const proxyMetrics: readonly Metric[] = [
  ...traffic,
  ...relays,
  ...memory,
  ...store,
  ...purges,
  ...policy,
  ...events
]
