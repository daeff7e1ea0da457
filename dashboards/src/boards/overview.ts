import { thresholds } from '@alexandrite/catalogue'
import { errorRatio, hitRatio, quantile, rate } from '../queries.ts'
import type { DashboardSpec, Row } from '../spec.ts'

const { hitRatioLow, hitRatioTarget, mesSlow, mesVerySlow, shopSlow, shopVerySlow, serverErrors } = thresholds

const slow = (from: number, verySlow: number) =>
  [{ colour: 'green' }, { from, colour: 'yellow' }, { from: verySlow, colour: 'red' }] as const

const users: Row = {
  title: 'Are users happy?',
  panels: [
    {
      kind: 'stat',
      title: 'Order page, p95',
      description: `What 95 % of operators wait for the page with the orders at most, as they see it: through the cache tier. Promised: ${mesSlow.value} s.`,
      unit: 's',
      width: 6,
      height: 5,
      queries: [
        {
          expr: quantile(0.95, 'alexandrite_proxy_rule_request_duration_seconds', {
            where: 'rule="order-list"'
          })
        }
      ],
      steps: slow(mesSlow.value, mesVerySlow.value),
      links: [{ title: 'MES API', url: '/d/mes-api' }]
    },
    {
      kind: 'stat',
      title: 'Slowest API, p95',
      description:
        'The time of the slowest API of all, measured by the API itself. Which one: the row below.',
      unit: 's',
      width: 6,
      height: 5,
      queries: [{ expr: `max(${quantile(0.95, 'http_request_duration_seconds', { by: 'service' })})` }],
      steps: slow(shopSlow.value, shopVerySlow.value),
      links: [{ title: 'MES API', url: '/d/mes-api' }]
    },
    {
      kind: 'stat',
      title: 'Failed requests',
      description: `Share of answers with 5xx, of the API that has most of them. An alert comes at ${serverErrors.value * 100} %.`,
      unit: 'percentunit',
      width: 6,
      height: 5,
      queries: [{ expr: `max(${errorRatio('service', 'service!=""')})` }],
      steps: [
        { colour: 'green' },
        { from: serverErrors.value / 2, colour: 'yellow' },
        { from: serverErrors.value, colour: 'red' }
      ],
      links: [{ title: 'MES API', url: '/d/mes-api' }]
    },
    {
      kind: 'stat',
      title: 'Alerts firing',
      description: 'Without the watchdog, which always fires. Each alert links its runbook.',
      unit: 'short',
      width: 6,
      height: 5,
      queries: [{ expr: 'count(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)' }],
      steps: [{ colour: 'green' }, { from: 1, colour: 'red' }]
    }
  ]
}

const where: Row = {
  title: 'Where is it slow?',
  panels: [
    {
      kind: 'timeseries',
      title: 'APIs, p95',
      description: 'Time an API needs for an answer, by service, without the cache tier in front of it.',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'http_request_duration_seconds', { by: 'service' }),
          legend: '{{service}}',
          exemplars: 'Shown'
        }
      ],
      links: [{ title: 'MES API by route', url: '/d/mes-api' }]
    },
    {
      kind: 'timeseries',
      title: 'Through the tiers, p95',
      description:
        'Time from request to answer as clients see it, by tier and by who answered: the cache or the origin.',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'alexandrite_proxy_rule_request_duration_seconds', {
            by: 'tier, answered_by'
          }),
          legend: '{{tier}} {{answered_by}}',
          exemplars: 'Shown'
        }
      ],
      links: [{ title: 'Cache tiers', url: '/d/cache-tier' }]
    },
    {
      kind: 'timeseries',
      title: 'Database, p95 by statement',
      description: 'Time of statements, without the wait for a connection: is it the database that is slow?',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'db_query_duration_seconds', { by: 'service, query' }),
          legend: '{{service}} {{query}}'
        }
      ]
    }
  ]
}

const cache: Row = {
  title: 'What does the cache do?',
  panels: [
    {
      kind: 'timeseries',
      title: 'Hit ratio by tier',
      description: `Share of cacheable requests that needed no new answer of the origin. Target ${hitRatioTarget.value * 100} %, alert under ${hitRatioLow.value * 100} %.`,
      unit: 'percentunit',
      max: 1,
      queries: [{ expr: hitRatio({ by: 'tier' }), legend: '{{tier}}' }],
      steps: [
        { colour: 'red' },
        { from: hitRatioLow.value, colour: 'yellow' },
        { from: hitRatioTarget.value, colour: 'green' }
      ],
      links: [{ title: 'Cache tiers', url: '/d/cache-tier' }]
    },
    {
      kind: 'stacked',
      title: 'Requests by outcome',
      description: 'hit, stale, coalesced and revalidated spare the origin; miss and pass do not.',
      unit: 'reqps',
      queries: [{ expr: rate('alexandrite_proxy_requests_total', { by: 'result' }), legend: '{{result}}' }]
    },
    {
      kind: 'timeseries',
      title: 'Work spared to the origin',
      description:
        'Seconds of the origin a second: answers out of the cache, times what the origin needs for one. 4 means four processors’ worth of requests that never arrive.',
      unit: 'short',
      queries: [
        {
          expr:
            `${rate('alexandrite_proxy_rule_request_duration_seconds_count', { by: 'tier', where: 'answered_by="cache"' })}` +
            ` * ${rate('alexandrite_proxy_origin_duration_seconds_sum', { by: 'tier' })}` +
            ` / ${rate('alexandrite_proxy_origin_duration_seconds_count', { by: 'tier' })}`,
          legend: '{{tier}}'
        }
      ]
    }
  ]
}

const orders: Row = {
  title: 'Orders',
  panels: [
    {
      kind: 'bargauge',
      title: 'Orders by state',
      description: 'How many orders are in each state now.',
      unit: 'short',
      width: 12,
      queries: [{ expr: 'max by (state) (orders_in_state)', legend: '{{state}}' }],
      links: [{ title: 'The order process', url: '/d/orders' }]
    },
    {
      kind: 'bargauge',
      title: 'The oldest in each state',
      description: 'How long the order that waits longest is in its state: the one that may be lost.',
      unit: 's',
      width: 12,
      queries: [{ expr: 'max by (state) (orders_oldest_seconds)', legend: '{{state}}' }],
      links: [{ title: 'The order process', url: '/d/orders' }]
    }
  ]
}

export const overview: DashboardSpec = {
  uid: 'overview',
  title: 'Overview',
  description:
    'Are users happy, where is it slow, what does the cache do, where are the orders: in ten seconds.',
  variables: [],
  rows: [users, where, cache, orders]
}
