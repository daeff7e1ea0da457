import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { quiet, seededDatabase } from '../test/database.ts'
import type { SeededDatabase } from '../test/database.ts'
import { attributesOf, otlpReceiver } from '../test/otlp-receiver.ts'
import { createMesApi } from './mes/api.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

/** One request to an API that exports to the receiver; all is closed, and so all is sent, when it returns. */
async function spansOf(databaseUrl: string, path: string, headers: Record<string, string>) {
  const receiver = await otlpReceiver()
  const { app } = createMesApi({ ...quiet(databaseUrl), otlpEndpoint: receiver.endpoint })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const response = await fetch(address + path, { headers: { ...headers, connection: 'close' } })
  await response.text()
  await app.close()
  await receiver.close()
  return { spans: receiver.spans(), requests: receiver.requests }
}

describe('tracing', () => {
  let database: SeededDatabase

  beforeAll(async () => {
    database = await seededDatabase(400)
  })
  afterAll(() => database.stop())

  it('continues the trace of the caller, with the route, the order and the queries', async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01` }
    const { spans, requests } = await spansOf(database.url, '/api/orders/7?secret=1', headers)
    const request = spans.find((span) => span.name === 'GET /api/orders/:id')
    const query = spans.find((span) => span.name === 'mes.order_card')
    expect(request).toMatchObject({ service: 'mes-api', traceId: TRACE, parentSpanId: PARENT })
    expect(query).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId })
    expect(attributesOf(request)).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/orders/:id',
      'http.response.status_code': 200,
      'order.id': '7'
    })
    expect(attributesOf(query)).toMatchObject({ 'db.query.summary': 'mes.order_card', 'order.id': '7' })
    expect(requests.map(({ path }) => path)).toEqual(['/v1/traces'])
  })

  it('continues a trace of the old kind where there is none of the new', async () => {
    const { spans } = await spansOf(database.url, '/api/orders/7', { 'uber-trace-id': `af7:${PARENT}:0:1` })
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([`${'0'.repeat(29)}af7`]))
    expect(spans.find((span) => span.name === 'GET /api/orders/:id')?.parentSpanId).toBe(PARENT)
  })

  it.each(['garbage', `00-${'0'.repeat(32)}-${PARENT}-01`])(
    'starts a trace of its own after "%s"',
    async (traceparent) => {
      const { spans } = await spansOf(database.url, '/api/operators', { traceparent })
      const request = spans.find((span) => span.name === 'GET /api/operators')
      expect(request).toBeDefined()
      expect(request?.parentSpanId).toBeUndefined()
    }
  )

  it('does not record what the caller decided not to sample', async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-00` }
    const { spans } = await spansOf(database.url, '/api/orders/7', headers)
    expect(spans).toEqual([])
  })

  it.each(['/healthz', '/readyz', '/metrics'])('has nothing to say of %s', async (path) => {
    const { spans } = await spansOf(database.url, path, { traceparent: `00-${TRACE}-${PARENT}-01` })
    expect(spans).toEqual([])
  })
})
