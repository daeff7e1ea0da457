/** Closes what was delivered, through the API of whoever closes orders: tried until it is done. */
import type { Pool } from 'pg'
import { transaction } from '../service/database.ts'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { pause } from '../service/time.ts'
import type { Tracing } from '../service/tracing.ts'
import type { LogisticsMetrics } from './metrics.ts'
import type { Closing, OrdersApi } from './orders-api.ts'

export interface CloserOptions {
  readonly pool: Pool
  readonly api: OrdersApi
  readonly metrics: LogisticsMetrics
  readonly log: Logger
  readonly tracing: Tracing
  /** Milliseconds between looks. Default 1000. */
  readonly everyMs?: number
  /** Seconds until the second try; each further pause is twice as long, up to an hour. Default 5. */
  readonly firstPauseSeconds?: number
}

/** At most so many a look, side by side: one that is slow to be answered holds up no other. */
const PORTION = 8
/** For as long the order belongs to whoever took it, and waits when that one dies; longer than its calls may take. */
const LEASE_SECONDS = 30
const LONGEST_PAUSE_SECONDS = 3600

/** Until `stop`, which waits for what is under way. */
export function startCloser(options: CloserOptions): { stop(): Promise<void> } {
  const over = new AbortController()
  const running = run(options, over.signal)
  return {
    stop: async () => {
      over.abort()
      await running
    }
  }
}

async function run(options: CloserOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      let tried = PORTION
      while (tried === PORTION && !signal.aborted) tried = await closeDelivered(options)
    } catch (error) {
      options.log.warn(errorFields(error), 'delivered orders cannot be read or put down')
    }
    await pause(options.everyMs ?? 1000, signal)
  }
}

interface Due {
  readonly order_id: number
  readonly close_attempts: number
}

/** One look. @returns how many were tried */
export async function closeDelivered(options: CloserOptions): Promise<number> {
  const { rows } = await options.pool.query<Due>(
    `UPDATE logistics.parcel SET close_after = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}),
       close_attempts = close_attempts + 1
     WHERE order_id IN (SELECT order_id FROM logistics.parcel WHERE close_after <= clock_timestamp()
       ORDER BY close_after LIMIT ${PORTION} FOR UPDATE SKIP LOCKED)
     RETURNING order_id, close_attempts`
  )
  await Promise.all(rows.map((due) => closeOne(options, due)))
  return rows.length
}

async function closeOne(
  options: CloserOptions,
  { order_id: orderId, close_attempts: attempts }: Due
): Promise<void> {
  const { pool, metrics, log, tracing, firstPauseSeconds = 5 } = options
  const closing = await tracing.span('close order', { orderId }, () => attempt(options, orderId))
  metrics.closings.inc({ result: closing.kind === 'Closed' ? 'closed' : 'later' })
  const reason = closing.kind === 'Closed' ? null : closing.reason
  const seconds = Math.min(firstPauseSeconds * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
  await transaction(pool, (client) =>
    client.query(
      reason === null
        ? `UPDATE logistics.parcel SET closed_at = coalesce(closed_at, clock_timestamp()), close_after = NULL,
             close_reason = NULL WHERE order_id = $1`
        : `UPDATE logistics.parcel SET close_reason = $2, close_after = clock_timestamp() + make_interval(secs => $3)
           WHERE order_id = $1 AND close_after IS NOT NULL`,
      reason === null ? [orderId] : [orderId, reason, seconds]
    )
  )
  if (reason !== null) log.warn({ order_id: String(orderId), reason, attempts }, 'an order is closed later')
}

async function attempt({ api }: CloserOptions, orderId: number): Promise<Closing> {
  try {
    return await api.close(orderId)
  } catch (error) {
    return { kind: 'Later', reason: `no answer: ${error instanceof Error ? error.name : 'unknown'}` }
  }
}
