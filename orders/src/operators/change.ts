/** What the MES says of an order, by an event or by an answer of its API. */
import type { OrderEvent } from '../events/event.ts'
import { Poison } from '../events/consumer.ts'
import type { OrderState } from '../order.ts'
import { rankOf } from '../order.ts'

/** Undefined: it was not said. */
export interface OrderChange {
  readonly orderId: number
  readonly status: OrderState
  /** When it entered that state. */
  readonly at: Date
  readonly number: string | undefined
  readonly promisedAt: Date | undefined
  readonly quantity: number | undefined
  readonly operatorId: number | undefined
}

/** @throws Poison when the order would go back */
export function changeOf(event: OrderEvent): OrderChange {
  const { orderId, status, previousStatus, occurredAt, order } = event
  if (previousStatus !== undefined && rankOf(status) < rankOf(previousStatus))
    throw new Poison(`order ${orderId} would go back from ${previousStatus} to ${status}`)
  const { number, due_at: promised, quantity, operator_id: operator } = order
  return {
    orderId,
    status,
    at: new Date(occurredAt),
    number: typeof number === 'string' ? number : undefined,
    promisedAt: typeof promised === 'string' ? instant(promised) : undefined,
    quantity: typeof quantity === 'number' ? quantity : undefined,
    operatorId: typeof operator === 'number' ? operator : undefined
  }
}

function instant(text: string): Date {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw new Poison('order.due_at is no time of ISO 8601')
  return date
}
