/** The rules of deadlines and notices: what a rules file says once it is read. */
import type { ChannelName } from '../notices/channel.ts'
import type { OrderState } from '../order.ts'
import type { CalendarRules } from './calendar.ts'

/** What operators are told of, from the least urgent on. */
export const LEVELS = ['new', 'due-soon', 'overdue', 'escalated'] as const
export type Level = (typeof LEVELS)[number]

/** Levels that a timer leads to; `new` comes with an event. */
export type TimedLevel = Exclude<Level, 'new'>

/** Milliseconds of working time. */
export interface Deadline {
  readonly limitMs: number
  /** From entering the state to the warning; at most the limit. */
  readonly dueSoonMs: number
  /** From the limit to telling the lead, unless somebody acknowledged; undefined: the lead is not told. */
  readonly escalateMs: number | undefined
}

/** One way of telling one group of people; addresses are not in the file. */
export interface Telling {
  readonly channel: Extract<ChannelName, 'chat' | 'email'>
  /** A name that the service has an address for: `operators`, `lead`. */
  readonly to: string
}

export interface OperatorRules {
  readonly calendar: CalendarRules
  /** Every state has an entry; undefined: no deadline. */
  readonly states: Readonly<Record<OrderState, Deadline | undefined>>
  /** Of the date promised to the customer, until the order is shipped; by working time before it. */
  readonly promise: { readonly dueSoonMs: number; readonly escalateMs: number | undefined }
  /** The page is always told. */
  readonly tell: Readonly<Record<Level, readonly Telling[]>>
  /** Of one group and level: the first goes at once, those within the window after it together. */
  readonly digestSeconds: number
}
