import { metrics, spans as declaredSpans, logFields } from '@alexandrite/catalogue'
import type { Metric } from '@alexandrite/catalogue'
import { describe, expect, it } from '@jest/globals'
import type { LogLine, Span } from '../stack/queries.ts'
import { emittedProblems } from './emitted.ts'
import { logProblems } from './logs.ts'
import type { Labels } from './owners.ts'
import { seriesProblems } from './series.ts'
import type { Expected } from './series.ts'
import { spanProblems } from './spans.ts'

const LOADED: Expected = {
  services: ['mes-api', 'shop-api', 'alexandrite-proxy', 'alexandrite-operator', 'redis'],
  phase: 'Loaded'
}

const one = (metric: Metric, service: string): Labels => ({
  __name__: metric.type === 'histogram' ? `${metric.name}_count` : metric.name,
  job: service,
  instance: '127.0.0.1:1',
  service,
  ...Object.fromEntries(
    Object.entries(metric.labels).map(([name, { values }]) => [name, values?.[0] ?? 'some'])
  )
})

/** What a demo would show where everything is as declared. */
const allSeries = (): Labels[] =>
  metrics.flatMap((metric) =>
    metric.services.filter((name) => LOADED.services.includes(name)).map((service) => one(metric, service))
  )

const NAMES: Readonly<Record<string, string>> = {
  '{method} {route}': 'GET /api/orders/:id',
  '{query}': 'mes.order_card',
  '{method} {path of the rule}': 'GET /api/orders',
  '{method}': 'GET',
  'reconcile {controller}': 'reconcile admission-certificates',
  '{method} {plural}': 'PATCH cachetiers/status'
}
const allSpans = (): Span[] =>
  declaredSpans.flatMap(({ name, kind, services, attributes }) =>
    services.map((service) => ({
      traceId: '1',
      spanId: '2',
      parentId: undefined,
      service,
      name: NAMES[name] ?? name,
      tags: { 'span.kind': kind, ...Object.fromEntries(attributes.map((each) => [each.name, 'some'])) }
    }))
  )

const allLines = (): LogLine[] =>
  LOADED.services
    .filter((name) => name !== 'redis')
    .map((service) => ({
      labels: { service_name: service, level: 'info', trace_id: '1' },
      time: new Date(),
      line: JSON.stringify(
        Object.fromEntries(
          logFields
            .filter(
              ({ services, presence }) =>
                services.includes(service) && (presence === 'Always' || presence === 'OnUse')
            )
            .map(({ name }) => [name, 'some'])
        )
      )
    }))

describe('series', () => {
  it('are as declared where every declared one is there', () => {
    expect(seriesProblems(allSeries(), LOADED)).toEqual([])
  })

  it('of metrics that count use may be missing while there is no load', () => {
    const idle = allSeries().filter(({ __name__ = '' }) => !__name__.startsWith('alexandrite_proxy_requests'))
    expect(seriesProblems(idle, { ...LOADED, phase: 'Idle' })).toEqual([])
    expect(seriesProblems(idle, LOADED)).toEqual([
      expect.stringContaining('alexandrite-proxy does not emit alexandrite_proxy_requests_total')
    ])
  })

  it.each([
    [
      'a name that nobody declares',
      { __name__: 'mes_secret_total', service: 'mes-api' },
      'emits mes_secret_total'
    ],
    [
      'a name of another service',
      { __name__: 'alexandrite_proxy_requests_total', service: 'mes-api' },
      'mes-api emits alexandrite_proxy_requests_total'
    ],
    [
      'a label that nobody declares',
      { __name__: 'orders_in_state', service: 'mes-api', state: 'CLOSED', order: '17' },
      'orders_in_state has the label order'
    ],
    [
      'a value that is none of those declared',
      { __name__: 'orders_in_state', service: 'mes-api', state: 'LOST' },
      'orders_in_state has state="LOST"'
    ],
    ['a recorded name that nobody declares', { __name__: 'nobody:up:sum' }, 'a rule records nobody:up:sum']
  ])('with %s are told', (_, labels, sentence) => {
    expect(seriesProblems([...allSeries(), labels], LOADED)).toEqual([expect.stringContaining(sentence)])
  })

  it('of foreign software may have other names of its family', () => {
    expect(
      seriesProblems([...allSeries(), { __name__: 'redis_aof_enabled', service: 'redis' }], LOADED)
    ).toEqual([])
    expect(seriesProblems([...allSeries(), { __name__: 'node_load1', service: 'redis' }], LOADED)).toEqual([
      expect.stringContaining('redis emits node_load1')
    ])
  })

  it('of services that do not run are nobody’s concern', () => {
    const rabbit = { __name__: 'rabbitmq_strange', service: 'rabbitmq' }
    expect(seriesProblems([...allSeries(), rabbit], LOADED)).toEqual([])
  })

  it('with more values of a label than declared are told, by instance', () => {
    const routes = Array.from({ length: 30 }, (_, i) => ({
      __name__: 'http_request_duration_seconds_count',
      service: 'mes-api',
      instance: `127.0.0.1:${(i % 2) + 1}`,
      method: 'GET',
      route: `/r${i}`,
      status: '200'
    }))
    expect(seriesProblems([...allSeries(), ...routes], LOADED)).toEqual([])
    const oneInstance = routes.map((labels) => ({ ...labels, instance: '127.0.0.1:1' }))
    expect(seriesProblems([...allSeries(), ...oneInstance], LOADED)).toEqual([
      expect.stringContaining('of mes-api 127.0.0.1:1: route has 31 values, declared are 16 at most')
    ])
  })
})

describe('spans', () => {
  const span = (name: string, tags: Labels = {}, kind = 'server'): Span => ({
    traceId: '1',
    spanId: '3',
    parentId: undefined,
    service: 'mes-api',
    name,
    tags: { 'span.kind': kind, ...tags }
  })

  it('are as declared where every declared one is there', () => {
    expect(spanProblems(allSpans(), LOADED)).toEqual([])
  })

  it.each([
    ['an id in the name', span('GET /api/orders/17'), 'the server span "GET /api/orders/17"'],
    ['another kind', span('GET /api/orders', {}, 'producer'), 'the producer span "GET /api/orders"'],
    ['an attribute that nobody declares', span('GET /api/orders', { 'user.email': 'x' }), 'user.email']
  ])('with %s are told', (_, strange, sentence) => {
    expect(spanProblems([...allSpans(), strange], LOADED)).toEqual([expect.stringContaining(sentence)])
  })

  it('that are declared and missing are told, and so are their attributes', () => {
    const none = allSpans().filter(({ service }) => service !== 'shop-api')
    expect(spanProblems(none, LOADED)).toContain(
      'shop-api emits no server span "{method} {route}", which is declared'
    )
    const bare = allSpans().map(({ tags: { 'order.id': _, ...tags }, ...rest }) => ({ ...rest, tags }))
    expect(spanProblems(bare, LOADED)).toContain(
      'mes-api: no span "{method} {route}" has the attribute order.id, which is declared'
    )
  })
})

describe('log lines', () => {
  const line = (fields: object, labels: Labels = {}): LogLine => ({
    labels: { service_name: 'mes-api', ...labels },
    time: new Date(),
    line: JSON.stringify({ level: 30, time: 1, msg: 'x', service: 'mes-api', ...fields })
  })

  it('are as declared where every declared field is there', () => {
    expect(logProblems(allLines(), LOADED)).toEqual([])
  })

  it.each([
    ['a field that nobody declares', line({ customer: 'Ada' }), 'mes-api writes the field customer'],
    [
      'a label that nobody declares',
      line({}, { customer: 'Ada' }),
      'lines of mes-api have the label customer'
    ],
    [
      'text instead of JSON',
      { ...line({}), line: 'listening' },
      'mes-api writes a line that is no JSON object'
    ],
    ['a field of each line missing', line({ msg: undefined }), 'mes-api writes a line without the field msg']
  ])('with %s are told, and not repeated', (_, strange, sentence) => {
    const problems = logProblems([...allLines(), strange], LOADED)
    expect(problems).toEqual([expect.stringContaining(sentence)])
    expect(problems[0]).not.toContain('Ada')
  })

  it('that are missing are told', () => {
    const none = allLines().filter(({ labels }) => labels.service_name !== 'shop-api')
    expect(logProblems(none, LOADED)).toEqual(['shop-api has no log lines'])
  })
})

it('asks Prometheus, Jaeger and Loki', async () => {
  const asked: string[] = []
  const problems = await emittedProblems(
    {
      promSeries: () => Promise.resolve(allSeries()),
      jaegerSearch: ({ service }) => {
        asked.push(service)
        return Promise.resolve([{ id: '1', spans: allSpans().filter((each) => each.service === service) }])
      },
      lokiQuery: (query) => {
        asked.push(query)
        return Promise.resolve(allLines().filter(({ labels }) => query.includes(labels.service_name ?? '-')))
      }
    },
    LOADED
  )
  expect(problems).toEqual([])
  expect(asked).toEqual([
    'mes-api',
    'shop-api',
    'alexandrite-proxy',
    'alexandrite-operator',
    '{service_name="mes-api"}',
    '{service_name="shop-api"}',
    '{service_name="alexandrite-proxy"}',
    '{service_name="alexandrite-operator"}'
  ])
})
