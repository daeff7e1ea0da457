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

const matches = (matcher: string, labels: Labels): boolean => {
  const [, label = '', operator, value = ''] = MATCHER.exec(matcher) ?? []
  if (operator === undefined)
    throw new Error(`the matcher ${matcher} cannot be read; write it like team="mes"`)
  const actual = labels[label] ?? ''
  const same = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(actual) : actual === value
  return operator.startsWith('!') ? !same : same
}

/** The leaves that the alert reaches: the first child that matches, and further ones as long as they continue. */
export const leavesOf = (
  route: Route,
  labels: Labels,
  inherited: string = route.group_wait ?? '30s'
): Leaf[] => {
  if (!(route.matchers ?? []).every((matcher) => matches(matcher, labels))) return []
  const wait = route.group_wait ?? inherited
  const leaves: Leaf[] = []
  for (const child of route.routes ?? []) {
    const below = leavesOf(child, labels, wait)
    leaves.push(...below)
    if (below.length > 0 && !child.continue) break
  }
  if (leaves.length > 0) return leaves
  return [{ receiver: route.receiver, wait, during: route.active_time_intervals ?? [] }]
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
