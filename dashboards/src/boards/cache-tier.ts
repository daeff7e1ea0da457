import { thresholds } from '@alexandrite/catalogue'
import { hitRatio, quantile, rate } from '../queries.ts'
import type { DashboardSpec, Row } from '../spec.ts'
import { NAMESPACE, TIER } from '../variables.ts'

const where = 'tier=~"$tier", namespace=~"$namespace"'
const { hitRatioLow, hitRatioTarget } = thresholds
const P = 'alexandrite_proxy_'

const use: Row = {
  title: 'Is it of use?',
  panels: [
    {
      kind: 'timeseries',
      title: 'Hit ratio by rule',
      description: `Share of cacheable requests that needed no new answer of the origin. Target ${hitRatioTarget.value * 100} %.`,
      unit: 'percentunit',
      max: 1,
      queries: [{ expr: hitRatio({ by: 'tier, rule', where }), legend: '{{tier}} {{rule}}' }],
      steps: [
        { colour: 'red' },
        { from: hitRatioLow.value, colour: 'yellow' },
        { from: hitRatioTarget.value, colour: 'green' }
      ]
    },
    {
      kind: 'stacked',
      title: 'Requests by outcome',
      description: 'What became of each request.',
      unit: 'reqps',
      queries: [{ expr: rate(`${P}requests_total`, { by: 'result', where }), legend: '{{result}}' }]
    },
    {
      kind: 'timeseries',
      title: 'Time by outcome, p95',
      description: 'From the request head to the last byte. Points lead to traces.',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, `${P}request_duration_seconds`, { by: 'result', where }),
          legend: '{{result}}',
          exemplars: 'Shown'
        }
      ]
    },
    {
      kind: 'timeseries',
      title: 'What it saves the origin',
      description: 'Requests a second that the origin, and the database behind it, did not have to answer.',
      unit: 'reqps',
      queries: [
        {
          expr: rate(`${P}rule_request_duration_seconds_count`, {
            by: 'tier, rule',
            where: `answered_by="cache", ${where}`
          }),
          legend: '{{tier}} {{rule}}'
        }
      ]
    },
    {
      kind: 'table',
      title: 'Not cached, and why',
      description:
        'Requests that went past the cache, and answers that may not be stored, a second, by reason and rule.',
      unit: 'reqps',
      queries: [
        { expr: `sort_desc(${rate(`${P}bypass_total`, { by: 'tier, rule, why', where })})` },
        { expr: `sort_desc(${rate(`${P}not_stored_total`, { by: 'tier, rule, why', where })})` }
      ],
      emptyIsHealthy: 'Everything is cacheable.'
    },
    {
      kind: 'timeseries',
      title: 'Origin, p95',
      description: 'From asking the origin to the head of its answer; unreachable and broken ones apart.',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, `${P}origin_duration_seconds`, { by: 'tier, outcome', where }),
          legend: '{{tier}} {{outcome}}'
        }
      ]
    }
  ]
}

const stores: Row = {
  title: 'Memory and store',
  panels: [
    {
      kind: 'timeseries',
      title: 'Answers in memory',
      description: 'Bytes of answers kept in each pod (L1).',
      unit: 'bytes',
      width: 6,
      queries: [{ expr: `${P}memory_bytes{${where}}`, legend: '{{instance}}' }]
    },
    {
      kind: 'timeseries',
      title: 'Store, p95',
      description: 'Commands that Redis answered. Above 15 ms a request goes on without it.',
      unit: 's',
      width: 6,
      queries: [
        {
          expr: quantile(0.95, `${P}store_duration_seconds`, { by: 'operation', where }),
          legend: '{{operation}}'
        }
      ]
    },
    {
      kind: 'stacked',
      title: 'Store commands by result',
      description: 'Anything but ok, hit and miss means that Redis is in trouble; requests go on without it.',
      unit: 'ops',
      width: 6,
      queries: [
        {
          expr: rate(`${P}store_operations_total`, { by: 'operation, result', where }),
          legend: '{{operation}} {{result}}'
        }
      ]
    },
    {
      kind: 'timeseries',
      title: 'Breaker',
      description: '0 closed, 1 half-open, 2 open: Redis is left alone; -1 without a store.',
      unit: 'none',
      width: 6,
      queries: [
        {
          expr: `max by (tier, instance) (${P}store_breaker_state{${where}})`,
          legend: '{{tier}} {{instance}}'
        }
      ],
      steps: [{ colour: 'green' }, { from: 1, colour: 'yellow' }, { from: 2, colour: 'red' }]
    }
  ]
}

const freshness: Row = {
  title: 'Freshness',
  panels: [
    {
      kind: 'stacked',
      title: 'Purges',
      description:
        'By where they came from and their result; incomplete: not every pod acknowledged in time.',
      unit: 'ops',
      queries: [
        { expr: rate(`${P}purges_total`, { by: 'from, result', where }), legend: '{{from}} {{result}}' }
      ]
    },
    {
      kind: 'timeseries',
      title: 'Pods of the tiers',
      description: 'Peers by state; suspected: it did not acknowledge a purge, writes do not wait for it.',
      unit: 'short',
      queries: [{ expr: `sum by (tier, state) (${P}peers{${where}})`, legend: '{{tier}} {{state}}' }]
    },
    {
      kind: 'timeseries',
      title: 'Events of the broker: lag, p95',
      description: 'From an event’s timestamp to the purge it causes.',
      unit: 's',
      queries: [
        { expr: quantile(0.95, `${P}events_lag_seconds`, { by: 'tier', where }), legend: '{{tier}}' }
      ],
      emptyIsHealthy: 'No tier hears events of a broker.'
    },
    {
      kind: 'table',
      title: 'Policies in effect',
      description: 'All pods of a tier should show one hash.',
      unit: 'none',
      width: 12,
      queries: [{ expr: `count by (tier, hash) (${P}policy_info{${where}})` }]
    },
    {
      kind: 'logs',
      title: 'What the tiers say',
      description: 'Warnings of the proxies: the origin, the store, a policy that is not in effect.',
      width: 12,
      queries: [{ expr: '{service_name="alexandrite-proxy", level=~"warn|error|fatal"}' }],
      emptyIsHealthy: 'There was nothing to warn of.'
    }
  ]
}

export const cacheTier: DashboardSpec = {
  uid: 'cache-tier',
  title: 'Cache tier',
  description: 'What a cache tier does for its API: hits, times, store, purges, and what it saves.',
  variables: [NAMESPACE, TIER],
  rows: [use, stores, freshness]
}
