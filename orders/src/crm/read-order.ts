/** One order of the CRM's read model: what the CRM used to read of shop.orders, and no column more. */
import { Poison } from '../events/consumer.ts'
import type { OrderEvent } from '../events/event.ts'
import type { OrderState } from '../order.ts'

export interface ReadOrder {
  readonly id: number
  readonly customerId: number
  readonly status: OrderState
  /** ISO 8601, UTC, with milliseconds. */
  readonly createdAt: string
  readonly quantity: number
  /** Of the event that it is the outcome of; 0: unchanged since events are made at all. */
  readonly version: number
}

/** Fields in which both sides must agree. */
export const FIELDS = ['customerId', 'status', 'createdAt', 'quantity'] as const
export type Field = (typeof FIELDS)[number]

/** An event of the Shop carries the whole row, so that the newest one is enough. @throws Poison naming the column */
export function orderOf({ orderId, version, status, order }: OrderEvent): ReadOrder {
  return {
    id: orderId,
    customerId: integer(order, 'customer_id'),
    status,
    createdAt: time(order, 'created_at'),
    quantity: integer(order, 'quantity'),
    version
  }
}

function integer(order: OrderEvent['order'], column: string): number {
  const value = order[column]
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new Poison(`order.${column} is ${said(value)}; the CRM needs a whole number`)
}

function time(order: OrderEvent['order'], column: string): string {
  const value = order[column]
  const parsed = typeof value === 'string' ? new Date(value) : undefined
  if (parsed !== undefined && !Number.isNaN(parsed.getTime())) return parsed.toISOString()
  throw new Poison(`order.${column} is ${said(value)}; the CRM needs a time of ISO 8601`)
}

/** The kind of a value, never the value: the reason is kept with the message and in logs. */
const said = (value: unknown): string =>
  value === undefined ? 'missing' : value === null ? 'null' : typeof value
