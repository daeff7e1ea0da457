/** The events of an order, as they travel: the body of a message on the topic exchange `orders`. */
import type { OrderState } from '../order.ts'

/** Durable topic exchange that all events go to. */
export const EXCHANGE = 'orders'

/** The database that an event came out of. */
export type EventSource = 'mes' | 'shop'

/** Last word of the routing key; `created` for an order's first row, `status` for each state that it enters, else `changed`. */
export type EventKind = 'created' | 'status' | 'changed'

/**
 * A committed change of one order. Bodies hold ids, states and times only: never a name, an address or a file.
 * What a consumer needs besides, it asks the service that owns it.
 */
export interface OrderEvent {
  /** UUID, made in the transaction of the change; the same on every delivery. Also the message's `message_id`. */
  readonly id: string
  readonly source: EventSource
  readonly kind: EventKind
  readonly orderId: number
  /** Grows with each event of one order in one source, from 1, without a gap. */
  readonly version: number
  /** ISO 8601, the transaction's time. */
  readonly occurredAt: string
  /** The state after the change. */
  readonly status: OrderState
  /** The state before it; absent with `created`, and where the state did not change. */
  readonly previousStatus?: OrderState
  /** Columns of the order that consumers may read, by the names of the database; ids, numbers, times. */
  readonly order: Readonly<Record<string, string | number | null>>
}

/** `order.17.status`: what queues bind to and what a cache tier listens for (`order.*.status`). */
export const routingKey = ({ orderId, kind }: Pick<OrderEvent, 'orderId' | 'kind'>): string =>
  `order.${orderId}.${kind}`
