/** Promises at work: events move them, time moves them, and what they are made of is learnt anew. */
import type { Pool, PoolClient } from 'pg'
import type { Consumer } from '../events/consumer.ts'
import type { OrderEvent } from '../events/event.ts'
import { CLOSED, rankOf } from '../order.ts'
import { PromiseModel } from '../promises/model.ts'
import { PROMISED_FROM } from '../promises/passage.ts'
import { transaction } from '../service/database.ts'
import { readClock } from '../timers/clock.ts'
import type { CustomerMetrics } from './metrics.ts'
import { look, passages, putState } from './promise-store.ts'
import type { Promising } from './promise-store.ts'
import { CUSTOMERS } from './schema.ts'

const DAY_MS = 86_400_000
/** The slowest orders take 84 days. */
const MATURITY_MS = 90 * DAY_MS
/** Some three months of today's orders; a second of work. */
const LEARNT_MOST = 20_000
/** Orders looked at in one round. */
const PORTION = 200

/** The model of the moment; learns from the service's own copy, never from the MES. */
export class Learner {
  readonly #pool: Pool
  readonly #metrics: CustomerMetrics
  #model = new PromiseModel([])

  constructor(pool: Pool, metrics: CustomerMetrics) {
    this.#pool = pool
    this.#metrics = metrics
  }

  readonly model = (): PromiseModel => this.#model

  /** @returns of how many orders */
  async learn(): Promise<number> {
    const { now } = await readClock(this.#pool)
    const learnt = await passages(this.#pool, now.getTime() - MATURITY_MS, LEARNT_MOST)
    this.#model = new PromiseModel(learnt)
    this.#metrics.learnt.set(learnt.length)
    this.#metrics.learntAt.set(Date.now() / 1000)
    return learnt.length
  }
}

/** A change of state is looked at as it comes, once the order's customer is known. */
export const customersConsumer = (promising: Promising): Consumer => ({
  name: CUSTOMERS,
  bindings: ['order.*.created', 'order.*.status'],
  handle: (event, client) => handle(event, client, promising)
})

async function handle(
  { source, status, orderId, occurredAt }: OrderEvent,
  client: PoolClient,
  promising: Promising
): Promise<void> {
  if (source !== 'mes') return
  await putState(client, orderId, status, Date.parse(occurredAt))
  if (rankOf(status) < rankOf(PROMISED_FROM)) return
  const { rows } = await client.query<{ asked: boolean }>(
    'UPDATE customers.order SET look_at = coalesce(look_at, timers.now()) WHERE order_id = $1 RETURNING asked',
    [orderId]
  )
  if (rows[0]?.asked === true || status === CLOSED) await look(client, orderId, promising)
}

/** Time passes also where nothing happens. One round. @returns how many orders were looked at */
export const lookAround = (pool: Pool, promising: Promising): Promise<number> =>
  transaction(pool, async (client) => {
    const { rows } = await client.query<{ order_id: number }>(
      `SELECT order_id FROM customers.order WHERE look_at <= timers.now() AND asked
       ORDER BY look_at LIMIT ${PORTION} FOR UPDATE SKIP LOCKED`
    )
    for (const { order_id } of rows) await look(client, order_id, promising)
    return rows.length
  })

/** For the gauge: orders under way, by whether a date can be named. */
export async function countPromises(pool: Pool, metrics: CustomerMetrics): Promise<void> {
  const { rows } = await pool.query<{ dated: number; dateless: number }>(
    `SELECT count(*) FILTER (WHERE NOT (promised->>'dateless')::boolean) AS dated,
       count(*) FILTER (WHERE (promised->>'dateless')::boolean) AS dateless
     FROM customers.order WHERE look_at IS NOT NULL AND promised IS NOT NULL`
  )
  metrics.promises.set({ dated: 'yes' }, rows[0]?.dated ?? 0)
  metrics.promises.set({ dated: 'no' }, rows[0]?.dateless ?? 0)
}
