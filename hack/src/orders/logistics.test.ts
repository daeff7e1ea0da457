import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createCrmApi } from '@alexandrite/examples/crm/api'
import { createMesApi, seedDatabase, SEED_DEFAULTS } from '@alexandrite/examples'
import type { OrderEvent } from '@alexandrite/orders/events/event'
import { takeCall } from '@alexandrite/orders/logistics/calls'
import { closeDelivered } from '@alexandrite/orders/logistics/closer'
import { LogisticsMetrics } from '@alexandrite/orders/logistics/metrics'
import { OrdersApi } from '@alexandrite/orders/logistics/orders-api'
import { LOGISTICS, LOGISTICS_STEPS } from '@alexandrite/orders/logistics/schema'
import { logisticsConsumer, logisticsRoutes } from '@alexandrite/orders/logistics/service'
import { signatureOf, signingKey } from '@alexandrite/orders/logistics/signature'
import { transaction } from '@alexandrite/orders/service/database'
import { migrate } from '@alexandrite/orders/service/migrate'
import { createService } from '@alexandrite/orders/service/service'
import type { Service } from '@alexandrite/orders/service/service'
import { waitUntil } from '../run.ts'
import { startPostgres } from '../services.ts'
import type { RunningPostgres } from '../services.ts'

const KEY = signingKey('north', `whsec_${Buffer.alloc(32, 7).toString('base64')}`)
const SECRET = 'Ada Lovelace, Example Street 1'
/** So long that no fraction in the metrics has these digits by chance. */
const LONG_ID = 900_001_900_001
const MINUTE = 60_000

describe('logistics', () => {
  let postgres: RunningPostgres
  let service: Service
  let mes: ReturnType<typeof createMesApi>
  let crm: ReturnType<typeof createCrmApi>
  let metrics: LogisticsMetrics
  let api: OrdersApi
  let mesUrl: string
  const lines: string[] = []

  beforeAll(async () => {
    postgres = await startPostgres()
    const databaseUrl = postgres.url
    await seedDatabase({ ...SEED_DEFAULTS, databaseUrl, orders: 4000, progress: () => undefined })
    const quiet = { databaseUrl, databaseConnections: 5, otlpEndpoint: undefined, logLevel: 'silent' }
    mes = createMesApi(quiet)
    mesUrl = await mes.app.listen({ host: '127.0.0.1', port: 0 })
    crm = createCrmApi({ ...quiet, mesUrl, jaegerEndpoint: undefined })
    const crmUrl = await crm.app.listen({ host: '127.0.0.1', port: 0 })
    const config = { ...quiet, brokerUrl: 'amqp://127.0.0.1', host: '127.0.0.1', port: 0, logLevel: 'info' }
    service = createService('orders-logistics', config, { logTo: { write: (line) => void lines.push(line) } })
    const { pool, log, tracing, registry, app } = service
    await migrate(pool, LOGISTICS, LOGISTICS_STEPS)
    metrics = new LogisticsMetrics(registry, pool)
    api = new OrdersApi({ crmUrl, mesUrl, headers: () => ({ ...tracing.headers() }) })
    logisticsRoutes(app, { pool, keys: [KEY], api, metrics, log, tracing })
  }, 240_000)
  afterAll(async () => {
    await service.close()
    await crm.app.close()
    await mes.app.close()
    await postgres.stop()
  })

  const call = (id: string, body: object | string, sentAt = Math.floor(Date.now() / 1000)) => {
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    return service.app.inject({
      method: 'POST',
      url: '/api/logistics/calls',
      payload,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(sentAt),
        'webhook-signature': signatureOf(KEY, id, sentAt, payload)
      }
    })
  }
  const said = (type: string, orderId: number, ago = 0) => ({
    type,
    data: { orderId, occurredAt: new Date(Date.now() - ago).toISOString(), signedBy: SECRET }
  })
  const orderIn = async (state: string, source: string): Promise<number> => {
    const { rows } = await service.pool.query<{ id: number }>(
      `SELECT o.id FROM mes.orders AS o WHERE source = $2 AND o.id NOT IN (SELECT order_id FROM logistics.parcel)
         AND (SELECT max(status) FROM mes.order_status_history AS h WHERE h.order_id = o.id) = $1 LIMIT 1`,
      [state, source]
    )
    return rows[0]?.id ?? 0
  }
  const stateOf = async (id: number) =>
    (await mes.app.inject(`/api/orders/${id}`)).json<{ status: string }>().status
  const close = () => closeDelivered({ ...service, api, metrics, firstPauseSeconds: 0 })
  const metric = async (line: RegExp) => line.exec(await service.registry.metrics())?.[1]
  const event = (orderId: number, status: OrderEvent['status'], ago: number): OrderEvent => ({
    id: '00000000-0000-4000-8000-000000000000',
    source: 'mes',
    kind: 'status',
    orderId,
    version: 1,
    occurredAt: new Date(Date.now() - ago).toISOString(),
    status,
    order: {}
  })
  const hears = (orderId: number, status: OrderEvent['status'], ago = 0) =>
    transaction(service.pool, (client) =>
      logisticsConsumer(metrics).handle(event(orderId, status, ago), client)
    )

  it('measures from the hand-over to the acceptance, whichever it hears of first, and once', async () => {
    await hears(LONG_ID, 'PACKAGING', 90 * MINUTE)
    expect((await call('early', said('parcel.accepted', LONG_ID, 10 * MINUTE))).json()).toEqual({
      result: 'put'
    })
    await hears(LONG_ID, 'SHIPPED', 75 * MINUTE)
    await hears(LONG_ID, 'SHIPPED', 75 * MINUTE)
    expect(await metric(/^logistics_acceptance_lag_seconds_count\{[^}]*\} (\d+)/m)).toBe('1')
    expect(
      await metric(/^logistics_acceptance_lag_seconds_bucket\{[^}]*le="3600(?:\.0)?"[^}]*\} (\d+)/m)
    ).toBe('0')
    expect(
      await metric(/^logistics_acceptance_lag_seconds_bucket\{[^}]*le="14400(?:\.0)?"[^}]*\} (\d+)/m)
    ).toBe('1')
  })

  it('has the effect of a call once, also when it comes many times at once', async () => {
    await hears(900_002, 'SHIPPED', MINUTE)
    const body = said('parcel.accepted', 900_002)
    const results = await Promise.all(
      Array.from({ length: 8 }, async () => (await call('many', body)).json<{ result: string }>().result)
    )
    expect(results.sort()).toEqual(['put', ...new Array<string>(7).fill('repeated')])
  })

  it('shows what waits, the oldest first, and names no person', async () => {
    await hears(900_010, 'SHIPPED', 30 * MINUTE)
    await hears(900_011, 'SHIPPED', 50 * MINUTE)
    const shown = (await service.app.inject('/api/logistics/waiting')).json<{ pieces: object[] }>()
    expect(shown).toMatchObject({ waiting: 2, pieces: [{ orderId: 900_011 }, { orderId: 900_010 }] })
    expect(shown.pieces.map((piece) => Object.keys(piece))).toEqual(
      shown.pieces.map(() => ['orderId', 'handedAt', 'waitingSeconds'])
    )
    const oldest = Number(await metric(/^logistics_waiting_acceptance_oldest_seconds\{[^}]*\} ([\d.]+)/m))
    expect(oldest).toBeGreaterThanOrEqual(50 * 60)
    await call('one', said('parcel.accepted', 900_011))
    await call('two', said('parcel.delivered', 900_010))
    expect(await metric(/^logistics_waiting_acceptance\{[^}]*\} (\d+)/m)).toBe('0')
  })

  it('knows a shipped order that no event told of: the MES does', async () => {
    const id = await orderIn('SHIPPED', 'SHOP')
    expect((await call('old', said('parcel.accepted', id))).statusCode).toBe(200)
    expect(await metric(/^logistics_acceptance_lag_seconds_count\{[^}]*\} (\d+)/m)).toBeDefined()
  })

  it('closes what was delivered through the CRM, and a B2B client’s order through the MES', async () => {
    const ids = [await orderIn('SHIPPED', 'SHOP'), await orderIn('SHIPPED', 'B2B')]
    for (const id of ids) await call(`delivered-${id}`, said('parcel.delivered', id))
    await close()
    expect(await Promise.all(ids.map(stateOf))).toEqual(['CLOSED', 'CLOSED'])
    for (const id of ids)
      await service.pool.query(
        'UPDATE logistics.parcel SET close_after = now(), closed_at = NULL WHERE order_id = $1',
        [id]
      )
    await close()
    const { rowCount } = await service.pool.query(
      'SELECT FROM logistics.parcel WHERE close_after IS NOT NULL AND order_id = ANY($1)',
      [ids]
    )
    expect(rowCount).toBe(0)
  })

  it('closes the others while one order’s closing is not answered', async () => {
    const ids = [await orderIn('SHIPPED', 'B2B')]
    await call('silent', said('parcel.delivered', ids[0] ?? 0))
    ids.push(await orderIn('SHIPPED', 'B2B'))
    await call('answered', said('parcel.delivered', ids[1] ?? 0))
    const silent = createServer((request, response) => {
      if (request.url?.includes(`/${ids[0]}/`) !== true) response.writeHead(404).end()
    })
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const closing = closeDelivered({
      ...{ ...service, metrics, firstPauseSeconds: 0 },
      api: new OrdersApi({
        ...{ crmUrl: `http://127.0.0.1:${port}`, mesUrl, headers: () => ({}) },
        timeoutMs: 60_000
      })
    })
    await waitUntil(async () => (await stateOf(ids[1] ?? 0)) === 'CLOSED', { what: 'the other is closed' })
    expect(await stateOf(ids[0] ?? 0)).toBe('SHIPPED')
    silent.closeAllConnections()
    silent.close()
    await closing
  })

  it('closes an order later when it is not shipped yet by the MES, and by an event not at all', async () => {
    const id = await orderIn('PACKAGING', 'SHOP')
    await call('too-early', said('parcel.delivered', id))
    await close()
    expect(await stateOf(id)).toBe('PACKAGING')
    const reason = async () =>
      (
        await service.pool.query<{ close_reason: string | null; close_after: Date | null }>(
          'SELECT close_reason, close_after FROM logistics.parcel WHERE order_id = $1',
          [id]
        )
      ).rows
    expect(await reason()).toMatchObject([{ close_reason: 'the CRM answered 409' }])
    await hears(id, 'CLOSED')
    expect(await reason()).toMatchObject([{ close_after: null }])
  })

  it.each([
    [
      'without a signature',
      () => service.app.inject({ method: 'POST', url: '/api/logistics/calls', payload: SECRET }),
      400,
      'header_missing'
    ],
    [
      'signed an hour ago',
      () => call('stale', said('parcel.accepted', 1), (Date.now() / 1000 - 3600) | 0),
      401,
      'expired'
    ],
    ['that is no JSON', () => call('broken', `{"name":"${SECRET}"`), 422, 'body_malformed'],
    [
      'about an order that nobody knows',
      () => call('nobody', said('parcel.accepted', 800_000)),
      404,
      'order_unknown'
    ]
  ])(
    'refuses a call %s with its reason, and keeps it without what was in it',
    async (_, send, status, reason) => {
      const answer = await send()
      expect([answer.statusCode, answer.json<{ error: string }>().error]).toEqual([status, reason])
      const { rows } = await service.pool.query('SELECT * FROM logistics.refused_call WHERE reason = $1', [
        reason
      ])
      expect(rows).toHaveLength(1)
      expect(JSON.stringify(rows)).not.toContain('Ada')
      expect(
        await metric(
          new RegExp(`^logistics_calls_refused_total\\{[^}]*reason="${reason}"[^}]*\\} (\\d+)`, 'm')
        )
      ).toBe('1')
    }
  )

  it('takes no call that was taken before, whoever sends it again within its time', async () => {
    await hears(900_020, 'SHIPPED')
    const sentAt = Math.floor(Date.now() / 1000)
    const body = JSON.stringify(said('parcel.accepted', 900_020))
    const headers = {
      'webhook-id': 'replayed',
      'webhook-timestamp': String(sentAt),
      'webhook-signature': signatureOf(KEY, 'replayed', sentAt, body)
    }
    const options = { ...service, keys: [KEY], api, metrics }
    const again = () => takeCall(options, { headers, body: Buffer.from(body) })
    expect([await again(), await again()]).toEqual(['put', 'repeated'])
    const late = { ...options, now: () => Date.now() + 301_000 }
    await expect(takeCall(late, { headers, body: Buffer.from(body) })).rejects.toMatchObject({
      code: 'expired'
    })
  })

  it('says nothing of what carriers send in its lines and metrics', async () => {
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('')).not.toMatch(/Ada|Lovelace|whsec_/)
    expect(await service.registry.metrics()).not.toMatch(new RegExp(`Ada|${LONG_ID}`))
  })
})
