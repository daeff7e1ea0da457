/** An event as a message, there and back. */
import type { Options } from 'amqplib'
import { isOrderState, rankOf } from '../order.ts'
import type { EventKind, EventSource, OrderEvent } from './event.ts'

/** ISO 8601: when the order's event before this one happened; absent with an order's first. */
export const PREVIOUS_AT = 'previous-at'

/** Which event it is: enough to keep an order's events in order. */
export interface EventAddress {
  readonly id: string
  readonly source: EventSource
  readonly orderId: number
  readonly version: number
}

export type Decoded =
  | { readonly kind: 'Event'; readonly event: OrderEvent }
  /** Its place in the order is known, but nobody can make sense of the rest. */
  | { readonly kind: 'Refused'; readonly address: EventAddress; readonly reason: string }
  | { readonly kind: 'Unreadable'; readonly reason: string }

const SOURCES: readonly EventSource[] = ['mes', 'shop']
const KINDS: readonly EventKind[] = ['created', 'status', 'changed']
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const count = (value: unknown, min: number): value is number =>
  Number.isSafeInteger(value) && Number(value) >= min

function parse(content: Buffer): Fields | string {
  try {
    const body: unknown = JSON.parse(content.toString('utf8'))
    return isFields(body) ? body : 'the body is no JSON object'
  } catch {
    return 'the body is no JSON'
  }
}

function addressOf({ id, source, orderId, version }: Fields): EventAddress | string {
  const known = SOURCES.find((one) => one === source)
  if (typeof id !== 'string' || !UUID.test(id)) return 'id: is no UUID'
  if (known === undefined) return `source: is none of ${SOURCES.join(', ')}`
  if (!count(orderId, 0)) return 'orderId: is no whole number'
  if (!count(version, 1)) return 'version: is no whole number from 1'
  return { id, source: known, orderId, version }
}

/** Reasons name the field; they repeat no value but a state, which is no secret. */
export function decodeEvent(content: Buffer): Decoded {
  const body = parse(content)
  if (typeof body === 'string') return { kind: 'Unreadable', reason: body }
  const address = addressOf(body)
  if (typeof address === 'string') return { kind: 'Unreadable', reason: address }
  const event = eventOf(address, body)
  return typeof event === 'string' ? { kind: 'Refused', address, reason: event } : { kind: 'Event', event }
}

function eventOf(address: EventAddress, body: Fields): OrderEvent | string {
  const { occurredAt, order } = body
  const kind = KINDS.find((one) => one === body.kind)
  if (kind === undefined) return `kind: is none of ${KINDS.join(', ')}`
  if (typeof occurredAt !== 'string' || Number.isNaN(Date.parse(occurredAt)))
    return 'occurredAt: is no time of ISO 8601'
  const columns = columnsOf(order)
  if (columns === undefined) return 'order: is no object of strings, numbers and nulls'
  const states = statesOf(body)
  if (typeof states === 'string') return states
  return { ...address, kind, occurredAt, ...states, order: columns }
}

function columnsOf(order: unknown): OrderEvent['order'] | undefined {
  if (!isFields(order)) return undefined
  const plain = (value: unknown): value is string | number | null =>
    value === null || typeof value === 'string' || typeof value === 'number'
  const entries = Object.entries(order).flatMap(([name, value]) =>
    plain(value) ? [[name, value] as const] : []
  )
  return entries.length === Object.keys(order).length ? Object.fromEntries(entries) : undefined
}

const named = (value: unknown): string => JSON.stringify(value)?.slice(0, 40) ?? 'missing'

function statesOf({
  status,
  previousStatus
}: Fields): Pick<OrderEvent, 'status' | 'previousStatus'> | string {
  if (!isOrderState(status)) return `status: ${named(status)} is no state of an order`
  if (previousStatus === undefined) return { status }
  if (!isOrderState(previousStatus)) return `previousStatus: ${named(previousStatus)} is no state of an order`
  if (rankOf(status) < rankOf(previousStatus))
    return `status: ${status} comes before ${previousStatus}; an order goes forward only`
  return { status, previousStatus }
}

export const encodeEvent = (event: OrderEvent): Buffer => Buffer.from(JSON.stringify(event))

/** Persistent; `type` and `message_id` say at a glance what and which it is. */
export const propertiesOf = (event: OrderEvent, headers: Fields): Options.Publish => ({
  persistent: true,
  contentType: 'application/json',
  messageId: event.id,
  type: `order.${event.kind}`,
  appId: `orders-relay-${event.source}`,
  timestamp: Math.floor(Date.parse(event.occurredAt) / 1000),
  headers
})
