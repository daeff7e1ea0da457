/** Reading of a route tree as Alertmanager reads it: who is told of an alert at a time. */
import type { AlertmanagerConfig, Route } from './routing.ts'

export type Labels = Readonly<Record<string, string>>

/** A route that an alert ends in. */
export interface Leaf {
  readonly receiver: string
  /** How long it waits before it tells. */
  readonly wait: string
  /** Time intervals in which it tells; empty: always. */
  readonly during: readonly string[]
}

const MATCHER = /^\s*([\w:]+)\s*(=~|!~|!=|=)\s*"(.*)"\s*$/

const COMPARE: Readonly<Record<string, (actual: string, value: string) => boolean>> = {
  '=': (actual, value) => actual === value,
  '!=': (actual, value) => actual !== value,
  '=~': (actual, value) => new RegExp(`^(?:${value})$`).test(actual),
  '!~': (actual, value) => !new RegExp(`^(?:${value})$`).test(actual)
}

/** A label that the alert does not have counts as empty. */
const matches = (matcher: string, labels: Labels): boolean => {
  const [, label = '', operator = '', value = ''] = MATCHER.exec(matcher) ?? []
  const compare = COMPARE[operator]
  if (!compare) throw new Error(`the matcher ${matcher} cannot be read; write it like team="mes"`)
  return compare(labels[label] ?? '', value)
}

const DEFAULT_WAIT = '30s'

/** The leaves that the alert reaches; none where it does not match. What a route does not say, it inherits. */
export const leavesOf = (route: Route, labels: Labels, inherited = DEFAULT_WAIT): Leaf[] => {
  const { matchers = [], group_wait: wait = inherited, active_time_intervals: during = [] } = route
  if (!matchers.every((matcher) => matches(matcher, labels))) return []
  const below = leavesBelow(route, labels, wait)
  return below.length > 0 ? below : [{ receiver: route.receiver, wait, during }]
}

/** Of the first child that matches, and of further ones as long as they continue. */
const leavesBelow = ({ routes = [] }: Route, labels: Labels, wait: string): Leaf[] => {
  const leaves: Leaf[] = []
  for (const child of routes) {
    const below = leavesOf(child, labels, wait)
    leaves.push(...below)
    if (below.length > 0 && !child.continue) break
  }
  return leaves
}

/** Days are counted from Monday, 0. */
export interface Hour {
  readonly day: number
  readonly hour: number
}

/** Every hour of a week, where the time intervals are. */
export const WEEK: readonly Hour[] = Array.from({ length: 7 * 24 }, (_, index) => ({
  day: Math.floor(index / 24),
  hour: index % 24
}))

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const hourOf = (time: string): number => Number(time.split(':')[0])

const isWithin = (days: string, day: number): boolean => {
  const [first = '', last = first] = days.split(':')
  return day >= DAYS.indexOf(first) && day <= DAYS.indexOf(last)
}

/** Whether a time interval of the configuration covers the hour. Intervals begin and end on the hour. */
const covers = (config: AlertmanagerConfig, name: string, { day, hour }: Hour): boolean => {
  const interval = config.time_intervals.find((each) => each.name === name)
  if (!interval) throw new Error(`a route names the time interval ${name}, which is not declared`)
  return interval.time_intervals.some(
    ({ weekdays, times }) =>
      weekdays.some((days) => isWithin(days, day)) &&
      times.some(({ start_time, end_time }) => hour >= hourOf(start_time) && hour < hourOf(end_time))
  )
}

/** Who is told of an alert that fires in this hour, and after how long. */
export const toldAt = (config: AlertmanagerConfig, labels: Labels, hour: Hour): readonly Leaf[] =>
  leavesOf(config.route, labels).filter(
    ({ during }) => during.length === 0 || during.some((name) => covers(config, name, hour))
  )
