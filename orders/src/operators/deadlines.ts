/** When what comes due: values in, instants out. */
import type { OrderState } from '../order.ts'
import { rankOf } from '../order.ts'
import type { WorkingTime } from './calendar.ts'
import type { OperatorRules, TimedLevel } from './rules.ts'

export interface Due {
  readonly level: TimedLevel
  readonly at: Date
}

/** Of an order that entered the state then; none when the state has no deadline. */
export function stateDues(
  rules: OperatorRules,
  time: WorkingTime,
  entered: { readonly state: OrderState; readonly at: Date }
): readonly Due[] {
  const deadline = rules.states[entered.state]
  if (deadline === undefined) return []
  const overdue = time.add(entered.at, deadline.limitMs)
  return [
    { level: 'due-soon', at: time.add(entered.at, deadline.dueSoonMs) },
    { level: 'overdue', at: overdue },
    ...escalation(time, overdue, deadline.escalateMs)
  ]
}

/** Of a date promised to a customer. */
export function promiseDues(rules: OperatorRules, time: WorkingTime, promisedAt: Date): readonly Due[] {
  const { dueSoonMs, escalateMs } = rules.promise
  return [
    { level: 'due-soon', at: time.subtract(promisedAt, dueSoonMs) },
    { level: 'overdue', at: promisedAt },
    ...escalation(time, promisedAt, escalateMs)
  ]
}

/** Those that will come, and of those that have passed the last: the worst. Both lists go from the earliest on. */
export const stillToTell = (dues: readonly Due[], now: Date): readonly Due[] => [
  ...dues.filter(({ at }) => at <= now).slice(-1),
  ...dues.filter(({ at }) => at > now)
]

const escalation = (time: WorkingTime, overdue: Date, ms: number | undefined): readonly Due[] =>
  ms === undefined ? [] : [{ level: 'escalated', at: time.add(overdue, ms) }]

/** A promise is kept once the piece is with the carrier. */
export const promiseIsKept = (state: OrderState): boolean => rankOf(state) >= rankOf('SHIPPED')
