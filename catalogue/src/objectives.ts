import type { Objective, Team } from './types.ts'
import { thresholds } from './thresholds.ts'

const WINDOW_DAYS = 28

const availability = (service: string, team: Team, title: string): Objective => ({
  name: `${service}-availability`,
  title: `${title} answers`,
  service,
  team,
  target: 0.995,
  windowDays: WINDOW_DAYS,
  promise: `99.5 % of requests to the ${title} are not answered with a server error.`,
  indicator: {
    kind: 'Availability',
    bad: `http_request_duration_seconds_count{service="${service}",status=~"5.."}`,
    total: `http_request_duration_seconds_count{service="${service}"}`
  }
})

/** What users wait for: measured where they ask, at the tier, and not where only its misses arrive. */
const latency: readonly Objective[] = [
  {
    name: 'mes-order-page-latency',
    title: 'The order page is fast',
    service: 'mes-api',
    team: 'mes',
    target: 0.95,
    windowDays: WINDOW_DAYS,
    promise: 'Of 20 looks at the page with the orders, 19 take 2 s at most.',
    indicator: {
      kind: 'Latency',
      histogram: 'alexandrite_proxy_rule_request_duration_seconds',
      selector: 'tier="mes/mes-api",rule="order-list"',
      thresholdSeconds: thresholds.mesSlow.value
    }
  },
  {
    name: 'shop-latency',
    title: 'The shop is fast',
    service: 'shop-api',
    team: 'shop',
    target: 0.95,
    windowDays: WINDOW_DAYS,
    promise: 'Of 20 requests to the shop, 19 take 1 s at most.',
    indicator: {
      kind: 'Latency',
      histogram: 'alexandrite_proxy_request_duration_seconds',
      selector: 'tier="shop/shop-api",result!="aborted"',
      thresholdSeconds: thresholds.shopSlow.value
    }
  },
  {
    name: 'crm-latency',
    title: 'The CRM is fast',
    service: 'crm-api',
    team: 'crm',
    target: 0.95,
    windowDays: WINDOW_DAYS,
    promise: 'Of 20 requests to the CRM API, 19 take 1 s at most.',
    indicator: {
      kind: 'Latency',
      histogram: 'http_request_duration_seconds',
      selector: 'service="crm-api"',
      thresholdSeconds: thresholds.crmSlow.value
    }
  }
]

const tiers: readonly Objective[] = [
  {
    name: 'tier-availability',
    title: 'Tiers add no errors',
    service: 'alexandrite-proxy',
    team: 'platform',
    target: 0.999,
    windowDays: WINDOW_DAYS,
    promise: 'A tier answers 999 of 1000 requests itself or with what the API said.',
    indicator: {
      kind: 'Availability',
      bad: 'alexandrite_proxy_requests_total{result="error"}',
      total: 'alexandrite_proxy_requests_total'
    }
  },
  {
    name: 'tier-freshness',
    title: 'Purges reach every pod',
    service: 'alexandrite-proxy',
    team: 'platform',
    target: 0.999,
    windowDays: WINDOW_DAYS,
    promise: '999 of 1000 purges are acknowledged by every pod in time: nobody sees what they made stale.',
    indicator: {
      kind: 'Availability',
      bad: 'alexandrite_proxy_purges_total{result="incomplete"}',
      total: 'alexandrite_proxy_purges_total'
    }
  }
]

const telemetry: readonly Objective[] = [
  {
    name: 'telemetry-delivery',
    title: 'Spans arrive',
    service: 'otelcol-gateway',
    team: 'platform',
    target: 0.99,
    windowDays: WINDOW_DAYS,
    promise: '99 of 100 spans of the tiers reach the collector.',
    indicator: {
      kind: 'Availability',
      bad: 'alexandrite_proxy_spans_total{result=~"failed|dropped"}',
      total: 'alexandrite_proxy_spans_total'
    }
  }
]

/** What users are promised. */
export const objectives: readonly Objective[] = [
  availability('mes-api', 'mes', 'MES API'),
  availability('shop-api', 'shop', 'Shop API'),
  availability('crm-api', 'crm', 'CRM API'),
  ...latency,
  ...tiers,
  ...telemetry
]
