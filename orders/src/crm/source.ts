/** The Shop's side: its orders with the version of the last event of each, read by a role that can do nothing else. */
import type { Pool } from 'pg'
import type { ReadOrder } from './read-order.ts'
import { toReadOrder } from './read-model.ts'

/** What the read model, its snapshot and its reconciliation need of the place where orders are made. */
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
  /** Age of the oldest of them in seconds, 0 without one. */
  readonly oldestSeconds: number
}
