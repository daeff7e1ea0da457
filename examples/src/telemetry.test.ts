import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { quiet, seededDatabase } from '../test/database.ts'
import type { SeededDatabase } from '../test/database.ts'
import { createMesApi } from './mes/api.ts'

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: readonly { key: string; value: { stringValue?: string; intValue?: number } }[]
}
interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { attributes: readonly { key: string; value: { stringValue?: string } }[] }
    readonly scopeSpans: readonly { spans: readonly OtlpSpan[] }[]
  }[]
}

/** A receiver of OTLP over HTTP with JSON that keeps what it gets. */
async function otlpReceiver() {
  const requests: { path: string | undefined; body: OtlpRequest }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({ path: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) as OtlpRequest })
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    spans: () =>
      requests.flatMap(({ body }) => body.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans))),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
  }
}

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

/** One request to an API that exports to the receiver; all is closed, and so all is sent, when it returns. */
async function spansOf(databaseUrl: string, path: string, traceparent: string) {
  const receiver = await otlpReceiver()
  const { app } = createMesApi({ ...quiet(databaseUrl), otlpEndpoint: receiver.endpoint })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const response = await fetch(address + path, { headers: { traceparent, connection: 'close' } })
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
    const { spans, requests } = await spansOf(database.url, '/api/orders/7', `00-${TRACE}-${PARENT}-01`)
    const request = spans.find((span) => span.name === 'GET /api/orders/:id')
    const query = spans.find((span) => span.name === 'mes.order_card')
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT })
    expect(query).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId })
    expect(request?.attributes).toEqual(
      expect.arrayContaining([
        { key: 'order.id', value: { stringValue: '7' } },
        { key: 'http.route', value: { stringValue: '/api/orders/:id' } },
        { key: 'http.response.status_code', value: { intValue: 200 } }
      ])
    )
    expect(requests[0]?.path).toBe('/v1/traces')
    expect(requests[0]?.body.resourceSpans[0]?.resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'mes-api' }
    })
  })

  it.each(['garbage', `00-${'0'.repeat(32)}-${PARENT}-01`])(
    'starts a trace of its own after "%s"',
    async (traceparent) => {
      const [span] = (await spansOf(database.url, '/healthz', traceparent)).spans
      expect(span?.name).toBe('GET /healthz')
      expect(span?.parentSpanId).toBeUndefined()
    }
  )

  it('does not record what the caller decided not to sample', async () => {
    const { spans } = await spansOf(database.url, '/api/orders/7', `00-${TRACE}-${PARENT}-00`)
    expect(spans).toEqual([])
  })
})
