import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { quiet, seededDatabase } from '../../test/database.ts'
import type { SeededDatabase } from '../../test/database.ts'
import { jaegerReceiver } from '../../test/jaeger-receiver.ts'
import { attributesOf, otlpReceiver } from '../../test/otlp-receiver.ts'
import { createMesApi } from '../mes/api.ts'
import type { Service } from '../service.ts'
import { createCrmApi } from './api.ts'
import type { CrmOrder, CrmOrderCard } from './orders.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

describe('the CRM API', () => {
  let database: SeededDatabase
  let sql: pg.Client
  let otlp: Awaited<ReturnType<typeof otlpReceiver>>
  let jaeger: Awaited<ReturnType<typeof jaegerReceiver>>
  let mes: Service
  let crm: Service

  beforeAll(async () => {
    database = await seededDatabase()
    sql = new pg.Client({ connectionString: database.url })
    await sql.connect()
  })
  afterAll(async () => {
    await sql.end()
    await database.stop()
  })
  beforeEach(async () => {
    otlp = await otlpReceiver()
    jaeger = await jaegerReceiver()
    mes = createMesApi({ ...quiet(database.url), otlpEndpoint: otlp.endpoint })
    const mesUrl = await mes.app.listen({ host: '127.0.0.1', port: 0 })
    crm = createCrmApi({ ...quiet(database.url), mesUrl, jaegerEndpoint: jaeger.endpoint })
  })
  afterEach(async () => {
    await crm.app.close()
    await mes.app.close()
    await otlp.close()
    await jaeger.close()
  })

  async function call<T>(method: 'GET' | 'POST', url: string, headers: Record<string, string> = {}) {
    const response = await crm.app.inject({ method, url, headers })
    return { status: response.statusCode, body: response.json<T & { error?: string; message?: string }>() }
  }
  /** An order of the shop whose last row of history is in that state. */
  async function orderIn(status: string): Promise<number> {
    const { rows } = await sql.query<{ id: string }>(
      `SELECT o.id FROM shop.orders AS o
       WHERE (SELECT max(status) FROM mes.order_status_history AS h WHERE h.order_id = o.id) = $1 LIMIT 1`,
      [status]
    )
    return Number(rows[0]?.id)
  }
  /** Closes both, so that all their spans have arrived. */
  async function finished(): Promise<void> {
    await crm.app.close()
    await mes.app.close()
  }

  it("shows a customer's orders, straight from the shop's tables", async () => {
    const { rows } = await sql.query<{ id: string }>(
      'SELECT id FROM shop.orders WHERE customer_id = 7 ORDER BY id DESC'
    )
    const { body } = await call<{ orders: CrmOrder[] }>('GET', '/api/customers/7/orders')
    expect(body.orders.map(({ id }) => id)).toEqual(rows.map(({ id }) => Number(id)))
  })

  it('approves an order in the MES and in the shop, and again without harm', async () => {
    const id = await orderIn('PRICE_CALCULATED')
    const approved = {
      id,
      status: 'MANUFACTURING_APPROVED',
      production: { status: 'MANUFACTURING_APPROVED' }
    }
    expect(await call<CrmOrderCard>('POST', `/api/orders/${id}/approve`)).toMatchObject({
      status: 200,
      body: approved
    })
    expect((await call('POST', `/api/orders/${id}/approve`)).status).toBe(200)
    const { rows } = await sql.query('SELECT status FROM shop.orders WHERE id = $1', [id])
    expect(rows).toEqual([{ status: 'MANUFACTURING_APPROVED' }])
    expect((await mes.app.inject(`/api/orders/${id}`)).json()).toMatchObject({
      status: 'MANUFACTURING_APPROVED'
    })
  })

  it('closes what was shipped, and nothing else', async () => {
    const shipped = await orderIn('SHIPPED')
    expect(await call('POST', `/api/orders/${shipped}/close`)).toMatchObject({ status: 200 })
    const packed = await orderIn('PACKAGING')
    expect(await call('POST', `/api/orders/${packed}/close`)).toEqual({
      status: 409,
      body: {
        error: 'wrong_transition',
        message: `Order ${packed} is in PACKAGING; only SHIPPED may follow, not CLOSED.`
      }
    })
  })

  it('knows no order of a B2B client, whatever its number', async () => {
    const { rows } = await sql.query<{ id: string }>(`SELECT id FROM mes.orders WHERE source = 'B2B' LIMIT 1`)
    const id = Number(rows[0]?.id)
    await sql.query(
      `INSERT INTO shop.orders (id, customer_id, material_id, quantity, status, created_at)
       VALUES ($1, 1, 1, 1, 'PRICE_CALCULATED', now())`,
      [id]
    )
    expect(await call('POST', `/api/orders/${id}/approve`)).toMatchObject({
      status: 404,
      body: { message: `The MES has no order ${id} of the shop.` }
    })
  })

  it('says so when the MES is away', async () => {
    await mes.app.close()
    expect(await call('GET', `/api/orders/${await orderIn('SHIPPED')}`)).toMatchObject({
      status: 503,
      body: { error: 'mes_unavailable' }
    })
    const { body } = await crm.app.inject('/metrics')
    expect(body).toContain(
      'dependency_request_duration_seconds_count{service="crm-api",dependency="mes-api",result="failed"} 1'
    )
  })

  it.each([
    ['W3C', { traceparent: `00-${TRACE}-${PARENT}-01` }, TRACE],
    ['Jaeger', { 'uber-trace-id': `${TRACE}:${PARENT}:0:1` }, TRACE],
    ['Jaeger with 64 bits', { 'uber-trace-id': `af7:${PARENT}:0:1` }, 'af7'.padStart(32, '0')]
  ])('continues a trace of %s with jaeger-client, and the MES continues its', async (_, headers, traceId) => {
    const id = await orderIn('SHIPPED')
    await call('GET', `/api/orders/${id}`, headers)
    await finished()
    const old = jaeger.spans()
    const request = old.find(
      (span) => span.name === 'GET /api/orders/:id' && span.tags['span.kind'] === 'server'
    )
    const outgoing = old.find(
      (span) => span.name === 'GET /api/orders/:id' && span.tags['span.kind'] === 'client'
    )
    const ofMes = otlp.spans().find((span) => span.name === 'GET /api/orders/:id')
    expect(request).toMatchObject({ service: 'crm-api', traceId, parentSpanId: PARENT })
    expect(outgoing).toMatchObject({ traceId, parentSpanId: request?.spanId })
    expect(ofMes).toMatchObject({ service: 'mes-api', traceId, parentSpanId: outgoing?.spanId })
    expect([request, outgoing].map((span) => span?.tags['order.id'])).toEqual([String(id), String(id)])
    expect(attributesOf(ofMes)['order.id']).toBe(String(id))
    expect(old.map((span) => span.traceId)).toEqual(old.map(() => traceId))
  })

  it('starts a trace that the MES continues, and the MES notes that the old protocol is still spoken', async () => {
    await call('GET', `/api/orders/${await orderIn('SHIPPED')}`)
    const { body } = await mes.app.inject('/metrics')
    await finished()
    expect(body).toContain('legacy_trace_requests_total{protocol="jaeger",service="mes-api"} 1')
    expect(body).toContain('legacy_trace_requests_total{protocol="w3c",service="mes-api"} 0')
    const traces = [...jaeger.spans(), ...otlp.spans()].map((span) => span.traceId)
    expect(new Set(traces).size).toBe(1)
  })

  it('records nothing of a trace that is not sampled, and passes that on', async () => {
    await call('GET', `/api/orders/${await orderIn('SHIPPED')}`, { traceparent: `00-${TRACE}-${PARENT}-00` })
    await finished()
    expect([...jaeger.spans(), ...otlp.spans()]).toEqual([])
  })
})
