/** What the read model, its snapshot and its reconciliation need of the place where orders are made. */
import type { ReadOrder } from './read-order.ts'

export interface OrderSource {
  /** The next orders after an id, in the order of their ids; all of one moment. */
  page(after: number, limit: number): Promise<ReadOrder[]>
  /** Those that are there; all of one moment. */
  orders(ids: readonly number[]): Promise<ReadOrder[]>
  /** The latest event; undefined: none is known. */
  newest(): Promise<Fence | undefined>
  /** Events that are not on the broker yet. */
  backlog(): Promise<number>
}

/** An event that the read model must have had before it may be called up to date. */
export interface Fence {
  readonly orderId: number
  readonly version: number
  /** Milliseconds since 1970. */
  readonly occurredAt: number
}
