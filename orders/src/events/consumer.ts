/** What a service does with events: one durable queue, each event's effect exactly once. */
import type { PoolClient } from 'pg'
import type { OrderEvent } from './event.ts'

/**
 * One subject's reader of events. Its queue is `orders.NAME`, its inbox and effects are in one database: the event's id
 * goes into the inbox in the transaction of the effect, so that a second delivery does nothing.
 */
export interface Consumer {
  /** Of the queue and the inbox: lower case, digits and dashes. */
  readonly name: string
  /** Patterns of the topic exchange, as `order.*.status`. */
  readonly bindings: readonly string[]
  /**
   * The effect, in the transaction that the caller commits. Events of one order come in the order of their versions;
   * those of different orders may come side by side.
   * @throws Poison when no later try can go better: the message goes to the dead-letter queue with the reason. Any other
   *   error is tried again, and blocks only its own order meanwhile.
   */
  handle(event: OrderEvent, transaction: PoolClient): Promise<void>
}

/** No later try can go better; `message` is the reason that is kept with the message. */
export class Poison extends Error {
  override readonly name = 'Poison'
}
