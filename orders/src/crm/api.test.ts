/** The read model over HTTP, and the CRM's role at a real PostgreSQL. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { CrmDatabase, metricsOfTest, order, SILENT, startCrmDatabase } from '../../test/crm.ts'
import { installOutbox } from '../outbox/install.ts'
import { createPool } from '../service/database.ts'
import { createService } from '../service/service.ts'
import type { Service } from '../service/service.ts'
import { makeRoles, revoke } from './admin.ts'
import { crmRoutes } from './api.ts'
import type { MigrationStatus } from './api.ts'
import { Lag } from './lag.ts'
import { legacySessions } from './meter.ts'
import { shopSource } from './shop-source.ts'
import { takeSnapshot } from './snapshot.ts'
import { Reconciler } from './reconcile.ts'

const NEVER = new AbortController().signal
const TOKENS = { token: 'of-the-crm', adminToken: 'of-the-lead' }

let database: CrmDatabase
let service: Service
let lag: Lag

beforeAll(async () => {
  database = await startCrmDatabase()
  const config = {
    databaseUrl: database.url,
    brokerUrl: 'amqp://127.0.0.1:1',
    host: '127.0.0.1',
    port: 0,
    databaseConnections: 5,
    otlpEndpoint: undefined,
    logLevel: 'silent'
  }
  service = createService('crm-read-model', config)
  const source = database.reader()
  lag = new Lag({ source, model: database.pool, consumer: 'crm', onBroker: () => Promise.resolve(0) })
  const { app, pool, tracing } = service
  const metrics = metricsOfTest()
  crmRoutes({
    app,
    pool,
    shop: database.pool,
    source,
    tracing,
    metrics,
    lag,
    ...TOKENS,
    limits: { comparedReads: 3 }
  })
})
afterAll(async () => {
  await service.close()
  await database.stop()
})
beforeEach(() => database.clear())

async function call<T>(
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  { token = TOKENS.adminToken, body }: { token?: string; body?: object } = {}
) {
  const headers = { authorization: `Bearer ${token}` }
  const response = await service.app.inject({ method, url, headers, ...(body && { payload: body }) })
  return { status: response.statusCode, body: response.json<T>() }
}

const step = (to: string) =>
  call<{ step: string; message: string }>('POST', '/v1/migration', { body: { to } })
const crmSays = (at: string, compared = 0, different = 0, id = 'crm-1') =>
  call<{ step: string }>('PUT', `/v1/migration/instances/${id}`, {
    token: TOKENS.token,
    body: { step: at, compared, different }
  })
const snapshot = () =>
  takeSnapshot({ pool: database.pool, source: database.reader(), log: SILENT, pauseMs: 1 }, NEVER)

describe('orders', () => {
  it('are shown by customer, the newest first, and without what is nobody’s business', async () => {
    await database.deliver(order(1, 3, { customerId: 7 }), order(2, 1, { customerId: 7 }), order(3, 1))
    const { version: _, ...shown } = order(2, 1, { customerId: 7 })
    const { body } = await call<{ orders: unknown[] }>('GET', '/v1/customers/7/orders', {
      token: TOKENS.token
    })
    expect(body.orders).toEqual([shown, expect.objectContaining({ id: 1 })])
    expect(await call('GET', '/v1/orders/2', { token: TOKENS.token })).toEqual({ status: 200, body: shown })
  })

  it('are fetched from the shop when somebody has just changed them, and never go back', async () => {
    await database.put(order(5, 2))
    expect(await call('GET', '/v1/orders/5')).toMatchObject({
      status: 404,
      body: { error: 'order_not_found' }
    })
    expect(await call('POST', '/v1/orders/5/refresh')).toMatchObject({ status: 200, body: { quantity: 3 } })
    await database.deliver(order(5, 9))
    expect(await call('POST', '/v1/orders/5/refresh')).toMatchObject({ status: 200, body: { quantity: 10 } })
    expect(await call('POST', '/v1/orders/6/refresh')).toMatchObject({ status: 404 })
  })

  it('are shown to nobody without the token, and steps are taken with that of the lead only', async () => {
    expect(await call('GET', '/v1/orders/5', { token: 'of-somebody' })).toMatchObject({ status: 401 })
    const asCrm = { token: TOKENS.token, body: { to: 'shadow' } }
    expect(await call('POST', '/v1/migration', asCrm)).toMatchObject({ status: 401 })
    expect(await call('GET', '/v1/orders/none')).toMatchObject({ status: 400 })
  })
})

describe('the steps', () => {
  it('are taken when nothing stands in their way, and the CRM hears of it when it asks', async () => {
    await database.put(order(1, 1), order(2, 0))
    expect(await crmSays('legacy')).toEqual({ status: 200, body: { step: 'legacy' } })
    expect(await step('shadow')).toMatchObject({
      status: 409,
      body: { error: 'step_refused', message: 'The snapshot is not complete; wait until it is.' }
    })
    await snapshot()
    expect(await step('shadow')).toMatchObject({ status: 200 })
    expect(await crmSays('legacy')).toMatchObject({ body: { step: 'shadow' } })
    expect((await step('cut-over')).body.message.split('\n')).toEqual([
      'The read model is of unknown age; 5 s at most.',
      'No pass of the reconciliation has ended yet; wait for one.',
      'crm-1: not in step shadow yet.',
      '0 answer(s) have been compared; wait for 3.'
    ])
    const quick = { settleMs: 1, pauseMs: 1, patienceMs: 1, underWay: () => Promise.resolve(false) }
    const source = database.reader()
    await new Reconciler({
      pool: database.pool,
      source,
      metrics: metricsOfTest(),
      log: SILENT,
      ...quick
    }).pass(NEVER)
    await lag.look()
    await crmSays('shadow', 3)
    expect(await step('cut-over')).toMatchObject({ status: 200 })
    const { body } = await call<MigrationStatus>('GET', '/v1/migration')
    expect(body).toMatchObject({
      step: 'cut-over',
      snapshot: { state: 'Complete', copied: 2 },
      next: { step: 'revoked', reasons: ['crm-1: not in step cut-over yet.'] }
    })
    expect(await step('legacy')).toMatchObject({ status: 200 })
    expect(await crmSays('cut-over')).toMatchObject({ body: { step: 'legacy' } })
  })

  it('are refused by name when they are unknown', async () => {
    expect(await step('tomorrow')).toMatchObject({ status: 400 })
  })
})

describe('the role of the CRM', () => {
  const as = (role: string, password: string): string => {
    const url = new URL(database.url)
    url.username = role
    url.password = password
    return url.href
  }
  const passwords = { legacy: "it's old", reader: 'read-only' }

  beforeAll(async () => {
    await database.pool.query(`CREATE SCHEMA shop;
CREATE TABLE shop.orders (id bigint, customer_id integer, item_id integer, material_id integer, status text,
  created_at timestamptz, quantity integer);
INSERT INTO shop.orders VALUES (1, 7, 3, 2, 'SUBMITTED', now(), 1)`)
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await installOutbox(client, 'shop')
    await client.end()
  })

  it('may do what the CRM did and no more, is counted, and is gone at once when it is revoked', async () => {
    await makeRoles(database.url, passwords)
    await makeRoles(database.url, passwords)
    const url = as('crm_legacy', passwords.legacy)
    const old = new pg.Client({ connectionString: url, application_name: 'crm-api' })
    const ended = new Promise<string>((resolve) => old.on('error', (error) => resolve(error.message)))
    await old.connect()
    await old.query("UPDATE shop.orders SET status = 'CLOSED' WHERE id = 1")
    expect((await old.query('SELECT status FROM shop.orders')).rows).toEqual([{ status: 'CLOSED' }])
    for (const forbidden of [
      'SELECT item_id FROM shop.orders',
      'UPDATE shop.orders SET quantity = 2',
      'DELETE FROM shop.orders',
      'SELECT * FROM crm.orders'
    ])
      await expect(old.query(forbidden)).rejects.toMatchObject({ code: '42501' })
    expect(await legacySessions(database.pool)).toEqual([{ application: 'crm-api', sessions: 1 }])
    expect(await revoke(database.url)).toBe(1)
    expect(await ended).toBe('terminating connection due to administrator command')
    await expect(new pg.Client({ connectionString: url }).connect()).rejects.toThrow(
      /not permitted to log in/
    )
    expect(await legacySessions(database.pool)).toEqual([])
    expect(await revoke(database.url)).toBe(0)
    await expect(makeRoles(database.url, passwords)).rejects.toThrow(/crm_legacy was revoked/)
  })

  it('of the read model reads and cannot write', async () => {
    const client = new pg.Client({ connectionString: as('crm_reader', passwords.reader) })
    await client.connect()
    const pool = createPool({
      url: as('crm_reader', passwords.reader),
      connections: 1,
      name: 'reader',
      log: SILENT
    })
    const source = shopSource(pool)
    expect(await source.page(0, 10)).toMatchObject([{ id: 1, customerId: 7, status: 'CLOSED', version: 1 }])
    expect(await source.orders([1, 2])).toHaveLength(1)
    expect(await source.backlog()).toMatchObject({ events: 1 })
    await pool.end()
    await expect(client.query("UPDATE shop.orders SET status = 'CLOSED'")).rejects.toMatchObject({
      code: '25006'
    })
    expect(await legacySessions(database.pool)).toEqual([])
    await client.end()
  })
})
