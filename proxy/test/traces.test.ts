import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import pino from 'pino'
import type { RunningTier, TierOptions } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { startOtlpReceiver } from './otlp-receiver.ts'
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.ts'
import { policy, rule, start } from './tier.ts'

let origin: TestOrigin
let receiver: OtlpReceiver
let tier: RunningTier
/** What the origin was told of the context. */
let contexts: (string | undefined)[]

beforeEach(async () => {
  receiver = await startOtlpReceiver()
  contexts = []
})
afterEach(async () => {
  await tier.close()
  await origin.close()
  await receiver.close()
})

const cacheable: Answer = (request, response) => {
  contexts.push(request.headers.traceparent as string | undefined)
  response.writeHead(200, { 'cache-control': 'max-age=60' }).end('answer')
}
const RULES = [rule({ path: '/api/orders/:id', name: 'order-card', ttlMs: 60_000 })]

interface Begin extends Partial<TierOptions> {
  readonly answer?: Answer
  readonly ratio?: number
}
const begin = async ({ answer = cacheable, ratio = 0, ...options }: Begin = {}): Promise<void> => {
  origin = await startOrigin(answer)
  tier = await start({
    origin: origin.url,
    otlpEndpoint: receiver.url,
    policy: { ...policy(RULES), telemetry: { traceSampleRatio: ratio } },
    ...options
  })
}

const parent = (flags = '01') => {
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` }
}
const get = (target: string, traceparent?: string) =>
  send(tier, target, traceparent === undefined ? {} : { headers: { traceparent, tracestate: 'vendor=1' } })
const one = (spans: readonly ReceivedSpan[], kind: 'Server' | 'Client', result?: string): ReceivedSpan => {
  const found = spans.filter(
    (span) =>
      span.kind === kind && (result === undefined || span.attributes['alexandrite.cache.result'] === result)
  )
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} of ${kind} ${result}`)
  return found[0]
}
const metricsOf = async (accept = 'text/plain'): Promise<string> =>
  (await send({ listen: tier.admin ?? { host: '', port: 0 } }, '/metrics', { headers: { accept } })).body

describe.each(['On', 'Off'] as const)('with the fast path %s', (fastPath) => {
  test('a miss is one trace from the client to the origin, and so is a hit', async () => {
    await begin({ fastPath })
    const [first, second] = [parent(), parent()]
    await get('/api/orders/7?token=secret', first.traceparent)
    await get('/api/orders/7?token=secret', second.traceparent)
    const spans = await receiver.until(3)
    const miss = one(spans, 'Server', 'miss')
    const asked = one(spans, 'Client')
    const hit = one(spans, 'Server', 'hit')
    expect(miss).toMatchObject({
      traceId: first.traceId,
      parentSpanId: first.spanId,
      traceState: 'vendor=1',
      name: 'GET /api/orders/:id',
      events: [{ name: 'cache.lookup' }],
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/api/orders/:id',
        'url.path': '/api/orders/7',
        'http.response.status_code': 200,
        'server.address': 'tier.test',
        'network.protocol.version': '1.1',
        'alexandrite.rule': 'order-card',
        'alexandrite.tier': 'test/tier'
      },
      resource: { 'service.name': 'alexandrite-proxy', 'alexandrite.tier': 'test/tier' }
    })
    expect(asked).toMatchObject({ traceId: first.traceId, parentSpanId: miss.spanId })
    expect(contexts).toEqual([`00-${first.traceId}-${asked.spanId}-01`])
    expect(hit).toMatchObject({ traceId: second.traceId, parentSpanId: second.spanId })
    expect(BigInt(miss.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(asked.endTimeUnixNano))
    expect(receiver.raw()).not.toContain('secret')
    expect(await metricsOf()).toContain('alexandrite_proxy_spans_total{result="sent",tier="test/tier"} 3')
  })

  test('the ratio of the policy decides where no context came, and hits count as often', async () => {
    await begin({ fastPath, ratio: 0.5 })
    for (let i = 0; i < 300; i += 1) await get('/api/orders/7')
    await tier.close()
    const hits = receiver.spans.filter((span) => span.attributes['alexandrite.cache.result'] === 'hit')
    expect(hits.length).toBeGreaterThan(100)
    expect(hits.length).toBeLessThan(200)
    for (const hit of hits) expect(hit.parentSpanId ?? '').toBe('')
  })

  test('what is not sampled reaches the origin as the client sent it', async () => {
    await begin({ fastPath })
    const { traceparent } = parent('00')
    await get('/api/orders/1', traceparent)
    await get('/api/orders/2')
    await get('/api/orders/3', 'not-a-context')
    await tier.close()
    expect(contexts).toEqual([traceparent, undefined, 'not-a-context'])
    expect(receiver.spans).toEqual([])
  })
})

test('a waiter links to the request to the origin that answered it', async () => {
  let release: (() => void) | undefined
  await begin({
    answer: (_request, response) => {
      release = () => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('answer')
    }
  })
  const [leader, waiter] = [parent(), parent()]
  const first = get('/api/orders/7', leader.traceparent)
  while (!release) await sleep(5)
  const second = get('/api/orders/7', waiter.traceparent)
  await sleep(100)
  release()
  await Promise.all([first, second])
  const spans = await receiver.until(3)
  const asked = one(spans, 'Client')
  expect(one(spans, 'Server', 'coalesced')).toMatchObject({
    traceId: waiter.traceId,
    links: [{ traceId: leader.traceId, spanId: asked.spanId }]
  })
})

test('an origin that is down is an error in both spans, in the log with its trace, and answered all the same', async () => {
  const lines: string[] = []
  await begin({ log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }) })
  await origin.close()
  const { traceId, traceparent } = parent()
  expect((await get('/api/orders/7?token=secret', traceparent)).status).toBe(502)
  const spans = await receiver.until(2)
  expect(one(spans, 'Client')).toMatchObject({
    status: { code: 2 },
    attributes: { 'error.type': 'ORIGIN_CONNECT_FAILED' }
  })
  expect(one(spans, 'Server')).toMatchObject({ status: { code: 2 } })
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const request = logged.find(({ msg }) => msg === 'request')
  expect(request).toMatchObject({
    method: 'GET',
    path: '/api/orders/7',
    status: 502,
    result: 'error',
    rule: 'order-card',
    trace_id: traceId,
    span_id: one(spans, 'Server').spanId
  })
  expect(logged.find(({ msg }) => msg === 'the origin did not answer')).toMatchObject({ trace_id: traceId })
  expect(lines.join('')).not.toContain('secret')
})

test('buckets of durations lead to sampled traces', async () => {
  await begin()
  const { traceId, traceparent } = parent()
  await get('/api/orders/7')
  await get('/api/orders/7', traceparent)
  const open = await metricsOf('application/openmetrics-text; version=1.0.0')
  expect(open).toMatch(
    new RegExp(`request_duration_seconds_bucket\\{[^}]*result="hit"\\} 1 # \\{trace_id="${traceId}"\\}`)
  )
})

test.each(['refuses', 'is away'])('a receiver that %s fails no request and holds none up', async (how) => {
  const refusing = await startOtlpReceiver(503)
  await begin({ otlpEndpoint: how === 'refuses' ? refusing.url : 'http://127.0.0.1:1', ratio: 1 })
  for (let i = 0; i < 20; i += 1) expect((await get(`/api/orders/${i}`)).status).toBe(200)
  const started = performance.now()
  await tier.close()
  expect(performance.now() - started).toBeLessThan(10_000)
  await refusing.close()
})

test('every request gets a line when all are asked for, also a hit of the fast path', async () => {
  const lines: string[] = []
  await begin({
    accessLog: 'all',
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  })
  await get('/api/orders/7?token=secret')
  await get('/api/orders/7?token=secret')
  await send(tier, '/api/orders/7', { method: 'POST' })
  await sleep(50)
  const logged = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'request')
  expect(logged).toMatchObject([
    { method: 'GET', path: '/api/orders/7', status: 200, result: 'miss', duration_ms: expect.any(Number) },
    { method: 'GET', path: '/api/orders/7', status: 200, result: 'hit' },
    { method: 'POST', path: '/api/orders/7', status: 200, result: 'pass', why: 'Method' }
  ])
  expect(lines.join('')).not.toContain('secret')
})
