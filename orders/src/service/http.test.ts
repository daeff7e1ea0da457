import { startPostgres } from '@alexandrite/hack/services'
import type { RunningPostgres } from '@alexandrite/hack/services'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { HttpError } from './http.ts'
import { createService } from './service.ts'
import type { Service } from './service.ts'

const SECRET = 'ada@example.org'

describe('the HTTP port of a service', () => {
  let postgres: RunningPostgres
  let service: Service
  let url: string
  const lines: string[] = []
  let missing: string | undefined
  const started = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()

  beforeAll(async () => {
    postgres = await startPostgres()
    const config = {
      ...{ databaseUrl: postgres.url, brokerUrl: 'amqp://127.0.0.1', host: '127.0.0.1', port: 0 },
      ...{ databaseConnections: 2, otlpEndpoint: undefined, logLevel: 'info' }
    }
    service = createService('orders-test', config, { logTo: { write: (line) => void lines.push(line) } })
    service.whenReady(() => {
      if (missing !== undefined) throw new Error(missing)
    })
    const { app, tracing } = service
    app.get<{ Params: { id: string } }>('/api/things/:id', ({ params }) => {
      tracing.aboutOrder(Number(params.id))
      if (params.id === '404') throw new HttpError(404, 'no_thing', 'There is no such thing.')
      if (params.id === '500') throw new Error(`nobody may see ${SECRET}`)
      return { id: params.id }
    })
    app.post('/api/things', { schema: { body: { type: 'object', required: ['name'] } } }, () => ({}))
    app.get('/api/slow', async () => {
      started.resolve()
      await go.promise
      return { done: true }
    })
    url = await service.listen()
  }, 120_000)
  afterAll(async () => {
    await service.close()
    await postgres.stop()
  })

  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url}${path}`)
    return { status: response.status, body: await response.json() }
  }
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text()

  test('is healthy as long as it serves, and ready when what it needs is there', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok' } })
    expect(await get('/readyz')).toEqual({ status: 200, body: { status: 'ok' } })
    missing = 'the service waits for its database'
    expect(await get('/readyz')).toEqual({
      status: 503,
      body: { status: 'not ready', reason: 'the service waits for its database' }
    })
    expect((await get('/healthz')).status).toBe(200)
    missing = undefined
  })

  test('answers a refusal with its word and sentence, and what failed inside with neither', async () => {
    expect(await get('/api/things/404')).toEqual({
      status: 404,
      body: { error: 'no_thing', message: 'There is no such thing.' }
    })
    expect(await get('/api/things/500')).toEqual({
      status: 500,
      body: { error: 'internal', message: 'Something went wrong here; the log says what.' }
    })
    expect(lines.find((line) => line.includes('request failed'))).toContain('"route":"/api/things/:id"')
  })

  test.each([
    ['that is no JSON', '{"name"', 400],
    ['without a field', '{}', 400],
    ['that is too large', JSON.stringify({ name: 'x'.repeat(300_000) }), 413]
  ])('refuses a body %s', async (_, body, status) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/api/things`, { method: 'POST', headers, body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
  })

  test('says what is not there without the query, which may be somebody’s', async () => {
    expect(await get(`/nothing?email=${SECRET}`)).toEqual({
      status: 404,
      body: { error: 'not_found', message: 'There is no GET /nothing here.' }
    })
  })

  test('measures and logs requests by their route, probes not at all', async () => {
    await get('/api/things/17')
    const text = await metrics()
    const labels = 'service="orders-test",method="GET",route="/api/things/:id",status="200"'
    expect(text).toContain(`http_request_duration_seconds_count{${labels}}`)
    expect(text).not.toContain('/healthz')
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(logged.filter(({ msg }) => msg === 'request').at(-1)).toMatchObject({
      ...{ method: 'GET', route: '/api/things/:id', status: 200, order_id: '17', service: 'orders-test' }
    })
    expect(logged.some(({ route }) => route === '/readyz')).toBe(false)
    expect(lines.join('\n')).not.toContain('email=')
  })

  test('finishes what is under way when it ends, and lets its clients go', async () => {
    const answer = fetch(`${url}/api/slow`)
    await started.promise
    const closed = service.close()
    // The end has begun before the answer is there.
    await new Promise((resolve) => setTimeout(resolve, 100))
    go.resolve()
    const response = await answer
    expect(await response.json()).toEqual({ done: true })
    expect(response.headers.get('connection')).toBe('close')
    await closed
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})
