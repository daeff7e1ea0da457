import { connect } from 'amqplib'
import { createMesApi, SEED_DEFAULTS, seedDatabase } from '@alexandrite/examples'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { contactChannel, linksFor, render } from '@alexandrite/orders/customers/channel'
import { CustomerMetrics } from '@alexandrite/orders/customers/metrics'
import { putPast } from '@alexandrite/orders/customers/promise-store'
import { customersConsumer, Learner, lookAround } from '@alexandrite/orders/customers/promises'
import { customerRoutes } from '@alexandrite/orders/customers/routes'
import { CUSTOMERS, CUSTOMER_STEPS } from '@alexandrite/orders/customers/schema'
import { customersService } from '@alexandrite/orders/customers/service'
import { assertExchange } from '@alexandrite/orders/events/topology'
import { mailChannel } from '@alexandrite/orders/notices/email'
import type { MailChannel } from '@alexandrite/orders/notices/email'
import { noticeMetrics } from '@alexandrite/orders/notices/metrics'
import { NOTICES, NOTICE_STEPS } from '@alexandrite/orders/notices/schema'
import { sendOnce } from '@alexandrite/orders/notices/sender'
import type { SenderOptions } from '@alexandrite/orders/notices/sender'
import type { OrderState } from '@alexandrite/orders/order'
import { transaction } from '@alexandrite/orders/service/database'
import { migrate } from '@alexandrite/orders/service/migrate'
import { createService } from '@alexandrite/orders/service/service'
import type { Service } from '@alexandrite/orders/service/service'
import { setClock } from '@alexandrite/orders/timers/clock'
import { TIMERS, TIMER_STEPS } from '@alexandrite/orders/timers/schema'
import { waitUntil } from '../run.ts'
import { startPostgres, startRabbitmq } from '../services.ts'
import type { RunningPostgres } from '../services.ts'
import { startReceivers } from '../stack/receivers.ts'
import type { Mail } from '../stack/mailbox.ts'
import type { Receivers } from '../stack/receivers.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Noon in Moscow: nobody's night. */
const START = Date.UTC(2026, 10, 2, 9)
const SECRET = 'ada.lovelace@example.org'
/** So long that no fraction in the metrics has these digits by chance. */
const LONG_ID = 100_007_100_007
const links = { publicUrl: 'https://orders.example.org', key: Buffer.alloc(32, 3) }

describe('customers', () => {
  let postgres: RunningPostgres
  let service: Service
  let receivers: Receivers
  let mail: MailChannel
  let sender: SenderOptions
  let metrics: CustomerMetrics
  let learner: Learner
  const lines: string[] = []
  const mails: Mail[] = []

  beforeAll(async () => {
    postgres = await startPostgres()
    receivers = await startReceivers({ onMail: (each) => void mails.push(each) })
    const config = {
      databaseUrl: postgres.url,
      brokerUrl: 'amqp://127.0.0.1',
      host: '127.0.0.1',
      port: 0,
      databaseConnections: 5,
      otlpEndpoint: undefined,
      logLevel: 'trace'
    }
    service = createService('orders-customers', config, { logTo: { write: (line) => void lines.push(line) } })
    const { pool, registry, log, app } = service
    await migrate(pool, TIMERS, TIMER_STEPS)
    await migrate(pool, NOTICES, NOTICE_STEPS)
    await migrate(pool, CUSTOMERS, CUSTOMER_STEPS)
    metrics = new CustomerMetrics(registry)
    learner = new Learner(pool, metrics)
    customerRoutes(app, { pool, key: links.key, metrics, tracing: service.tracing })
    mail = mailChannel({ smtpUrl: `smtp://${receivers.smarthost}`, from: 'orders@example.org' })
    sender = {
      pool,
      log,
      sender: 'customers',
      channels: [contactChannel(mail, pool)],
      render: ([notice]) => render(notice ?? { template: '', data: {} }, links),
      metrics: noticeMetrics({ registry, pool, log, sender: 'customers', channels: ['email'] }),
      leaseSeconds: 240
    }
    await history()
  }, 240_000)
  beforeEach(async () => {
    mails.length = 0
    await at(0)
    await service.pool.query('TRUNCATE notices.message, notices.notice, customers.contact')
    await service.pool.query('DELETE FROM customers.order WHERE order_id >= 100000')
    await service.pool.query(
      `INSERT INTO customers.contact (customer_ref, email, language) VALUES ('C-1', $1, 'ru'), ('C-2', 'two@example.org', 'en')`,
      [SECRET]
    )
  })
  afterAll(async () => {
    mail.close()
    await service.close()
    await receivers.stop()
    await postgres.stop()
  })

  /** Four hundred orders that took ten to fourteen days from their approval, a fifth of it in each state. */
  async function history(): Promise<void> {
    const past = Array.from({ length: 400 }, (_, i) => {
      const made = START - 200 * DAY
      const fifth = ((10 + (i % 5)) * DAY) / 5
      const entered = [0, 1, 2, 3, DAY, ...[1, 2, 3, 4, 5].map((n) => DAY + n * fifth)].map(
        (each) => made + each
      )
      return {
        passage: { orderId: i + 1, size: 'small' as const, entered },
        customerRef: 'C-1',
        orderNumber: `A-${i}`
      }
    })
    await at(0)
    await putPast(service.pool, past)
    expect(await learner.learn()).toBe(400)
  }
  const at = (hours: number) => setClock(service.pool, { now: new Date(START + hours * HOUR), rate: 1e-9 })
  const promising = () => ({ model: learner.model, metrics, lookSeconds: 60 })
  let version = 0
  const enters = (orderId: number, status: OrderState, hours: number) =>
    transaction(service.pool, (client) =>
      customersConsumer(promising()).handle(
        {
          id: crypto.randomUUID(),
          source: 'mes',
          kind: 'status',
          orderId,
          version: ++version,
          occurredAt: new Date(START + hours * HOUR).toISOString(),
          status,
          order: {}
        },
        client
      )
    )
  /** Approved at the start, of a customer who is known. */
  async function order(orderId: number, customerRef: string): Promise<void> {
    await enters(orderId, 'MANUFACTURING_APPROVED', 0)
    await service.pool.query(
      `UPDATE customers.order SET asked = true, size = 'small', customer_ref = $2, order_number = $3 WHERE order_id = $1`,
      [orderId, customerRef, `A-${orderId}`]
    )
    await lookAround(service.pool, promising())
  }
  /** Hour by hour; what is due is sent. */
  async function pass(from: number, to: number): Promise<void> {
    for (let hour = from; hour <= to; hour += 2) {
      await at(hour)
      await lookAround(service.pool, promising())
      await sendOnce(sender)
    }
  }
  const promiseOf = async (id: number) =>
    (await service.app.inject(`/api/promises/${id}`)).json<{ date: string | null }>()

  it('have a promise from the approval on, of the share of orders that it is made for', async () => {
    await order(100_001, 'C-1')
    // Four in five took thirteen days at most, to the end of the day.
    expect(await promiseOf(100_001)).toEqual({ orderId: 100_001, date: '2026-11-15', timesMoved: 0 })
    expect((await service.app.inject('/api/promises/99')).statusCode).toBe(404)
  })

  it('hear nothing of an order that goes its way', async () => {
    await order(100_002, 'C-2')
    const states: OrderState[] = [
      'MANUFACTURING_STARTED',
      'MANUFACTURING_COMPLETED',
      'PACKAGING',
      'SHIPPED',
      'CLOSED'
    ]
    for (const [i, state] of states.entries()) {
      await pass(i * 58, (i + 1) * 58)
      await enters(100_002, state, (i + 1) * 58)
    }
    expect(mails).toEqual([])
    expect(await service.registry.metrics()).toMatch(/promises_ended_total\{[^}]*result="kept"[^}]*\} 1/)
  }, 120_000)

  it('hear once of a delay, in their language, with a way to unsubscribe, and not at night', async () => {
    await order(100_003, 'C-2')
    await pass(2, 8 * 24)
    expect(mails).toHaveLength(1)
    const [{ to, text } = { to: [], text: '' }] = mails
    expect(to).toEqual(['two@example.org'])
    expect(text).toMatch(/^Subject: Your order A-100003 needs more time/m)
    expect(text).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m)
    expect(text).toMatch(/^Auto-Submitted: auto-generated/m)
    const { rows } = await service.pool.query<{ hour: number }>(
      `SELECT extract(hour FROM not_before AT TIME ZONE 'Europe/Moscow')::int AS hour FROM notices.message`
    )
    expect(rows.every(({ hour }) => hour >= 8 && hour < 22)).toBe(true)
    await pass(8 * 24, 10 * 24)
    expect(mails).toHaveLength(1)
  }, 120_000)

  it('hear of a new date when there is one again', async () => {
    await order(100_004, 'C-1')
    await pass(2, 6 * 24)
    await enters(100_004, 'MANUFACTURING_STARTED', 6 * 24)
    await pass(6 * 24, 9 * 24)
    const { rows } = await service.pool.query(
      'SELECT kind, reason, outcome FROM customers.telling WHERE order_id = 100004 ORDER BY number'
    )
    expect(rows).toEqual([
      { kind: 'NoDate', reason: 'Queue', outcome: 'queued' },
      { kind: 'Later', reason: 'Queue', outcome: 'queued' }
    ])
    expect(mails).toHaveLength(2)
  }, 120_000)

  it('are not told of an order that was closed while a message waited for the morning', async () => {
    await order(100_005, 'C-2')
    const waits = async () =>
      (await service.pool.query(`SELECT FROM notices.message WHERE state = 'waiting'`)).rowCount ?? 0
    for (let hour = 2; (await waits()) === 0 && hour < 300; hour++) {
      await at(hour)
      await lookAround(service.pool, promising())
    }
    expect(await waits()).toBe(1)
    await enters(100_005, 'CLOSED', 300)
    await at(400)
    await sendOnce(sender)
    expect(mails).toEqual([])
  }, 60_000)

  it('are not told when they unsubscribed, by one click and not by a look', async () => {
    await order(100_006, 'C-2')
    const { unsubscribe } = linksFor(links, 'C-2')
    const url = new URL(unsubscribe).pathname
    expect((await service.app.inject({ method: 'GET', url })).body).toContain('method="post"')
    const way = async () =>
      (
        await service.pool.query<{ way: string }>(
          `SELECT way FROM customers.contact WHERE customer_ref = 'C-2'`
        )
      ).rows[0]?.way
    expect(await way()).toBe('email')
    const click = await service.app.inject({
      method: 'POST',
      url,
      payload: 'List-Unsubscribe=One-Click',
      headers: { 'content-type': 'application/x-www-form-urlencoded' }
    })
    expect([click.statusCode, await way()]).toEqual([200, 'none'])
    await pass(2, 8 * 24)
    expect(mails).toEqual([])
    expect((await service.app.inject({ method: 'POST', url: '/unsubscribe/abc' })).statusCode).toBe(404)
  }, 60_000)

  it('choose language, way and quiet hours, and are told what is wrong with a choice', async () => {
    const url = new URL(linksFor(links, 'C-2').preferences).pathname
    const change = (payload: object) => service.app.inject({ method: 'PATCH', url, payload })
    expect((await change({ language: 'ru', quietFrom: '20:00' })).json()).toMatchObject({
      language: 'ru',
      quietFrom: '20:00'
    })
    expect((await service.app.inject({ method: 'GET', url })).json()).toEqual({
      language: 'ru',
      way: 'email',
      timeZone: 'Europe/Moscow',
      quietFrom: '20:00',
      quietTo: '08:00'
    })
    const wrong = await change({ timeZone: 'Moscow' })
    expect([wrong.statusCode, wrong.json<{ message: string }>().message]).toEqual([
      422,
      'timeZone: give a name of the IANA database, such as Europe/Moscow'
    ])
  })

  it('are named in no line, no metric and no table but the contact book', async () => {
    await order(LONG_ID, 'C-1')
    await pass(2, 8 * 24)
    expect(mails.map(({ to }) => to)).toEqual([[SECRET]])
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('')).not.toMatch(/ada\.|lovelace/i)
    expect(await service.registry.metrics()).not.toMatch(new RegExp(`lovelace|C-1|${LONG_ID}`))
    const tables = ['notices.message', 'notices.notice', 'customers.order', 'customers.telling']
    for (const table of tables) {
      const { rows } = await service.pool.query<{ row: string }>(`SELECT t::text AS row FROM ${table} AS t`)
      expect(rows.filter(({ row }) => row.includes('lovelace'))).toEqual([])
    }
  }, 60_000)
})

describe('the customers’ service', () => {
  it('reads the past of the MES, promises by events from the broker, and asks the MES for what they lack', async () => {
    const postgres = await startPostgres()
    const rabbitmq = await startRabbitmq()
    const databaseUrl = postgres.url
    await seedDatabase({ ...SEED_DEFAULTS, databaseUrl, orders: 4000, progress: () => undefined })
    const mes = createMesApi({
      databaseUrl,
      databaseConnections: 4,
      otlpEndpoint: undefined,
      logLevel: 'silent'
    })
    const mesUrl = await mes.app.listen({ host: '127.0.0.1', port: 0 })
    const service = createService('orders-customers', {
      ...{ databaseUrl, brokerUrl: rabbitmq.url, host: '127.0.0.1', port: 0 },
      ...{ databaseConnections: 8, otlpEndpoint: undefined, logLevel: 'silent' }
    })
    const broker = await connect(rabbitmq.url)
    try {
      const begin = customersService(service, {
        links,
        mesUrl,
        historyUrl: databaseUrl,
        smtpUrl: 'smtp://127.0.0.1:9',
        mailFrom: 'orders@example.org',
        exampleContacts: 10
      })
      await begin()
      const { rows } = await service.pool.query<{ read: number; made: number }>(
        'SELECT (SELECT count(*) FROM customers.order) AS read, (SELECT count(*) FROM mes.orders) AS made'
      )
      expect(rows[0]?.read).toBe(rows[0]?.made)
      expect(await service.registry.metrics()).toMatch(/promises_model_orders\{[^}]*\} [1-9]\d\d/)
      const id = 1_000_001
      const made = new Date()
      await service.pool.query(
        `INSERT INTO mes.orders VALUES ($1, 'A-1000001', 'SHOP', 'C-00007', 1, 1, now(), now())`,
        [id]
      )
      await service.pool.query(
        `INSERT INTO mes.order_status_history (order_id, status, changed_at) VALUES ($1, 'MANUFACTURING_APPROVED', now())`,
        [id]
      )
      const event = {
        ...{ id: crypto.randomUUID(), source: 'mes', kind: 'created', orderId: id, version: 1 },
        ...{ occurredAt: made.toISOString(), status: 'MANUFACTURING_APPROVED', order: {} }
      }
      const channel = await broker.createConfirmChannel()
      // The service makes it too, when it has reached the broker: not before it is ready.
      await assertExchange(channel)
      await waitUntil(async () => (await service.app.inject('/readyz')).statusCode === 200, { what: 'ready' })
      await waitUntil(
        async () => {
          channel.publish('orders', `order.${id}.created`, Buffer.from(JSON.stringify(event)), {
            messageId: event.id,
            contentType: 'application/json'
          })
          await channel.waitForConfirms()
          return (await service.app.inject(`/api/promises/${id}`)).statusCode === 200
        },
        { what: 'a promise', timeoutMs: 90_000, everyMs: 500 }
      )
      const asked = await service.pool.query(
        'SELECT order_number, customer_ref, size FROM customers.order WHERE order_id = $1',
        [id]
      )
      expect(asked.rows).toEqual([{ order_number: 'A-1000001', customer_ref: 'C-00007', size: 'unknown' }])
      const { date } = (await service.app.inject(`/api/promises/${id}`)).json<{ date: string }>()
      const days = (Date.parse(date) - made.getTime()) / DAY
      expect(days).toBeGreaterThan(10)
      expect(days).toBeLessThan(40)
    } finally {
      await broker.close()
      await service.close()
      await mes.app.close()
      await rabbitmq.stop()
      await postgres.stop()
    }
  }, 240_000)
})
