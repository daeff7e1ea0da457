/** An order's way through its states: all that the promise model knows of it. */
import { ORDER_STATES, rankOf } from '../order.ts'
import type { OrderState } from '../order.ts'
import type { SizeClass } from './sizes.ts'

/** Milliseconds; of a moment, since 1970. */
export type Milliseconds = number

export interface Passage {
  readonly orderId: number
  readonly size: SizeClass
  /** When each state was entered, by its rank; undefined: not yet, or nobody told. */
  readonly entered: readonly (Milliseconds | undefined)[]
}

/** The state that a promise is about: the piece is with its customer. */
export const DELIVERED = 'CLOSED' satisfies OrderState
/** A promise begins here: what comes before waits for the customer as often as for us. */
export const PROMISED_FROM = 'MANUFACTURING_APPROVED' satisfies OrderState

/** States that a promise can be in: from the approval until before the delivery. */
export const PROMISED_STATES: readonly OrderState[] = ORDER_STATES.slice(
  rankOf(PROMISED_FROM),
  rankOf(DELIVERED)
)

export const enteredAt = (passage: Passage, state: OrderState): Milliseconds | undefined =>
  passage.entered[rankOf(state)]

/** The furthest state that was entered; undefined of an order that nobody has told of. */
export function stateOf({ entered }: Passage): OrderState | undefined {
  const rank = entered.findLastIndex((at) => at !== undefined)
  return ORDER_STATES[rank]
}

/** What one order that arrived teaches about one state. */
export interface Lesson {
  /** From entering the state to entering the next known one. */
  readonly dwell: Milliseconds
  /** From entering the state to the delivery. */
  readonly remaining: Milliseconds
}

/** Undefined unless the order was in that state and has been delivered. */
export function lessonOf(passage: Passage, state: OrderState): Lesson | undefined {
  const from = enteredAt(passage, state)
  const delivered = enteredAt(passage, DELIVERED)
  const left = passage.entered.find((at, rank) => rank > rankOf(state) && at !== undefined)
  if (from === undefined || delivered === undefined || left === undefined) return undefined
  const lesson = { dwell: left - from, remaining: delivered - from }
  return lesson.dwell >= 0 && lesson.remaining >= lesson.dwell ? lesson : undefined
}
