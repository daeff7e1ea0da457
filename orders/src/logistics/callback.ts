/** What a carrier says of a piece: the body of its call. */
import { refusal, TOLERANCE_SECONDS } from './signature.ts'
import type { Refusal } from './signature.ts'

export const CALLBACK_TYPES = ['parcel.accepted', 'parcel.delivered'] as const
export type CallbackType = (typeof CALLBACK_TYPES)[number]

export interface Callback {
  readonly kind: 'Callback'
  readonly type: CallbackType
  readonly orderId: number
  /** Milliseconds since 1970, by the carrier's clock. */
  readonly occurredAt: number
}

const isCallbackType = (value: unknown): value is CallbackType =>
  typeof value === 'string' && (CALLBACK_TYPES as readonly string[]).includes(value)

/** ISO 8601 with a time zone: a carrier's local time would shift the lag by hours. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/

/** `{type, data: {orderId, occurredAt}}`; more fields are left alone. @param now milliseconds since 1970 */
export function parseCallback(body: Buffer, now: number): Callback | Refusal {
  const value = json(body)
  if (!isObject(value)) return refusal('body_malformed', 'body: no JSON object')
  const { type, data } = value
  if (!isCallbackType(type))
    return refusal('type_unknown', `type: unknown; one of ${CALLBACK_TYPES.join(', ')}`)
  if (!isObject(data)) return refusal('body_malformed', 'data: missing, or no object')
  const { orderId, occurredAt } = data
  if (!Number.isSafeInteger(orderId) || Number(orderId) < 1)
    return refusal('body_malformed', 'data.orderId: a whole number from 1')
  const at = typeof occurredAt === 'string' && MOMENT.test(occurredAt) ? Date.parse(occurredAt) : NaN
  if (Number.isNaN(at))
    return refusal('body_malformed', 'data.occurredAt: ISO 8601 with a time zone, as 2026-11-30T12:00:00Z')
  if (at > now + TOLERANCE_SECONDS * 1000)
    return refusal('time_impossible', 'data.occurredAt: in the future; check the clock')
  return { kind: 'Callback', type, orderId: Number(orderId), occurredAt: at }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function json(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // Whatever is wrong with it, the sender is told that it is no JSON object.
    return undefined
  }
}
