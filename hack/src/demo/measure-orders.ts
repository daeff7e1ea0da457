/** What the demo measures of promises and of pieces under way: the services' own code on a PostgreSQL of its own. */
import { CustomerMetrics } from '@alexandrite/orders/customers/metrics'
import { putPast } from '@alexandrite/orders/customers/promise-store'
import { Learner, lookAround } from '@alexandrite/orders/customers/promises'
import { CUSTOMERS, CUSTOMER_STEPS } from '@alexandrite/orders/customers/schema'
import { putCall, put, waitingPieces } from '@alexandrite/orders/logistics/store'
import { LogisticsMetrics } from '@alexandrite/orders/logistics/metrics'
import { parseCallback } from '@alexandrite/orders/logistics/callback'
import { LOGISTICS, LOGISTICS_STEPS } from '@alexandrite/orders/logistics/schema'
import { signatureOf, signingKey, verifyCall } from '@alexandrite/orders/logistics/signature'
import { NOTICES, NOTICE_STEPS } from '@alexandrite/orders/notices/schema'
import { pastOrders } from '@alexandrite/orders/promises/history'
import { transaction } from '@alexandrite/orders/service/database'
import { migrate } from '@alexandrite/orders/service/migrate'
import { createService } from '@alexandrite/orders/service/service'
import type { Service } from '@alexandrite/orders/service/service'
import { setClock } from '@alexandrite/orders/timers/clock'
import { TIMERS, TIMER_STEPS } from '@alexandrite/orders/timers/schema'
import pg from 'pg'
import { startPostgres } from '../postgres.ts'
import type { OrderMeasures } from './eight.ts'

const DAY = 86_400_000
/** Of the history's end: the last months are enough to learn from. */
const READ = 40_000
/** An order of our own; far from those of the seed. */
const ORDER = 900_000_001

/** @param mesUrl the database of the MES, which is only read */
export async function measureOrders(mesUrl: string, signal: AbortSignal): Promise<OrderMeasures> {
  const postgres = await startPostgres()
  const service = createService('orders-demo', {
    databaseUrl: postgres.url,
    brokerUrl: 'amqp://127.0.0.1',
    host: '127.0.0.1',
    port: 0,
    databaseConnections: 4,
    otlpEndpoint: undefined,
    logLevel: 'silent'
  })
  try {
    await makeTables(service.pool)
    return { ...(await measurePromise(service, mesUrl, signal)), ...(await measurePiece(service)) }
  } finally {
    await service.close()
    await postgres.stop()
  }
}

async function makeTables(pool: pg.Pool): Promise<void> {
  await migrate(pool, TIMERS, TIMER_STEPS)
  await migrate(pool, NOTICES, NOTICE_STEPS)
  await migrate(pool, CUSTOMERS, CUSTOMER_STEPS)
  await migrate(pool, LOGISTICS, LOGISTICS_STEPS)
}

async function measurePromise({ pool, registry }: Service, mesUrl: string, signal: AbortSignal) {
  const end = await copyHistory(pool, mesUrl, signal)
  const metrics = new CustomerMetrics(registry)
  const learner = new Learner(pool, metrics)
  const at = (days: number) => setClock(pool, { now: new Date(end + days * DAY), rate: 1e-9 })
  await at(0)
  const learnt = await learner.learn()
  const look = () => lookAround(pool, { model: learner.model, metrics })
  await newOrder(pool, end)
  await look()
  // Ten days without an operator: the date has moved, and has stayed moved a day later.
  await at(10)
  await look()
  await at(11)
  const began = performance.now()
  await look()
  const toldMs = performance.now() - began
  const first = await messages(pool)
  if (first !== 1) throw new Error(`an order that waits for ten days made ${first} messages, not one`)
  await at(12)
  await look()
  return { learnt, toldMs, toldAgain: (await messages(pool)) - first }
}

/** @returns the last moment that it tells of */
async function copyHistory(pool: pg.Pool, mesUrl: string, signal: AbortSignal): Promise<number> {
  const mes = new pg.Client({ connectionString: mesUrl })
  await mes.connect()
  try {
    const { rows } = await mes.query<{ last: string; end: Date }>(
      'SELECT (SELECT max(id) FROM mes.orders)::text AS last, (SELECT max(changed_at) FROM mes.order_status_history) AS end'
    )
    for await (const portion of pastOrders(mes, Math.max(0, Number(rows[0]?.last) - READ))) {
      signal.throwIfAborted()
      // What is under way is none of this measurement.
      await putPast(
        pool,
        portion.filter(({ passage }) => passage.entered.at(-1) !== undefined)
      )
    }
    return rows[0]?.end.getTime() ?? 0
  } finally {
    await mes.end()
  }
}

async function newOrder(pool: pg.Pool, end: number): Promise<void> {
  await pool.query(
    `INSERT INTO customers.contact (customer_ref, email, quiet_from, quiet_to) VALUES ('demo', 'demo@example.org', '00:00', '00:00')`
  )
  await pool.query(
    `INSERT INTO customers.order (order_id, customer_ref, asked, entered, look_at)
     VALUES ($1, 'demo', true, ARRAY[$2, $2, $2, $2, $2, NULL, NULL, NULL, NULL, NULL]::bigint[], '-infinity')`,
    [ORDER, end]
  )
}

const messages = async (pool: pg.Pool): Promise<number> =>
  (await pool.query('SELECT FROM notices.notice')).rowCount ?? 0

async function measurePiece({ pool, registry }: Service) {
  const metrics = new LogisticsMetrics(registry, pool)
  const told = performance.now()
  await transaction(pool, (client) => put(client, ORDER, 'handed', Date.now() - DAY))
  const [piece] = await waitingPieces(pool, 1)
  const waitingShownMs = performance.now() - told
  if (piece?.orderId !== ORDER) throw new Error('a piece that was handed over is not in the table')
  await carrierCalls(pool, metrics)
  const { values } = await metrics.lag.get()
  const gapSeconds = values.find(({ metricName }) => metricName?.endsWith('_sum'))?.value
  if (gapSeconds === undefined) throw new Error('the lag of a piece is not in the histogram')
  return { waitingShownMs, gapSeconds }
}

/** A call as a carrier signs it, and what the service does with it. */
async function carrierCalls(pool: pg.Pool, metrics: LogisticsMetrics): Promise<void> {
  const key = signingKey('demo', `whsec_${Buffer.alloc(32, 1).toString('base64')}`)
  const sentAt = Math.floor(Date.now() / 1000)
  const data = { orderId: ORDER, occurredAt: new Date().toISOString() }
  const body = Buffer.from(JSON.stringify({ type: 'parcel.accepted', data }))
  const headers = {
    'webhook-id': 'demo-1',
    'webhook-timestamp': String(sentAt),
    'webhook-signature': signatureOf(key, 'demo-1', sentAt, body)
  }
  const genuine = verifyCall({ headers, body }, [key], sentAt)
  const callback = parseCallback(body, Date.now())
  if (genuine.kind === 'Refused' || callback.kind === 'Refused') throw new Error('the call was refused')
  const done = await putCall(pool, genuine, callback)
  if (done.kind === 'Put') metrics.reached('accepted', done.heard.lag)
}
