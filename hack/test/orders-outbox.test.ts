/** The outbox in the databases of the example company, and the relay: the applications know of neither. */
import { CONSTRAINTS, TABLES } from '@alexandrite/examples/data/schema'
import { createMesApi } from '@alexandrite/examples/mes/api'
import { startPostgres, startRabbitmq } from '@alexandrite/hack/services'
import type { RunningPostgres, RunningRabbitmq } from '@alexandrite/hack/services'
import { waitUntil } from '@alexandrite/hack/run'
import {
  installOutbox,
  outboxStatus,
  removeOutbox,
  startRelay,
  Tracing,
  createLog,
  createPool
} from '@alexandrite/orders'
import type { OrderEvent, RunningRelay } from '@alexandrite/orders'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { connect } from 'amqplib'
import type { ChannelModel } from 'amqplib'
import pg from 'pg'
import { Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'

let postgres: RunningPostgres
let broker: RunningRabbitmq
let client: pg.Client
let pool: pg.Pool
const tracing = new Tracing('test', undefined)
const log = createLog('test', { level: 'silent', tracing })
const relays: RunningRelay[] = []

beforeAll(async () => {
  ;[postgres, broker] = await Promise.all([startPostgres(), startRabbitmq()])
  client = new pg.Client(postgres.url)
  await client.connect()
  await client.query(TABLES)
  for (const constraint of CONSTRAINTS) await client.query(constraint)
  await client.query(`INSERT INTO mes.materials VALUES (1, 'AG925', 'Silver', 90);
INSERT INTO mes.operators VALUES (1, 'Operator', 'day');
INSERT INTO shop.materials VALUES (1, 'AG925', 'Silver');
INSERT INTO shop.customers VALUES (1, 'session-00001')`)
  pool = createPool({ url: postgres.url, connections: 6, name: 'test', log })
}, 600_000)
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.close()))
})
afterAll(async () => {
  await client.end()
  await pool.end()
  await broker.stop()
  await postgres.stop()
})

function relay(source: 'mes' | 'shop'): RunningRelay {
  const registry = new Registry<OpenMetricsContentType>()
  const running = startRelay({
    source,
    pool,
    url: broker.url,
    log,
    tracing,
    registry
  })
  relays.push(running)
  return running
}

interface Heard {
  readonly events: OrderEvent[]
  readonly headers: Record<string, unknown>[]
  close(): Promise<void>
}

async function hear(): Promise<Heard> {
  const model: ChannelModel = await connect(broker.url)
  model.on('error', () => undefined)
  const channel = await model.createChannel()
  channel.on('error', () => undefined)
  await channel.assertExchange('orders', 'topic', { durable: true })
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, 'orders', 'order.#')
  const events: OrderEvent[] = []
  const headers: Record<string, unknown>[] = []
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return
      events.push(JSON.parse(message.content.toString()) as OrderEvent)
      headers.push(message.properties.headers ?? {})
    },
    { noAck: true }
  )
  return { events, headers, close: () => model.close() }
}

const shopOrder = async (): Promise<number> => {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO shop.orders (customer_id, material_id, quantity, status, created_at) VALUES (1, 1, 1, 'INITIATED', now()) RETURNING id`
  )
  return Number(rows[0]?.id)
}

const mesOrder = async (): Promise<number> => {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO mes.orders (number, source, customer_ref, material_id, quantity, due_at, created_at)
VALUES ('B-' || gen_random_uuid(), 'SHOP', 'Anna', 1, 2, now(), now()) RETURNING id`
  )
  return Number(rows[0]?.id)
}

const blocked = async (): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM pg_locks WHERE NOT granted'
  )
  return rows[0]?.count ?? 0
}

const waiting = async (source: string) =>
  (
    await client.query<{ kind: string; status: string; order: object }>(
      `SELECT kind, status, "order" FROM orders_outbox_${source}.event ORDER BY seq`
    )
  ).rows

const quiet = (source: 'mes' | 'shop') =>
  waitUntil(async () => (await outboxStatus(client, source)).backlog === 0, {
    what: 'the outbox is empty',
    timeoutMs: 60_000
  })

describe('the outbox', () => {
  test('is installed as often as one likes, and takes what the MES commits', async () => {
    const old = await client.query<{ id: string }>(
      `INSERT INTO mes.orders (number, source, customer_ref, material_id, quantity, due_at, created_at) VALUES ('A-1', 'SHOP', 'Anna', 1, 2, now(), now()) RETURNING id`
    )
    const oldId = Number(old.rows[0]?.id)
    await client.query(
      `INSERT INTO mes.order_status_history (order_id, status, changed_at) VALUES ($1, 'SUBMITTED', now())`,
      [oldId]
    )
    await installOutbox(client, 'mes')
    const status = await installOutbox(client, 'mes')
    expect(status.triggers.every(({ installed }) => installed)).toBe(true)
    await client.query(
      `INSERT INTO mes.order_status_history (order_id, status, changed_at) VALUES ($1, 'PRICE_CALCULATED', now())`,
      [oldId]
    )
    const { app } = createMesApi({
      databaseUrl: postgres.url,
      databaseConnections: 2,
      otlpEndpoint: undefined,
      logLevel: 'silent'
    })
    const payload = {
      customerRef: 'Anna',
      materialId: 1,
      quantity: 3,
      files: [{ name: 'ring.stl', sizeBytes: 10, polygons: 4 }]
    }
    const answer = await app.inject({ method: 'POST', url: '/api/orders', payload })
    expect(answer.statusCode).toBe(201)
    await app.close()
    const rows = await waiting('mes')
    expect(rows.map(({ kind, status }) => [kind, status])).toEqual([
      ['status', 'PRICE_CALCULATED'],
      ['created', 'INITIATED'],
      ['status', 'INITIATED'],
      ['status', 'FILE_UPLOADED'],
      ['status', 'SUBMITTED']
    ])
    expect(JSON.stringify(rows)).not.toContain('Anna')
    expect(rows[0]?.order).toMatchObject({ quantity: 2, source: 'SHOP', operator_id: null })
  }, 60_000)

  test('a change that is rolled back leaves neither an event nor a gap', async () => {
    await installOutbox(client, 'shop')
    const id = await shopOrder()
    await client.query('BEGIN')
    await client.query(`UPDATE shop.orders SET status = 'CLOSED' WHERE id = $1`, [id])
    await client.query('ROLLBACK')
    await client.query(`UPDATE shop.orders SET status = 'FILE_UPLOADED' WHERE id = $1`, [id])
    await client.query(`UPDATE shop.orders SET quantity = 2 WHERE id = $1`, [id])
    await client.query(`UPDATE shop.orders SET quantity = 2 WHERE id = $1`, [id])
    expect((await waiting('shop')).map(({ kind, status }) => [kind, status])).toEqual([
      ['created', 'INITIATED'],
      ['status', 'FILE_UPLOADED'],
      ['changed', 'FILE_UPLOADED']
    ])
  })

  test('keeps changes of an order that two sessions of the MES make in the order of their commits', async () => {
    const id = await mesOrder()
    const other = new pg.Client(postgres.url)
    await other.connect()
    const enter = (by: pg.Client, status: string) =>
      by.query(`INSERT INTO mes.order_status_history (order_id, status, changed_at) VALUES ($1, $2, now())`, [
        id,
        status
      ])
    await client.query('BEGIN')
    await enter(client, 'FILE_UPLOADED')
    let entered = false
    const second = enter(other, 'SUBMITTED').then(() => (entered = true))
    await waitUntil(async () => (await blocked()) > 0, { what: 'the second waits for the first' })
    expect(entered).toBe(false)
    await client.query('COMMIT')
    await second
    await other.end()
    expect((await waiting('mes')).slice(-3).map(({ status }) => status)).toEqual([
      'INITIATED',
      'FILE_UPLOADED',
      'SUBMITTED'
    ])
  }, 60_000)

  test('is not put in by a role that may not lock the orders, nor over one of another shape', async () => {
    await client.query(`CREATE ROLE weak; GRANT USAGE ON SCHEMA mes TO weak; SET ROLE weak`)
    await expect(installOutbox(client, 'mes')).rejects.toThrow(
      'may not lock the rows of mes.orders: install as their owner, or GRANT UPDATE'
    )
    await client.query('RESET ROLE')
    await client.query('BEGIN; ALTER TABLE orders_outbox_mes.event ADD COLUMN version integer')
    await expect(installOutbox(client, 'mes')).rejects.toThrow(
      'alexandrite orders outbox remove --source mes'
    )
    await client.query('ROLLBACK')
  })

  test('says what is wrong when it is asked of a database that is not the source’s', async () => {
    await client.query('CREATE DATABASE empty')
    const other = new pg.Client(postgres.url.replace(/\/postgres$/, '/empty'))
    await other.connect()
    await expect(installOutbox(other, 'mes')).rejects.toThrow('has no table mes.orders')
    await other.end()
  })

  test('is removed only when nothing waits; an outbox installed again goes on with the versions', async () => {
    await expect(removeOutbox(client, 'shop', { what: 'ButVersions', unpublished: 'Keep' })).rejects.toThrow(
      '3 events of shop wait for the relay'
    )
    await removeOutbox(client, 'shop', { what: 'ButVersions', unpublished: 'Drop' })
    const id = Number(
      (await client.query<{ id: string }>('SELECT max(id) AS id FROM shop.orders')).rows[0]?.id
    )
    await client.query(`UPDATE shop.orders SET quantity = 4 WHERE id = $1`, [id])
    await installOutbox(client, 'shop')
    await client.query(`UPDATE shop.orders SET quantity = 5 WHERE id = $1`, [id])
    const heard = await hear()
    const running = relay('shop')
    await waitUntil(() => heard.events.length > 0, { what: 'an event', timeoutMs: 30_000 })
    expect(heard.events.map(({ orderId, version }) => [orderId, version])).toEqual([[id, 4]])
    await quiet('shop')
    await running.close()
    await heard.close()
    await removeOutbox(client, 'shop', { what: 'Everything', unpublished: 'Drop' })
    const { rows } = await client.query(`SELECT FROM pg_namespace WHERE nspname = 'orders_outbox_shop'`)
    expect(rows).toHaveLength(0)
    await installOutbox(client, 'shop')
  }, 60_000)
})

describe('the relay', () => {
  test('counts the events of an order, and says what each followed', async () => {
    const heard = await hear()
    const backlog = (await waiting('mes')).length
    relay('mes')
    await waitUntil(() => heard.events.length >= backlog, { what: 'all events', timeoutMs: 30_000 })
    const told = new Map<number, unknown[]>()
    for (const { orderId, version, kind, status, previousStatus } of heard.events)
      told.set(orderId, [...(told.get(orderId) ?? []), [version, kind, status, previousStatus]])
    expect([...told.keys()].sort((a, b) => a - b).map((id) => told.get(id))).toEqual([
      [[1, 'status', 'PRICE_CALCULATED', 'SUBMITTED']],
      [
        [1, 'created', 'INITIATED', undefined],
        [2, 'status', 'INITIATED', undefined],
        [3, 'status', 'FILE_UPLOADED', 'INITIATED'],
        [4, 'status', 'SUBMITTED', 'FILE_UPLOADED']
      ],
      [
        [1, 'created', 'INITIATED', undefined],
        [2, 'status', 'FILE_UPLOADED', 'INITIATED'],
        [3, 'status', 'SUBMITTED', 'FILE_UPLOADED']
      ]
    ])
    await heard.close()
  }, 60_000)

  test('three of them publish each event once, those of an order in order', async () => {
    const heard = await hear()
    for (const _ of [1, 2, 3]) relay('shop')
    const ids: number[] = []
    for (let index = 0; index < 20; index++) ids.push(await shopOrder())
    for (const status of ['FILE_UPLOADED', 'SUBMITTED', 'PRICE_CALCULATED'])
      await client.query('UPDATE shop.orders SET status = $2 WHERE id = ANY ($1)', [ids, status])
    await quiet('shop')
    await waitUntil(() => heard.events.length >= 80, { what: 'all events', timeoutMs: 30_000 })
    for (const id of ids)
      expect(heard.events.filter(({ orderId }) => orderId === id).map(({ version }) => version)).toEqual([
        1, 2, 3, 4
      ])
    expect(heard.events).toHaveLength(80)
    expect(
      heard.headers.every(
        (headers, index) => 'previous-at' in headers === (heard.events[index]?.version !== 1)
      )
    ).toBe(true)
    await heard.close()
  }, 60_000)

  test('a broker that is away stops no write; what was written meanwhile is published when it is back', async () => {
    const one = relay('shop')
    await waitUntil(() => one.connected(), { what: 'the relay is connected', timeoutMs: 30_000 })
    const before = await connect(broker.url)
    before.on('error', () => undefined)
    const channel = await before.createChannel()
    channel.on('error', () => undefined)
    await channel.assertQueue('kept', { durable: true })
    await channel.bindQueue('kept', 'orders', 'order.#')
    await broker.kill()
    const ids: number[] = []
    for (let index = 0; index < 300; index++) ids.push(await shopOrder())
    expect((await outboxStatus(client, 'shop')).backlog).toBe(300)
    await broker.start()
    await quiet('shop')
    const after = await connect(broker.url)
    const { messageCount } = await (await after.createChannel()).checkQueue('kept')
    expect(messageCount).toBe(300)
    await after.close()
  }, 300_000)
})
