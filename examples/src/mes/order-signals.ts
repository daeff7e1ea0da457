import { setTimeout as sleep } from 'node:timers/promises'
import { Gauge } from 'prom-client'
import type { OrderState } from '../data/states.ts'
import { ORDER_STATES } from '../data/states.ts'
import type { Service } from '../service.ts'
import { DEFAULT_LIMITS } from './order-limits.ts'
import type { OrderLimits } from './order-limits.ts'

export interface OrderSignalOptions {
  /** Default: DEFAULT_LIMITS. */
  readonly orderLimits?: OrderLimits
  /**
   * Days since an order's last step after which it counts no more: it was given up, or is lost for good, and nobody is
   * to be woken for it. It bounds what is read, too: 30 days of the seeded company are read in some 15 ms. Default 30.
   */
  readonly orderLookbackDays?: number
}

export const LOOKBACK_DAYS = 30

/** How long an answer of the database is good for. */
const FRESH_MS = 15_000
/** Older ones are not shown: no signal is better than one that stands still. */
const OLDEST_MS = 60_000
/** How long a scrape waits for the database; what is known is shown then. */
const PATIENCE_MS = 2000

interface Row {
  readonly state: OrderState
  readonly orders: number
  readonly oldestSeconds: number
  readonly stuck: number
}

/**
 * The state of an order is the last row of its history. Only what the look-back covers is read, by the index on the time
 * of the rows.
 */
const QUERY = `
WITH latest AS (
  SELECT DISTINCT ON (order_id) status, changed_at FROM mes.order_status_history
  WHERE changed_at > now() - $1 * interval '1 day' ORDER BY order_id, status DESC
)
SELECT s.name AS state, count(l.status) AS orders,
  coalesce(extract(epoch FROM now() - min(l.changed_at)), 0)::float8 AS "oldestSeconds",
  count(*) FILTER (WHERE l.changed_at < now() - s.seconds * interval '1 second') AS stuck
FROM unnest($2::text[], $3::float8[]) AS s (name, seconds) LEFT JOIN latest AS l ON l.status::text = s.name
GROUP BY s.name`

/** Reads the orders by state: at most every 15 s, one reading at a time, and only when somebody scrapes. */
export class OrderSignals {
  readonly #service: Pick<Service, 'app' | 'db'>
  readonly #values: readonly unknown[]
  #rows: readonly Row[] = []
  #readAt = -Infinity
  #reading: Promise<void> | undefined

  constructor(service: Pick<Service, 'app' | 'db'>, options: OrderSignalOptions) {
    const limits = options.orderLimits ?? DEFAULT_LIMITS
    const seconds = ORDER_STATES.map((state) => limits.get(state) ?? null)
    this.#values = [options.orderLookbackDays ?? LOOKBACK_DAYS, ORDER_STATES, seconds]
    this.#service = service
  }

  /** Nothing when the database has not answered for a minute. */
  async rows(): Promise<readonly Row[]> {
    if (performance.now() - this.#readAt > FRESH_MS) {
      this.#reading ??= this.#read()
      await Promise.race([this.#reading, sleep(PATIENCE_MS, undefined, { ref: false })])
    }
    return performance.now() - this.#readAt > OLDEST_MS ? [] : this.#rows
  }

  async #read(): Promise<void> {
    const { app, db } = this.#service
    try {
      this.#rows = await db.query<Row>({ name: 'mes.order_signals', text: QUERY, values: this.#values })
      this.#readAt = performance.now()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      app.log.warn({ reason }, 'the orders by state could not be read')
    } finally {
      this.#reading = undefined
    }
  }
}

/** Gauges of the orders by state, read when they are scraped. Each replica tells of all orders: take their maximum. */
export function measureOrders(service: Service, options: OrderSignalOptions): void {
  const signals = new OrderSignals(service, options)
  const limits = options.orderLimits ?? DEFAULT_LIMITS
  const gauge = (name: string, help: string, valueOf: (row: Row) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers: [service.metrics.registry],
      async collect() {
        const rows = await signals.rows()
        this.reset()
        for (const row of rows) {
          const value = valueOf(row)
          if (value !== undefined) this.set({ state: row.state }, value)
        }
      }
    })
  gauge(
    'orders_in_state',
    'Orders in each state whose last step is within the look-back.',
    (row) => row.orders
  )
  gauge(
    'orders_oldest_seconds',
    'Seconds that the oldest order of each state, but the last, has been in it; 0 without one.',
    ({ state, oldestSeconds }) => (state === 'CLOSED' ? undefined : oldestSeconds)
  )
  gauge(
    'orders_stuck',
    'Orders that have been in their state for longer than its limit; only states that have one.',
    ({ state, stuck }) => (limits.has(state) ? stuck : undefined)
  )
}
