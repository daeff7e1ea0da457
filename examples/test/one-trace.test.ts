import { startNode } from '@alexandrite/hack/demo/node-process'
import { addressesIn } from '@alexandrite/hack/demo/tiers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { customerToken } from '../src/data/seed-sql.ts'
import { createMesApi } from '../src/mes/api.ts'
import type { Service } from '../src/service.ts'
import { createShopApi } from '../src/shop/api.ts'
import type { ShopOrder } from '../src/shop/orders.ts'
import type { Production } from '../src/shop/production.ts'
import { quiet, seededDatabase } from './database.ts'
import type { SeededDatabase } from './database.ts'
import { attributesOf, otlpReceiver } from './otlp-receiver.ts'

type OrderPage = ShopOrder & { readonly production: Production | null }

describe('an order of the shop', () => {
  let database: SeededDatabase
  let receiver: Awaited<ReturnType<typeof otlpReceiver>>
  let mes: Service
  let mesUrl: string
  let order: { id: number; customer: number }

  beforeAll(async () => {
    database = await seededDatabase()
    receiver = await otlpReceiver()
    mes = createMesApi({ ...quiet(database.url), otlpEndpoint: receiver.endpoint })
    mesUrl = await mes.app.listen({ host: '127.0.0.1', port: 0 })
    const sql = new pg.Client({ connectionString: database.url })
    await sql.connect()
    const { rows } = await sql.query<{ id: string; customer: number }>(
      `SELECT id, customer_id AS customer FROM shop.orders WHERE status = 'SHIPPED' LIMIT 1`
    )
    await sql.end()
    order = { id: Number(rows[0]?.id), customer: rows[0]?.customer ?? 0 }
  })
  afterAll(async () => {
    await mes.app.close()
    await receiver.close()
    await database.stop()
  })

  const page = async (shop: Service, { id, customer } = order) => {
    const headers = { authorization: `Bearer ${customerToken(customer)}` }
    const response = await shop.app.inject({ method: 'GET', url: `/api/orders/${id}`, headers })
    return { status: response.statusCode, body: response.json<OrderPage>() }
  }
  /** Waits for a span that fits, for the tier sends its own a second later. */
  async function arrived(fits: (spans: ReturnType<typeof receiver.spans>) => boolean): Promise<void> {
    const deadline = Date.now() + 20_000
    while (!fits(receiver.spans())) {
      if (Date.now() > deadline)
        throw new Error(`in vain: ${JSON.stringify(receiver.spans().map((s) => s.name))}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  it('is one trace through Shop API, tier and MES API, whether the tier has the answer or not', async () => {
    const tiers = await startNode(
      'cli/src/main.ts',
      [
        ...['standalone', '--file', 'examples/tiers', '--no-events', '--json'],
        ...['--origin', `mes/mes-api=${mesUrl}`, '--origin', `shop/shop-api=${mesUrl}`]
      ],
      { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
    )
    try {
      const { mes: tier } = await tiers.until('both tiers listen', () => addressesIn(tiers.output()))
      const shop = createShopApi({
        ...quiet(database.url),
        otlpEndpoint: receiver.endpoint,
        mesUrl: tier,
        mesDeadlineMs: 20_000
      })
      for (const _ of ['miss', 'hit']) {
        const { body } = await page(shop)
        expect(body.production).toMatchObject({ status: 'SHIPPED' })
      }
      await shop.app.close()
      const ofTier = () => receiver.spans().filter(({ service }) => service === 'alexandrite-proxy')
      await arrived(
        () => ofTier().length >= 3 && receiver.spans().some(({ service }) => service === 'mes-api')
      )

      const pages = receiver
        .spans()
        .filter(({ service, name }) => service === 'shop-api' && name === 'GET /api/orders/:id')
      const traces = [...new Set(pages.map(({ traceId }) => traceId))]
      const services = traces.map((traceId) =>
        [
          ...new Set(
            receiver
              .spans()
              .filter((span) => span.traceId === traceId)
              .map(({ service }) => service)
          )
        ].sort()
      )
      expect(services).toEqual([
        ['alexandrite-proxy', 'mes-api', 'shop-api'],
        ['alexandrite-proxy', 'shop-api']
      ])
      const orders = receiver
        .spans()
        .filter(({ service, name }) => service !== 'alexandrite-proxy' && name.endsWith('/:id'))
      expect(orders).toHaveLength(5)
      for (const span of orders) expect(attributesOf(span)['order.id']).toBe(String(order.id))
    } finally {
      await tiers.stop()
    }
  })

  it('is shown without its production while the MES is away, or slow', async () => {
    const away = createShopApi({ ...quiet(database.url), mesUrl: 'http://127.0.0.1:1' })
    const slow = createShopApi({ ...quiet(database.url), mesUrl, mesDeadlineMs: 1 })
    for (const shop of [away, slow]) {
      expect(await page(shop)).toMatchObject({ status: 200, body: { id: order.id, production: null } })
    }
    const metrics = await Promise.all(
      [away, slow].map(async ({ app }) => (await app.inject('/metrics')).body)
    )
    await away.app.close()
    await slow.app.close()
    expect(metrics[0]).toContain('dependency="mes-api",result="failed"} 1')
    expect(metrics[1]).toContain('dependency="mes-api",result="timeout"} 1')
  })

  it('never shows what the MES says of another order with the same number', async () => {
    const sql = new pg.Client({ connectionString: database.url })
    await sql.connect()
    const { rows } = await sql.query<{ id: string }>(`SELECT id FROM mes.orders WHERE source = 'B2B' LIMIT 1`)
    const id = Number(rows[0]?.id)
    await sql.query(
      `INSERT INTO shop.orders (id, customer_id, material_id, quantity, status, created_at)
       VALUES ($1, 1, 1, 1, 'SUBMITTED', now())`,
      [id]
    )
    await sql.end()
    const shop = createShopApi({ ...quiet(database.url), mesUrl, mesDeadlineMs: 20_000 })
    expect(await page(shop, { id, customer: 1 })).toMatchObject({ status: 200, body: { production: null } })
    await shop.app.close()
  })
})
