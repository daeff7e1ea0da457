import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bodySink } from '../test/otlp-receiver.ts'
import { quiet, seededDatabase } from '../test/database.ts'
import type { SeededDatabase } from '../test/database.ts'
import { createCrmApi } from './crm/api.ts'
import { customerToken } from './data/seed-sql.ts'
import { createMesApi } from './mes/api.ts'
import type { Service } from './service.ts'
import { createShopApi } from './shop/api.ts'

/** Planted wherever a request may carry something; none of them may come out again. */
const SECRETS = {
  name: 'Penelope-Featherstonehaugh',
  mail: 'penelope@example.org',
  token: 'a-token-that-nobody-has',
  session: customerToken(1),
  cookie: 'cookie-of-a-browser',
  query: 'a-value-of-the-query',
  path: 'a-segment-of-the-path',
  address: '203.0.113.77'
}

const HEADERS = {
  authorization: `Bearer ${SECRETS.token}`,
  cookie: `session=${SECRETS.cookie}`,
  'x-forwarded-for': SECRETS.address,
  'user-agent': SECRETS.name,
  referer: `https://shop/${SECRETS.path}?mail=${SECRETS.mail}`,
  tracestate: `vendor=${SECRETS.name}`
}

describe('what leaves an API besides its answers', () => {
  let database: SeededDatabase
  beforeAll(async () => {
    database = await seededDatabase(400)
  })
  afterAll(() => database.stop())

  /** Lines of the log, bodies sent to the receiver of spans and the metrics of all three, after `use`. */
  async function leaks(use: (apis: { mes: Service; shop: Service; crm: Service }) => Promise<void>) {
    const sink = await bodySink('{}')
    const lines: string[] = []
    const logTo = { write: (line: string) => void lines.push(line) }
    const options = { ...quiet(database.url), logLevel: 'trace', otlpEndpoint: sink.url, logTo }
    const mes = createMesApi(options)
    const mesUrl = await mes.app.listen({ host: '127.0.0.1', port: 0 })
    const shop = createShopApi({ ...options, mesUrl })
    const crm = createCrmApi({ ...options, mesUrl, jaegerEndpoint: `${sink.url}/api/traces` })
    let metrics: string[]
    try {
      await use({ mes, shop, crm })
      metrics = await Promise.all(
        [mes, shop, crm].map(async ({ app }) => (await app.inject('/metrics')).body)
      )
    } finally {
      for (const { app } of [crm, shop, mes]) await app.close()
      await sink.close()
    }
    return {
      log: lines.join(''),
      spans: sink.requests.map(({ body }) => body.toString()).join('\n'),
      metrics: metrics.join('\n')
    }
  }

  it('holds no personal data, token or payload, whether requests succeed or fail', async () => {
    const found = await leaks(async ({ mes, shop, crm }) => {
      const own = { ...HEADERS, authorization: `Bearer ${SECRETS.session}` }
      const file = { name: SECRETS.name, sizeBytes: 1000, contentType: 'model/stl' }
      const order = { materialId: 1, quantity: 1 }
      const made = await shop.app.inject({ method: 'POST', url: '/api/orders', headers: own, payload: order })
      const { id } = made.json<{ id: number }>()
      await shop.app.inject({ method: 'POST', url: `/api/orders/${id}/files`, headers: own, payload: file })
      await shop.app.inject({ method: 'GET', url: `/api/orders?mail=${SECRETS.mail}`, headers: own })
      await shop.app.inject({ method: 'GET', url: '/api/orders', headers: HEADERS })
      await shop.app.inject({
        method: 'POST',
        url: '/api/orders',
        headers: own,
        payload: `{"${SECRETS.name}"`
      })
      const files = [{ name: SECRETS.name, sizeBytes: 1, polygons: 1 }]
      const b2b = { customerRef: SECRETS.name, materialId: 1, quantity: 1, files }
      const taken = await mes.app.inject({
        method: 'POST',
        url: '/api/orders',
        headers: HEADERS,
        payload: b2b
      })
      expect([made.statusCode, taken.statusCode]).toEqual([201, 201])
      for (const { app } of [mes, shop, crm]) {
        await app.inject({ method: 'GET', url: `/${SECRETS.path}?q=${SECRETS.query}`, headers: HEADERS })
        await app.inject({ method: 'GET', url: `/api/orders/1?q=${SECRETS.query}`, headers: HEADERS })
        await app.inject({ method: 'GET', url: `/api/orders/${SECRETS.path}`, headers: HEADERS })
      }
    })
    for (const [where, text] of Object.entries(found)) {
      expect(text.length).toBeGreaterThan(1000)
      const seen = Object.entries(SECRETS).filter(([, secret]) => text.includes(secret))
      expect([where, seen]).toEqual([where, []])
    }
  })

  it('leads from a line of the log to its trace and its order', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    const { log, spans } = await leaks(async ({ mes }) => {
      await mes.app.inject({ method: 'GET', url: '/api/orders/7', headers })
    })
    const lines = log
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const [line] = lines.filter(({ msg }) => msg === 'request')
    expect(line).toEqual({
      level: 30,
      time: expect.any(Number),
      service: 'mes-api',
      method: 'GET',
      route: '/api/orders/:id',
      status: 200,
      seconds: expect.any(Number),
      trace_id: traceId,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      order_id: '7',
      msg: 'request'
    })
    expect(spans).toContain(String(line?.span_id))
  })

  it('says why a request failed, without the values that a database repeats', async () => {
    const { log } = await leaks(async ({ shop }) => {
      shop.app.get('/broken', () =>
        shop.db.query({ name: 'broken', text: 'SELECT $1::integer', values: [SECRETS.mail] })
      )
      expect((await shop.app.inject('/broken')).statusCode).toBe(500)
    })
    expect(log).toContain('"msg":"request failed"')
    expect(log).toContain('"code":"22P02"')
    expect(log).not.toContain(SECRETS.mail)
  })

  it('has an exemplar for a trace that is recorded, in OpenMetrics only', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const app = createMesApi(quiet(database.url)).app
    for (const flags of ['00', '01']) {
      const trace = flags === '01' ? traceId : traceId.replace('0af', 'fff')
      const headers = { traceparent: `00-${trace}-b7ad6b7169203331-${flags}` }
      await app.inject({ method: 'GET', url: '/api/orders/7', headers })
    }
    const read = async (accept: string) => (await app.inject({ url: '/metrics', headers: { accept } })).body
    const before = await read('text/plain')
    const open = await read('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3')
    const after = await read('text/plain')
    await app.close()
    expect(open).toMatch(
      new RegExp(`^http_request_duration_seconds_bucket\\{.*\\} \\d # \\{trace_id="${traceId}"\\} `, 'm')
    )
    expect(open).not.toContain('fff7651916')
    expect(open.endsWith('# EOF\n')).toBe(true)
    for (const text of [before, open, after])
      expect(text).toContain('db_queries_total{query="mes.order_card",service="mes-api"} 2')
    expect(before + after).not.toContain('trace_id')
  })
})
