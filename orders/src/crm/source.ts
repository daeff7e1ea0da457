/** What the read model, its snapshot and its reconciliation need of the place where orders are made. */
import type { ReadOrder } from './read-order.ts'

export interface OrderSource {
  /** The next orders after an id, in the order of their ids; all of one moment. */
  page(after: number, limit: number): Promise<ReadOrder[]>
  /** Those that are there; all of one moment. */
  orders(ids: readonly number[]): Promise<ReadOrder[]>
  /** Events that are not on the broker yet. */
  backlog(): Promise<Backlog>
}

export interface Backlog {
  readonly events: number
  /** Of the oldest; 0 without one. */
  readonly oldestSeconds: number
}
