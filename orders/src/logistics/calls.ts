/** A carrier's call from its first byte to its effect: refused with a reason, repeated, or put down once. */
import type { Pool } from 'pg'
import { HttpError } from '../service/http.ts'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import type { Tracing } from '../service/tracing.ts'
import { transaction } from '../service/database.ts'
import { parseCallback } from './callback.ts'
import type { Callback } from './callback.ts'
import type { LogisticsMetrics } from './metrics.ts'
import type { Known, OrdersApi } from './orders-api.ts'
import { refusal, verifyCall } from './signature.ts'
import type { Call, Genuine, Refusal, RefusalReason, SigningKey } from './signature.ts'
import { isKnown, put, putCall, putRefused } from './store.ts'

export interface CallsOptions {
  readonly pool: Pool
  readonly keys: readonly SigningKey[]
  readonly api: OrdersApi
  readonly metrics: LogisticsMetrics
  readonly log: Logger
  readonly tracing: Tracing
  /** Milliseconds since 1970. Default Date.now. */
  readonly now?: () => number
}

/** What an order that the MES knows of has reached on our side. */
const OURS = [
  ['PACKAGING', 'packed'],
  ['SHIPPED', 'handed']
] as const

/** The refusal's status: 401 for strangers, 404 for orders nobody knows (yet: carriers try again), 422 for the rest. */
const STATUS: Readonly<Record<RefusalReason, number>> = {
  header_missing: 400,
  header_malformed: 400,
  expired: 401,
  from_the_future: 401,
  signature_wrong: 401,
  body_malformed: 422,
  type_unknown: 422,
  time_impossible: 422,
  order_unknown: 404
}

/** @throws HttpError with the reason of a refusal, which is kept for inspection */
export async function takeCall(options: CallsOptions, call: Call): Promise<'put' | 'repeated'> {
  const { keys, now = Date.now } = options
  const genuine = verifyCall(call, keys, Math.floor(now() / 1000))
  if (genuine.kind === 'Refused') return await refuse(options, call, genuine)
  const callback = parseCallback(call.body, now())
  if (callback.kind === 'Refused') return await refuse(options, call, callback, genuine)
  options.tracing.aboutOrder(callback.orderId)
  if (!(await learnt(options, callback.orderId))) {
    const unknown = refusal('order_unknown', 'data.orderId: the MES has no order of this number')
    return await refuse(options, call, unknown, genuine)
  }
  return await effect(options, genuine, callback)
}

async function effect(options: CallsOptions, genuine: Genuine, callback: Callback) {
  const { pool, metrics } = options
  const done = await putCall(pool, genuine, callback)
  const result = done.kind === 'Put' ? 'put' : 'repeated'
  metrics.calls.inc({ type: callback.type, result })
  if (done.kind === 'Put') {
    const milestone = callback.type === 'parcel.accepted' ? 'accepted' : 'delivered'
    if (done.heard.isNew) metrics.reached(milestone, done.heard.lag)
  }
  return result
}

/** An order that no event told of yet may be older than this service, or its event may be on its way: the MES knows. */
async function learnt(options: CallsOptions, orderId: number): Promise<boolean> {
  const { pool } = options
  if (await isKnown(pool, orderId)) return true
  const order = await knownTo(options, orderId)
  if (order.kind === 'Unknown') return false
  await transaction(pool, async (client) => {
    for (const [state, milestone] of OURS) {
      const at = order.entered.get(state)
      if (at !== undefined) await put(client, orderId, milestone, at)
    }
  })
  return true
}

/** A MES that is away is no fault of the call: carriers try again. */
async function knownTo({ api, log }: CallsOptions, orderId: number): Promise<Known> {
  try {
    return await api.order(orderId)
  } catch (error) {
    log.warn(errorFields(error), 'the MES cannot be asked for an order')
    throw new HttpError(
      503,
      'mes_unavailable',
      'The MES cannot be asked for this order now; send the call again.'
    )
  }
}

async function refuse(
  { pool, metrics, log }: CallsOptions,
  call: Call,
  why: Refusal,
  genuine?: Genuine
): Promise<never> {
  metrics.refuse(why.reason)
  await putRefused(pool, why, call.body, genuine?.carrier)
  log.warn({ reason: why.reason }, 'a call was refused')
  throw new HttpError(STATUS[why.reason], why.reason, why.sentence)
}
