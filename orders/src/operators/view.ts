/** An order as the page shows it. Read by the page too: nothing of Node is imported here. */
import type { OrderState } from '../order.ts'

export interface OrderView {
  readonly id: number
  readonly number: string | null
  readonly status: OrderState
  /** ISO 8601, as all times. */
  readonly enteredAt: string
  readonly promisedAt: string | null
  readonly quantity: number | null
  /** Who has taken it. */
  readonly operatorId: number | null
  readonly dueSoonAt: string | null
  readonly overdueAt: string | null
  /** Of its state: how far the deadline is; null as long as there is time, or without one. */
  readonly level: AlarmLevel | null
  /** Of the date promised to the customer. */
  readonly promiseLevel: AlarmLevel | null
  readonly acknowledgedBy: number | null
  /** Grows with every change: of two views of an order, the larger is the newer. */
  readonly revision: number
}

export type AlarmLevel = 'due-soon' | 'overdue' | 'escalated'

export interface BoardPage {
  readonly status: OrderState
  readonly orders: readonly OrderView[]
  readonly total: number
  /** Orders of each state that has any. */
  readonly counts: Readonly<Partial<Record<OrderState, number>>>
  /** Where the feed goes on: `/api/feed?after=…`. */
  readonly cursor: number
  /** The time of the deadlines' clock, and its seconds in a real one. */
  readonly now: string
  readonly rate: number
}
