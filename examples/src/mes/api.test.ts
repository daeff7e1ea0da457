import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { quiet, seededDatabase } from '../../test/database.ts'
import type { SeededDatabase } from '../../test/database.ts'
import { ORDER_STATES } from '../data/states.ts'
import type { Service } from '../service.ts'
import { createMesApi } from './api.ts'
import type { DashboardPage } from './dashboard.ts'
import type { OrderCard } from './orders.ts'

describe('the MES API', () => {
  let database: SeededDatabase
  let api: Service
  let sql: pg.Client

  beforeAll(async () => {
    database = await seededDatabase()
    api = createMesApi(quiet(database.url))
    sql = new pg.Client({ connectionString: database.url })
    await sql.connect()
  })
  afterAll(async () => {
    await sql.end()
    await api.app.close()
    await database.stop()
  })

  async function get<T>(url: string): Promise<{ status: number; body: T }> {
    const response = await api.app.inject({ method: 'GET', url })
    return { status: response.statusCode, body: response.json<T>() }
  }
  async function send<T = OrderCard>(method: 'POST' | 'PATCH', url: string, payload: object) {
    const response = await api.app.inject({ method, url, payload })
    return {
      status: response.statusCode,
      body: response.json<T & { error?: string; message?: string; field?: string }>()
    }
  }
  /** Ids of the orders whose last row of history is in that state, the latest first: the plain way. */
  async function idsIn(status: string): Promise<number[]> {
    const { rows } = await sql.query<{ id: string }>(
      `SELECT order_id AS id FROM mes.order_status_history AS h
       WHERE status = $1 AND NOT EXISTS (
         SELECT FROM mes.order_status_history AS later WHERE later.order_id = h.order_id AND later.status > h.status)
       ORDER BY changed_at DESC, order_id DESC`,
      [status]
    )
    return rows.map((row) => Number(row.id))
  }
  const newOrder = {
    customerRef: 'C-00001',
    materialId: 1,
    quantity: 2,
    files: [{ name: 'ring.stl', sizeBytes: 1000, polygons: 5000 }]
  }

  describe('dashboard', () => {
    it.each(ORDER_STATES)('lists the orders in %s, page by page', async (status) => {
      const expected = await idsIn(status)
      const first = await get<DashboardPage>(`/api/orders?status=${status}`)
      const second = await get<DashboardPage>(`/api/orders?status=${status}&page=2`)
      expect(first.body).toMatchObject({
        status,
        page: 1,
        total: expected.length,
        pages: Math.ceil(expected.length / 25)
      })
      expect([...first.body.orders, ...second.body.orders].map((order) => order.id)).toEqual(
        expected.slice(0, 50)
      )
    })

    it('says of each order what its card says', async () => {
      const { body } = await get<DashboardPage>('/api/orders?status=PACKAGING')
      const order = body.orders[0]
      const card = (await get<OrderCard>(`/api/orders/${order?.id}`)).body
      const { number, source, status, version, changedAt, dueAt, material, quantity, operator, priceCents } =
        card
      const polygons = card.files.reduce((sum, file) => sum + file.polygons, 0)
      expect(order).toEqual({
        ...{
          id: card.id,
          number,
          source,
          status,
          version,
          changedAt,
          dueAt,
          material,
          quantity,
          operator,
          priceCents
        },
        ...{ files: card.files.length, polygons }
      })
    })

    it('has an empty page past the end, with the right total', async () => {
      const expected = await idsIn('SHIPPED')
      const { body } = await get<DashboardPage>('/api/orders?status=SHIPPED&page=999')
      expect(body).toMatchObject({ page: 999, total: expected.length, orders: [] })
    })

    it.each([
      ['/api/orders', 'querystring.status'],
      ['/api/orders?status=LOST', 'querystring.status'],
      ['/api/orders?status=CLOSED&page=0', 'querystring.page'],
      ['/api/orders?status=CLOSED&sort=id', 'querystring.sort']
    ])('refuses %s and names %s', async (url, field) => {
      expect(await get(url)).toMatchObject({ status: 400, body: { error: 'invalid_request', field } })
    })
  })

  it('tells of an order that does not exist', async () => {
    expect(await get('/api/orders/99999999')).toEqual({
      status: 404,
      body: { error: 'order_not_found', message: 'There is no order 99999999.' }
    })
  })

  it('serves operators and materials', async () => {
    expect((await get<unknown[]>('/api/operators')).body).toHaveLength(40)
    expect((await get<unknown[]>('/api/materials')).body).toHaveLength(10)
  })

  it('gives an order to exactly one of 20 operators who go for it at the same time', async () => {
    const [id] = await idsIn('MANUFACTURING_APPROVED')
    const attempts = Array.from({ length: 20 }, (_, i) =>
      send('POST', `/api/orders/${id}/take`, { operatorId: i + 1 })
    )
    const answers = await Promise.all(attempts)
    const winners = answers.filter((answer) => answer.status === 200)
    expect(winners).toHaveLength(1)
    expect(
      answers.filter((answer) => answer.status === 409 && answer.body.error === 'order_taken')
    ).toHaveLength(19)
    const card = (await get<OrderCard>(`/api/orders/${id}`)).body
    expect(card).toMatchObject({
      status: 'MANUFACTURING_STARTED',
      version: 6,
      operatorId: winners[0]?.body.operatorId
    })
  })

  it('leads an order through all states in their strict order and no other', async () => {
    const created = await send('POST', '/api/orders', newOrder)
    expect(created).toMatchObject({ status: 201, body: { status: 'SUBMITTED', source: 'B2B', version: 3 } })
    const { id } = created.body
    const move = (status: string) => send('PATCH', `/api/orders/${id}/status`, { status })

    expect(await move('MANUFACTURING_APPROVED')).toMatchObject({
      status: 409,
      body: { error: 'wrong_transition' }
    })
    expect(await move('SUBMITTED')).toMatchObject({ status: 409 })
    expect((await send('POST', `/api/orders/${id}/take`, { operatorId: 1 })).body.message).toBe(
      `Order ${id} is in SUBMITTED; it can be taken in MANUFACTURING_APPROVED.`
    )
    await move('PRICE_CALCULATED')
    await move('MANUFACTURING_APPROVED')
    expect(await move('MANUFACTURING_STARTED')).toMatchObject({ status: 409 })
    await send('POST', `/api/orders/${id}/take`, { operatorId: 7 })
    for (const status of ORDER_STATES.slice(6))
      expect(await move(status)).toMatchObject({ status: 200, body: { status } })
    expect((await move('CLOSED')).body.message).toBe(`Order ${id} is in CLOSED; nothing follows, not CLOSED.`)

    const card = (await get<OrderCard>(`/api/orders/${id}`)).body
    expect(card.history.map((entry) => entry.status)).toEqual(ORDER_STATES)
    expect(card).toMatchObject({ operatorId: 7, version: 10 })
  })

  it.each([
    {
      method: 'POST',
      url: '/api/orders/1/take',
      payload: { operatorId: 4711 },
      status: 422,
      field: 'body.operatorId'
    },
    { method: 'POST', url: '/api/orders/1/take', payload: {}, status: 400, field: 'body.operatorId' },
    {
      method: 'POST',
      url: '/api/orders',
      payload: { ...newOrder, materialId: 4711 },
      status: 422,
      field: 'body.materialId'
    },
    {
      method: 'POST',
      url: '/api/orders',
      payload: { ...newOrder, customerRef: 'a@b.c' },
      status: 400,
      field: 'body.customerRef'
    },
    {
      method: 'PATCH',
      url: '/api/orders/1/status',
      payload: { status: 'LOST' },
      status: 400,
      field: 'body.status'
    }
  ] as const)('refuses $method $url with $payload', async ({ method, url, payload, status, field }) => {
    expect(await send(method, url, payload)).toMatchObject({ status, body: { field } })
  })

  it('counts its queries and times its requests by route template', async () => {
    await get('/api/orders/1')
    const { body } = await api.app.inject({ method: 'GET', url: '/metrics' })
    expect(body).toMatch(/^db_queries_total\{query="mes.order_card",service="mes-api"\} \d+$/m)
    expect(body).toMatch(
      /^http_request_duration_seconds_count\{service="mes-api",method="GET",route="\/api\/orders\/:id",status="200"\} \d+$/m
    )
    expect(body).not.toContain('/api/orders/1"')
  })

  it('is healthy without a database and ready only with one', async () => {
    const lonely = createMesApi(quiet('postgres://postgres@127.0.0.1:1/postgres'))
    try {
      expect((await lonely.app.inject('/healthz')).statusCode).toBe(200)
      const ready = await lonely.app.inject('/readyz')
      expect(ready.statusCode).toBe(503)
      expect(ready.json()).toMatchObject({ error: 'database_unavailable' })
      expect(ready.headers['retry-after']).toBe('2')
    } finally {
      await lonely.app.close()
    }
    expect((await get('/readyz')).status).toBe(200)
  })
})
