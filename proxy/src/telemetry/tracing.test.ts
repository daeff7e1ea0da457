import { setTimeout as sleep } from 'node:timers/promises'
import type { PolicyRule } from '@alexandrite/api'
import { describe, expect, test } from '@jest/globals'
import { tracing } from './sampler.ts'
import { SpanQueue } from './span-queue.ts'
import type { SpanSender } from './span-queue.ts'
import type { FinishedSpan } from './span.ts'
import {
  contextOf,
  formatTraceparent,
  parseTraceparent,
  parseTracestate,
  withContext
} from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const PARENT = `00-${TRACE}-${SPAN}-01`

describe('traceparent', () => {
  test.each<[string, boolean]>([
    [PARENT, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`00-${TRACE}-${SPAN}-fe`, false],
    [`01-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, true],
    [`fe-${TRACE}-${SPAN}-01-`, true]
  ])('%s is valid, sampled %p', (text, sampled) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, sampled })
  })

  test.each<[string, string]>([
    ['nothing', ''],
    ['a version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
    ['a version of one digit', `0-${TRACE}-${SPAN}-01`],
    ['a version that is no number', `.0-${TRACE}-${SPAN}-01`],
    ['upper case in the trace', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['upper case in the version', `CC-${TRACE}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a long span', `00-${TRACE}-${SPAN}0-01`],
    ['a bad digit', `00-${TRACE.replace('0', 'g')}-${SPAN}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['flags of one digit', `00-${TRACE}-${SPAN}-1`],
    ['flags that are no number', `00-${TRACE}-${SPAN}-.1`],
    ['more after version 00', `00-${TRACE}-${SPAN}-01-what-the-future-will-be-like`],
    ['a dash after version 00', `00-${TRACE}-${SPAN}-01-`],
    ['more without a dash', `cc-${TRACE}-${SPAN}-01.what`],
    ['spaces around', ` 00-${TRACE}-${SPAN}-01 `],
    ['spaces within', `00 -${TRACE}-${SPAN}-01`]
  ])('%s is not valid', (_name, text) => {
    expect(parseTraceparent(text)).toBeUndefined()
  })

  test('of a request is valid once only, in any case of its name', () => {
    expect(contextOf(['Traceparent', PARENT])).toMatchObject({ traceId: TRACE })
    expect(contextOf(['traceparent', PARENT, 'TraceParent', PARENT])).toBeUndefined()
    expect(contextOf([])).toBeUndefined()
  })

  test('is written as version 00', () => {
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, sampled: true })).toBe(PARENT)
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, sampled: false })).toBe(`00-${TRACE}-${SPAN}-00`)
  })
})

describe('tracestate', () => {
  const members = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=${i}`).join(',')

  test.each<[string, string[], string]>([
    ['one member', ['foo=1'], 'foo=1'],
    ['several lines', ['foo=1', 'bar=2'], 'foo=1,bar=2'],
    ['white space and empty members', [' foo=1 \t,\t , bar=2, '], 'foo=1,bar=2'],
    ['all characters of a key', ['foo_-*/09=1'], 'foo_-*/09=1'],
    ['a key with a tenant', ['0fw529a3039@dt=1'], '0fw529a3039@dt=1'],
    [
      'the longest keys',
      [`${'z'.repeat(256)}=1,${'t'.repeat(241)}@${'v'.repeat(14)}=1`],
      `${'z'.repeat(256)}=1,${'t'.repeat(241)}@${'v'.repeat(14)}=1`
    ],
    ['the longest value', [`foo=${'x'.repeat(256)}`], `foo=${'x'.repeat(256)}`],
    ['values with spaces and signs', ['foo=a b!~'], 'foo=a b!~'],
    ['32 members', [members(32)], members(32)]
  ])('%s is valid', (_name, lines, expected) => {
    expect(parseTracestate(lines)).toBe(expected)
  })

  test.each<[string, string[]]>([
    ['no line', []],
    ['empty lines', ['', ' ']],
    ['a member without a value', ['foo']],
    ['an empty value', ['foo=']],
    ['an empty key', ['=1']],
    ['a space in a key', ['foo =1']],
    ['upper case in a key', ['FOO=1']],
    ['a key that begins with a digit and has no tenant', ['0foo=1']],
    ['two tenants', ['foo@bar@baz=1']],
    ['a tenant without a system', ['foo@=1']],
    ['a key that is too long', [`${'z'.repeat(257)}=1`]],
    ['a tenant that is too long', [`${'t'.repeat(242)}@v=1`]],
    ['a system that is too long', [`t@${'v'.repeat(15)}=1`]],
    ['a value that is too long', [`foo=${'x'.repeat(257)}`]],
    ['an equals sign in a value', ['foo=bar=baz']],
    ['a character that is not printable', ['foo=b\u0007r']],
    ['a key twice', ['foo=1', 'foo=2']],
    ['33 members', [members(33)]]
  ])('%s is not', (_name, lines) => {
    expect(parseTracestate(lines)).toBeUndefined()
  })
})

test('a new context takes the place of the old one and leaves the other fields as they are', () => {
  const headers = ['Host', 'a', 'TraceParent', PARENT, 'X-A', '1', 'tracestate', 'a=1', 'Tracestate', 'b=2']
  const context = { traceId: TRACE, spanId: 'c'.repeat(16), sampled: true }
  const parent = `00-${TRACE}-${'c'.repeat(16)}-01`
  expect(withContext(headers, context, 'a=1,b=2')).toEqual([
    'Host',
    'a',
    'X-A',
    '1',
    'traceparent',
    parent,
    'tracestate',
    'a=1,b=2'
  ])
  expect(withContext(headers, context, undefined)).toEqual(['Host', 'a', 'X-A', '1', 'traceparent', parent])
})

const tracer = (ratio: number) => {
  const ended: FinishedSpan[] = []
  const options = { tier: 'mes/api', origin: 'http://10.0.0.1:8080', ratio: () => ratio }
  return { ended, tracing: tracing({ ...options, onEnd: (span) => ended.push(span) }) }
}
const request = (headers: readonly string[] = [], target = '/api/orders/7?token=secret', method = 'GET') => ({
  method,
  target,
  headers: ['Host', 'mes-api:8443', 'Authorization', 'Bearer hidden', ...headers]
})

describe('sampling', () => {
  test.each<[string, readonly string[], number, boolean]>([
    ['the client, against the ratio', ['traceparent', PARENT], 0, true],
    ['the client, against the ratio', ['traceparent', `00-${TRACE}-${SPAN}-00`], 1, false],
    ['the ratio without a context', [], 1, true],
    ['the ratio without a context', [], 0, false],
    ['the ratio with a context that is not valid', ['traceparent', 'x'], 1, true],
    ['the ratio with two contexts', ['traceparent', PARENT, 'traceparent', PARENT], 0, false]
  ])('is decided by %s: %j with %d', (_name, headers, ratio, sampled) => {
    const { tracing: decides } = tracer(ratio)
    expect(decides.begin(request(headers), '1.1') !== undefined).toBe(sampled)
    expect(decides.wants(headers)).toBe(sampled)
  })

  test('by ratio comes close to it', () => {
    const { tracing: decides } = tracer(0.1)
    let chosen = 0
    for (let i = 0; i < 20_000; i += 1) if (decides.wants([])) chosen += 1
    expect(chosen).toBeGreaterThan(1700)
    expect(chosen).toBeLessThan(2300)
  })

  test('what a request that is not traced costs (a figure for people, no limit)', () => {
    const { tracing: decides } = tracer(0.01)
    const rounds = 1_000_000
    const started = process.hrtime.bigint()
    for (let i = 0; i < rounds; i += 1) decides.wants([])
    const nanoseconds = Number(process.hrtime.bigint() - started) / rounds
    process.stdout.write(`nanoseconds to decide: ${nanoseconds.toFixed(1)}\n`)
    expect(decides.on).toBe(true)
  })
})

const ORDER_CARD = { name: 'order-card', match: { path: { source: '/api/orders/:id' } } } as PolicyRule

describe('spans', () => {
  test('of a request and of what it asked the origin carry standard attributes, no query and no field value', () => {
    const { ended, tracing: begins } = tracer(0)
    const trace = begins.start(request(['traceparent', PARENT, 'tracestate', 'a=1']), '1.1')
    trace.lookedUp(false, 0.0005)
    const asked = trace.startOrigin({ method: 'GET', target: '/api/orders/7?token=secret' })
    const headers = asked.propagate(['traceparent', PARENT, 'tracestate', 'a=1'])
    asked.answered(200)
    trace.answering(200)
    trace.end({ result: 'miss', stored: true }, ORDER_CARD)
    const [client, server] = ended
    expect(server).toMatchObject({
      traceId: TRACE,
      parentSpanId: SPAN,
      tracestate: 'a=1',
      kind: 'Server',
      name: 'GET /api/orders/:id',
      failed: false,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/api/orders/:id',
        'http.response.status_code': 200,
        'url.path': '/api/orders/7',
        'server.address': 'mes-api',
        'server.port': 8443,
        'network.protocol.version': '1.1',
        'alexandrite.cache.result': 'miss',
        'alexandrite.rule': 'order-card',
        'alexandrite.tier': 'mes/api'
      },
      events: [{ name: 'cache.lookup' }]
    })
    expect(client).toMatchObject({
      traceId: TRACE,
      parentSpanId: server?.spanId,
      kind: 'Client',
      name: 'GET',
      attributes: { 'server.address': '10.0.0.1', 'server.port': 8080, 'http.response.status_code': 200 }
    })
    expect(headers).toEqual(['traceparent', `00-${TRACE}-${client?.spanId}-01`, 'tracestate', 'a=1'])
    expect(JSON.stringify(ended)).not.toMatch(/secret|hidden/)
    expect(client?.startedAt).toBeGreaterThanOrEqual(server?.startedAt ?? Infinity)
    expect(server?.endedAt).toBeGreaterThanOrEqual(client?.endedAt ?? Infinity)
  })

  test('of an unknown method have no name of its making', () => {
    const { ended, tracing: begins } = tracer(1)
    const trace = begins.start(request([], '/a', 'BREW-4711'), '1.1')
    trace
      ?.startOrigin({ method: 'BREW-4711', target: '/a' })
      .failed(Object.assign(new Error(), { code: 'ECONNREFUSED' }))
    trace.end({ result: 'error', why: 'OriginUnreachable' }, undefined)
    expect(ended).toMatchObject([
      {
        name: 'HTTP',
        failed: true,
        attributes: { 'http.request.method': '_OTHER', 'error.type': 'ECONNREFUSED' }
      },
      {
        name: 'HTTP',
        failed: true,
        attributes: { 'http.request.method': '_OTHER', 'error.type': 'OriginUnreachable' }
      }
    ])
    expect(ended[1]?.parentSpanId).toBeUndefined()
  })

  test('end once, and link to the span whose answer they shared', () => {
    const { ended, tracing: begins } = tracer(1)
    const trace = begins.start(request(), '1.1')
    trace.sharedWith({ traceId: TRACE, spanId: SPAN })
    trace.end({ result: 'coalesced' }, undefined)
    trace.end({ result: 'aborted' }, undefined)
    expect(ended).toHaveLength(1)
    expect(ended[0]?.links).toEqual([{ traceId: TRACE, spanId: SPAN }])
  })
})

describe('the queue of spans', () => {
  const span = { name: 'a' } as FinishedSpan
  const queue = (send: SpanSender['send'], capacity = 8) => {
    const counted = { sent: 0, failed: 0, dropped: 0 }
    const opened = new SpanQueue({
      sender: () => Promise.resolve({ send, close: () => Promise.resolve() }),
      onResult: (result, spans) => (counted[result] += spans),
      onFailure: () => undefined,
      capacity,
      batchSize: 2,
      delayMs: 5
    })
    return { counted, add: (count: number) => Array.from({ length: count }, () => opened.add(span)), opened }
  }

  test('sends full batches at once and the rest a little later', async () => {
    const sizes: number[] = []
    const { counted, add } = queue((spans) => Promise.resolve(void sizes.push(spans.length)))
    add(5)
    while (counted.sent < 5) await sleep(1)
    expect(sizes).toEqual([2, 2, 1])
  })

  test('drops what does not fit while the receiver hangs, and ends within a second or so', async () => {
    const { counted, add, opened } = queue(() => new Promise(() => undefined))
    add(100)
    expect(counted.dropped).toBe(90)
    const started = performance.now()
    await opened.close()
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(counted).toEqual({ sent: 0, failed: 0, dropped: 98 })
  })

  test('counts what the receiver refused and goes on with the next', async () => {
    let calls = 0
    const { counted, add, opened } = queue(() =>
      (calls += 1) === 1 ? Promise.reject(new Error('503')) : Promise.resolve()
    )
    add(4)
    await opened.close()
    expect(counted).toEqual({ sent: 2, failed: 2, dropped: 0 })
    add(1)
    expect(counted.dropped).toBe(1)
  })
})
