/** Proofs of alerts/src/rules/objectives.ts: of every objective and window, and of every pace. */
import type { Team } from '@alexandrite/catalogue'
import { secondsOf, type Duration } from '../rule.ts'
import { level } from './level.ts'
import type { Moment, Proof, Series } from './proof.ts'

interface Promise {
  readonly objective: string
  readonly title: string
  readonly service: string
  readonly team: Team
  readonly serviceTier: 1 | 2 | 3
  readonly alert: 'ErrorBudgetBurn' | 'SlownessBudgetBurn'
  /** What is left of everything when the promise is kept, and how that reads. */
  readonly budget: number
  readonly allowed: string
  /** Labels of the recorded series besides objective and service. */
  readonly labels: Readonly<Record<string, string>>
  /** Those of them that the rule sets itself, because it is about one tier. */
  readonly pinned?: Readonly<Record<string, string>>
  readonly events: Events
}

interface Events {
  readonly series: Series
  /** Share of bad ones in the ten steps until the twenty-second. */
  readonly badShare: number
}

const NAMESPACE = { namespace: 'prod' }
const MES = { namespace: 'mes', tier: 'mes/mes-api' }
const SHOP = { namespace: 'shop', tier: 'shop/shop-api' }

const written = (metric: string, labels: Readonly<Record<string, string>>): string =>
  `${metric}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`

/** Bad events of something else, which no promise is about: counted by mistake, they would show. */
const NOISE = '1000+500x60'

/** Six good events a step; six bad ones as well from the twentieth step on. */
const GOOD = '1000+6x60'
const BAD = '1000x19 1006+6x60'
const HALF_BAD = '1000x19 1003+3x60'
/** All events, and those within the bound: six a step, and nine of twelve from the twentieth step on. */
const ALL = '1000+6x19 1126+12x60'
const WITHIN = '1000+6x19 1123+9x60'

const answers = (service: string): Events => {
  const count = (of: string, status: string) =>
    written('http_request_duration_seconds_count', { ...NAMESPACE, service: of, pod: 'a', status })
  const series = {
    [count(service, '200')]: GOOD,
    [count(service, '503')]: BAD,
    [count('stock-api', '200')]: NOISE,
    [count('stock-api', '503')]: NOISE
  }
  return { series, badShare: 18 / 72 }
}

/** Counters told apart by `result`. */
const results = (metric: string, well: string, badly: readonly string[]): Events => {
  const count = (result: string) => written(metric, { ...MES, pod: 'a', result })
  const bad = badly.map((result): [string, string] => [count(result), badly.length === 1 ? BAD : HALF_BAD])
  return { series: { [count(well)]: GOOD, ...Object.fromEntries(bad) }, badShare: 18 / 72 }
}

interface Within {
  readonly metric: string
  /** Labels of what the promise is about, and of things that it is not about. */
  readonly of: Readonly<Record<string, string>>
  readonly notOf: readonly Readonly<Record<string, string>>[]
  readonly bound: string
}

/** Good ones fall below the bound, bad ones above. */
const durations = ({ metric, of, notOf, bound }: Within): Events => {
  const bucket = (labels: Within['of'], le: string) =>
    written(`${metric}_bucket`, { ...labels, pod: 'a', le })
  const count = (labels: Within['of']) => written(`${metric}_count`, { ...labels, pod: 'a' })
  const noise = notOf.flatMap((labels): [string, string][] => [
    [bucket(labels, bound), NOISE],
    [count(labels), NOISE]
  ])
  const series = {
    [bucket(of, '0.25')]: 1000,
    [bucket(of, bound)]: WITHIN,
    [bucket(of, '10.0')]: ALL,
    [count(of)]: ALL,
    ...Object.fromEntries(noise)
  }
  return { series, badShare: 9 / 72 }
}

const availability = (service: string, team: Team, serviceTier: 1 | 2, name: string): Promise => ({
  objective: `${service}-availability`,
  title: `${name} answers`,
  service,
  team,
  serviceTier,
  alert: 'ErrorBudgetBurn',
  budget: 0.005,
  allowed: '0.5 %',
  labels: NAMESPACE,
  events: answers(service)
})

const ofTiers = (objective: string, title: string, budget: number, events: Events): Promise => ({
  objective,
  title,
  service: 'alexandrite-proxy',
  team: 'platform',
  serviceTier: 1,
  alert: 'ErrorBudgetBurn',
  budget,
  allowed: '0.1 %',
  labels: MES,
  events
})

const slowness = { alert: 'SlownessBudgetBurn', budget: 0.05, allowed: '5 %' } as const

const PROMISES: readonly Promise[] = [
  availability('mes-api', 'mes', 1, 'MES API'),
  availability('shop-api', 'shop', 1, 'Shop API'),
  availability('crm-api', 'crm', 2, 'CRM API'),
  {
    ...slowness,
    objective: 'mes-order-page-latency',
    title: 'The order page is fast',
    service: 'mes-api',
    team: 'mes',
    serviceTier: 1,
    labels: MES,
    pinned: { tier: MES.tier },
    events: durations({
      metric: 'alexandrite_proxy_rule_request_duration_seconds',
      of: { ...MES, rule: 'order-list' },
      notOf: [
        { ...MES, rule: 'order-card' },
        { ...MES, tier: 'mes/other-api', rule: 'order-list' }
      ],
      bound: '2.0'
    })
  },
  {
    ...slowness,
    objective: 'shop-latency',
    title: 'The shop is fast',
    service: 'shop-api',
    team: 'shop',
    serviceTier: 1,
    labels: SHOP,
    pinned: { tier: SHOP.tier },
    events: durations({
      metric: 'alexandrite_proxy_request_duration_seconds',
      of: { ...SHOP, result: 'miss' },
      notOf: [
        { ...SHOP, result: 'aborted' },
        { ...SHOP, tier: 'shop/other-api', result: 'miss' }
      ],
      bound: '1.0'
    })
  },
  {
    ...slowness,
    objective: 'crm-latency',
    title: 'The CRM is fast',
    service: 'crm-api',
    team: 'crm',
    serviceTier: 2,
    labels: NAMESPACE,
    events: durations({
      metric: 'http_request_duration_seconds',
      of: { ...NAMESPACE, service: 'crm-api' },
      notOf: [{ ...NAMESPACE, service: 'stock-api' }],
      bound: '1'
    })
  },
  ofTiers(
    'tier-availability',
    'Tiers add no errors',
    0.001,
    results('alexandrite_proxy_requests_total', 'miss', ['error'])
  ),
  ofTiers(
    'tier-freshness',
    'Purges reach every pod',
    0.001,
    results('alexandrite_proxy_purges_total', 'ok', ['incomplete'])
  ),
  {
    ...ofTiers(
      'telemetry-delivery',
      'Spans arrive',
      0.01,
      results('alexandrite_proxy_spans_total', 'sent', ['failed', 'dropped'])
    ),
    service: 'otelcol-gateway',
    serviceTier: 2,
    allowed: '1 %'
  }
]

/** Ten steps are the window: of its good and bad events, a quarter are bad in the twenty-second. */
const WINDOWS: readonly { readonly window: string; readonly step: Duration; readonly at: Duration }[] = [
  { window: '5m', step: '30s', at: '11m' },
  { window: '30m', step: '3m', at: '66m' },
  { window: '1h', step: '6m', at: '132m' },
  { window: '2h', step: '12m', at: '264m' },
  { window: '6h', step: '36m', at: '792m' },
  { window: '1d', step: '144m', at: '3168m' },
  { window: '3d', step: '432m', at: '9504m' }
]

const recordings = ({ objective, service, labels, pinned, events }: Promise): readonly Proof[] =>
  WINDOWS.map(({ window, step, at }) => ({
    of: { record: `objective:errors:ratio_rate${window}`, labels: { objective, service, ...pinned } },
    cases: [
      {
        says: `is the share of bad events of the last ${window}`,
        step,
        series: events.series,
        moments: [{ at, samples: [{ labels, value: events.badShare }] }]
      }
    ]
  }))

const LONG = new Set(['1h', '6h', '1d', '3d'])

/** Of the nine intervals between the samples of a window, extrapolated to ten; there are 72 events in them. */
const EVENTS = (72 / 9) * 10

const badEvents = ({ objective, service, labels, pinned, events }: Promise): readonly Proof[] =>
  WINDOWS.filter(({ window }) => LONG.has(window)).map(({ window, step, at }) => ({
    of: { record: `objective:bad_events:increase${window}`, labels: { objective, service, ...pinned } },
    cases: [
      {
        says: `is the number of bad events of the last ${window}`,
        step,
        series: events.series,
        moments: [{ at, samples: [{ labels, value: EVENTS * events.badShare }] }]
      }
    ]
  }))

/** Ten steps are the window, and one Prometheus began in the fourth step, the other in the sixth. */
const history: readonly Proof[] = WINDOWS.filter(({ window }) => LONG.has(window)).map(({ window, step }) => {
  const seconds = secondsOf(step)
  const began = (pod: string, steps: number): Series => ({
    [written('prometheus_tsdb_lowest_timestamp_seconds', { service: 'prometheus', pod })]: steps * seconds
  })
  const isAfter = (steps: number, value: number): Moment => ({
    at: `${steps * seconds}s`,
    samples: [{ labels: {}, value }]
  })
  return {
    of: { record: `prometheus:history:ratio${window}` },
    cases: [
      {
        says: `is the part of the last ${window} since the oldest sample, and never more than all of it`,
        step,
        series: { ...began('a', 4), ...began('b', 6) },
        moments: [isAfter(9, 0.5), isAfter(14, 1), isAfter(24, 1)]
      },
      {
        says: 'is all of it while Prometheus does not say how old it is',
        step,
        series: { [written('up', { service: 'prometheus' })]: 1 },
        moments: [isAfter(3, 1)]
      }
    ]
  }
})

const LEVELS = [
  {
    severity: 'critical',
    for: '2m',
    burns: [
      { rate: 14.4, long: '1h', short: '5m' },
      { rate: 6, long: '6h', short: '30m' }
    ]
  },
  {
    severity: 'ticket',
    for: '15m',
    burns: [
      { rate: 3, long: '1d', short: '2h' },
      { rate: 1, long: '3d', short: '6h' }
    ]
  }
] as const

const ofPromise = (what: Promise, record: string, objective = what.objective): string =>
  written(record, { objective, service: what.service, ...what.labels })

const shareOver = (what: Promise, window: string, objective?: string): string =>
  ofPromise(what, `objective:errors:ratio_rate${window}`, objective)

const eventsOver = (what: Promise, window: string, objective?: string): string =>
  ofPromise(what, `objective:bad_events:increase${window}`, objective)

/** 3.015 % as humanizePercentage writes it: four significant digits. */
const percentage = (share: number): string => `${Number((100 * share).toPrecision(4))}%`

const alerts = (what: Promise): readonly Proof[] =>
  LEVELS.flatMap(({ severity, for: held, burns }) =>
    burns.map(({ rate, long, short }) => {
      const edge = rate * what.budget
      const bad = Number((edge * 1.05).toPrecision(4))
      const quiet = [edge, Number((edge * 0.95).toPrecision(4))]
      return level({
        of: {
          alert: what.alert,
          severity,
          team: what.team,
          serviceTier: what.serviceTier,
          service: what.service,
          labels: { objective: what.objective }
        },
        for: held,
        fault: {
          [shareOver(what, long)]: { bad, quiet },
          [shareOver(what, short)]: { bad, quiet },
          [eventsOver(what, long)]: { bad: 10.5, quiet: [10, 9.5] },
          [`prometheus:history:ratio${long}`]: { bad: 1, quiet: [0.9] }
        },
        labels: what.labels,
        elsewhere: [
          {
            [shareOver(what, long, 'other')]: bad,
            [shareOver(what, short, 'other')]: bad,
            [eventsOver(what, long, 'other')]: 10.5,
            [`prometheus:history:ratio${long}`]: 1
          }
        ],
        summary: `${what.title}: not so for ${percentage(bad)} of events, with ${what.allowed} allowed`
      })
    })
  )

export const objectiveProofs: readonly Proof[] = [
  ...history,
  ...PROMISES.flatMap((promise) => [...recordings(promise), ...badEvents(promise), ...alerts(promise)])
]
