/**
 * What users are promised, as alerts on the pace at which the error budget is spent: several windows and burn rates,
 * as in chapter 5 of Google's SRE Workbook. The long window says that it matters, the short one that it goes on.
 */
import { labelsOfQuery, objectives, thresholds, type Objective } from '@alexandrite/catalogue'
import { dependentsOf, serviceNamed } from '../owners.ts'
import { share } from '../promql.ts'
import { secondsOf } from '../rule.ts'
import type { Alert, Duration, Group, Recording, Severity, Silencer } from '../rule.ts'
import { causesOfNoAnswer, causesOfWaiting } from './waiting.ts'

export const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const
export type Window = (typeof WINDOWS)[number]

interface Burn {
  /** Times the pace at which the budget lasts exactly the objective's window. */
  readonly rate: number
  readonly long: Window
  readonly short: Window
}

interface Level {
  readonly severity: Severity
  readonly for: Duration
  readonly burns: readonly [Burn, Burn]
}

/** 2 % of the budget in an hour and 5 % in six page; 10 % in a day or in three are a ticket. */
export const LEVELS: readonly Level[] = [
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
]

/** The tier that an objective is about, where it is about one. */
const pinnedTier = ({ indicator }: Objective): string | undefined =>
  indicator.kind === 'Latency' ? /\btier="([^"]*)"/.exec(indicator.selector)?.[1] : undefined

/** Windows that say that a burn matters. */
const LONG: readonly Window[] = LEVELS.flatMap(({ burns }) => burns.map(({ long }) => long))

/** What the series of the objective can be told apart by. */
const groupingOf = (objective: Objective, series: string): readonly string[] =>
  pinnedTier(objective) === undefined && labelsOfQuery(series).has('tier')
    ? ['namespace', 'tier']
    : ['namespace']

/** Prometheus 3 writes the bound 2 as 2.0. */
const bound = (seconds: number): string =>
  Number.isInteger(seconds) ? `le=~"${seconds}(\\\\.0)?"` : `le="${seconds}"`

const LEVEL = 'objective:good:bool'

/** Share of bad events. Nothing where there has never been a bad one. */
const badShare = (objective: Objective, window: Window): string => {
  const { name, indicator } = objective
  switch (indicator.kind) {
    case 'Availability': {
      const { bad, total } = indicator
      return share(`rate(${bad}[${window}])`, `rate(${total}[${window}])`, groupingOf(objective, total))
    }
    case 'Latency': {
      const { histogram, selector, thresholdSeconds } = indicator
      const all = `${histogram}_count{${selector}}`
      const good = `${histogram}_bucket{${selector},${bound(thresholdSeconds)}}`
      return `1 - ${share(`rate(${good}[${window}])`, `rate(${all}[${window}])`, groupingOf(objective, all))}`
    }
    case 'Level':
      return `1 - avg_over_time(${LEVEL}{objective="${name}"}[${window}])`
  }
}

/** How many bad events there were, where badShare says which share. */
const badEvents = (objective: Objective, window: Window): string => {
  const { name, indicator } = objective
  const count = (series: string) =>
    `sum by (${groupingOf(objective, series).join(', ')}) (increase(${series}[${window}]))`
  switch (indicator.kind) {
    case 'Availability':
      return count(indicator.bad)
    case 'Latency': {
      const { histogram, selector, thresholdSeconds } = indicator
      const good = `${histogram}_bucket{${selector},${bound(thresholdSeconds)}}`
      return `${count(`${histogram}_count{${selector}}`)} - ${count(good)}`
    }
    case 'Level': {
      const level = `${LEVEL}{objective="${name}"}[${window}]`
      return `count_over_time(${level}) - sum_over_time(${level})`
    }
  }
}

const badEventsOver = (window: Window): string => `objective:bad_events:increase${window}`

/** The part of a window that Prometheus has kept; all of it where that cannot be known. */
const historyOver = (window: Window): string => `prometheus:history:ratio${window}`

const history: Group = {
  name: 'history',
  file: 'alerts/src/rules/objectives.ts',
  rules: LONG.map((window) => ({
    record: historyOver(window),
    expr:
      `clamp_max((time() - min(prometheus_tsdb_lowest_timestamp_seconds)) / ${secondsOf(window)}, 1) ` +
      'or vector(1)'
  }))
}

export const errorsOver = (window: Window): string => `objective:errors:ratio_rate${window}`

const recordingsOf = (objective: Objective): readonly Recording[] => {
  const { indicator, name } = objective
  const tier = pinnedTier(objective)
  const labels = { objective: name, service: objective.service, ...(tier !== undefined && { tier }) }
  const level = indicator.kind === 'Level' ? [{ record: LEVEL, expr: indicator.query, labels }] : []
  return [
    ...level,
    ...WINDOWS.map((window) => ({
      record: errorsOver(window),
      expr: badShare(objective, window),
      labels
    })),
    ...LONG.map((window) => ({ record: badEventsOver(window), expr: badEvents(objective, window), labels }))
  ]
}

/** The share of bad events that may happen; without the noise of floating point. */
export const budgetOf = ({ target }: Objective): number => Number((1 - target).toPrecision(6))

/**
 * Series of the short window find those of the long one by their labels, `objective` among them. A Prometheus that has
 * seen a tenth of the long window must have seen ten times the share of bad events in it: as many as if all had been
 * well before. And a few bad events are no pace, whatever their share.
 */
const tooFast = (objective: Objective, { rate, long, short }: Burn): string => {
  const pace = `${rate} * ${budgetOf(objective)}`
  return (
    `${errorsOver(long)}{objective="${objective.name}"} > on () group_left () (${pace} / ${historyOver(long)}) ` +
    `and ${errorsOver(short)} > ${pace} and ${badEventsOver(long)} > ${thresholds.burnEvents.value}`
  )
}

const TIERS = 'alexandrite-proxy'

/** What explains a burn, and pages in its place. */
const causesOf = ({ service, indicator }: Objective): readonly Silencer[] => {
  const atTier = JSON.stringify(indicator).includes('alexandrite_proxy_')
  return [
    { alert: 'CacheOriginDown', on: atTier ? ['tier', 'namespace'] : ['service', 'namespace'] },
    // What a tier promises is labelled with the tier's own service: its namespace says whose API is down.
    { alert: 'ApiDown', on: service === TIERS ? ['namespace'] : ['service', 'namespace'] },
    ...(dependentsOf('postgresql').includes(service) ? [{ alert: 'DatabaseDown', on: [] }] : []),
    ...(indicator.kind === 'Latency' ? causesOfWaiting(service) : causesOfNoAnswer(service))
  ]
}

const NAMES = {
  Availability: 'ErrorBudgetBurn',
  Latency: 'SlownessBudgetBurn',
  Level: 'LevelBudgetBurn'
} as const

const percent = (share: number): string => `${Number((100 * share).toPrecision(6))} %`

const alertsOf = (objective: Objective): readonly Alert[] =>
  LEVELS.map(({ severity, for: held, burns: [fast, slow] }) => ({
    alert: NAMES[objective.indicator.kind],
    expr: `(${tooFast(objective, fast)}) or (${tooFast(objective, slow)})`,
    for: held,
    severity,
    team: objective.team,
    service: objective.service,
    serviceTier: serviceNamed(objective.service).tier,
    labels: { objective: objective.name },
    dashboard: dashboardOf(objective),
    summary:
      `${objective.title}: not so for {{ $value | humanizePercentage }} of events, ` +
      `with ${percent(budgetOf(objective))} allowed`,
    description: objective.promise,
    silencedBy: causesOf(objective)
  }))

const dashboardOf = ({ service }: Objective): string => {
  if (service.endsWith('-api')) return service
  return service === 'alexandrite-proxy' ? 'cache-tier' : 'telemetry'
}

/** One group for each objective, so that they are evaluated beside each other. */
export const objectiveGroups = (of: readonly Objective[] = objectives): readonly Group[] => [
  history,
  ...of.map((objective) => ({
    name: `objective-${objective.name}`,
    file: 'alerts/src/rules/objectives.ts',
    rules: [...recordingsOf(objective), ...alertsOf(objective)]
  }))
]
