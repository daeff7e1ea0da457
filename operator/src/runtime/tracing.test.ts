import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { SpanStatusCode } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { Controller, requeueAfter, success, TerminalError, type Reconcile } from './controller.ts'
import type { KubeClient } from './kube-client.ts'
import { openTracing } from './otlp.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { clientFor, CONFIG_MAPS, configMap, newMetrics, recordingLog, startWire } from './testing/wire.ts'
import { Tracing } from './tracing.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const shown = ({ name, attributes, status }: ReadableSpan) => ({
  name,
  attributes,
  failed: status.code === SpanStatusCode.ERROR
})

/** Reconciles one key with a client of an API server that refuses what is called "bad"; returns the spans. */
const spansOf = async (
  reconcile: (client: KubeClient) => Reconcile,
  { key = 'mes/tier', traced = true } = {}
): Promise<readonly ReadableSpan[]> => {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracing = traced ? new Tracing(provider.getTracer('test')) : new Tracing()
  const wire = await startWire((exchange) =>
    exchange.path.includes('bad') ? exchange.status(422, 'Invalid') : exchange.json(200, configMap('a', 1))
  )
  const metrics = newMetrics()
  const client = clientFor(wire.connection, metrics, { tracing })
  closers.push(wire.close, () => client.close())
  const ended = Promise.withResolvers<void>()
  const work = reconcile(client)
  const controller = new Controller({
    name: 'tiers',
    metrics,
    log: recordingLog(),
    clock: new FakeClock(),
    tracing,
    reconcile: async (...args) => {
      try {
        return await work(...args)
      } finally {
        ended.resolve()
      }
    }
  })
  const stop = new AbortController()
  const running = controller.run(stop.signal)
  controller.enqueue(key)
  await ended.promise
  await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await running
  await client.patch(CONFIG_MAPS, { namespace: 'default', name: 'outside' }, {})
  return exporter.getFinishedSpans()
}

const where = { namespace: 'mes', name: 'a' }
const object = { metadata: where }

describe('a reconcile', () => {
  test('is a trace with the object, the result and each write to the API server', async () => {
    const spans = await spansOf((client) => async () => {
      await client.get(CONFIG_MAPS, where)
      await client.apply(CONFIG_MAPS, object)
      await client.applyStatus(CONFIG_MAPS, object)
      await client.create(CONFIG_MAPS, object)
      await client.delete(CONFIG_MAPS, where)
      await client.evict({ namespace: 'mes', name: 'pod-1' })
      return requeueAfter(1000)
    })
    const named = { 'k8s.namespace.name': 'mes', 'k8s.resource.name': 'a' }
    expect(spans.map(shown)).toEqual([
      { name: 'PATCH configmaps', attributes: { 'http.request.method': 'PATCH', ...named }, failed: false },
      {
        name: 'PATCH configmaps/status',
        attributes: { 'http.request.method': 'PATCH', ...named },
        failed: false
      },
      {
        name: 'POST configmaps',
        attributes: { 'http.request.method': 'POST', 'k8s.namespace.name': 'mes' },
        failed: false
      },
      { name: 'DELETE configmaps', attributes: { 'http.request.method': 'DELETE', ...named }, failed: false },
      {
        name: 'POST pods/eviction',
        attributes: { 'http.request.method': 'POST', ...named, 'k8s.resource.name': 'pod-1' },
        failed: false
      },
      {
        name: 'reconcile tiers',
        attributes: {
          controller: 'tiers',
          'k8s.namespace.name': 'mes',
          'k8s.resource.name': 'tier',
          'reconcile.result': 'requeue_after'
        },
        failed: false
      }
    ])
    const root = spans.at(-1)?.spanContext()
    expect(spans.slice(0, -1).map((span) => span.parentSpanContext?.spanId)).toEqual(
      spans.slice(0, -1).map(() => root?.spanId)
    )
  })

  test('that the API server refuses says why, and repeats nothing of what was sent', async () => {
    const spans = await spansOf((client) => async () => {
      await client.apply(CONFIG_MAPS, { metadata: { namespace: 'mes', name: 'bad' } })
      return success
    })
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(['Invalid', 'Invalid'])
    expect(spans.map((span) => shown(span).failed)).toEqual([true, true])
    expect(JSON.stringify(spans.map(({ status, events }) => [status, events]))).not.toContain('it is')
  })

  test('that fails on its own names the kind of error', async () => {
    const spans = await spansOf(() => () => Promise.reject(new TerminalError('no')), { key: 'entry' })
    expect(spans.map(shown)).toEqual([
      {
        name: 'reconcile tiers',
        attributes: { controller: 'tiers', 'k8s.resource.name': 'entry', 'error.type': 'TerminalError' },
        failed: true
      }
    ])
  })

  test('leaves no trace without a receiver', async () => {
    const spans = await spansOf(
      (client) => async () => {
        await client.apply(CONFIG_MAPS, object)
        return success
      },
      { traced: false }
    )
    expect(spans).toEqual([])
  })
})

describe('spans', () => {
  test('reach their receiver at the end, with the name of the operator', async () => {
    const bodies: string[] = []
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()))
      request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => server.close(resolve)))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const traces = openTracing({ endpoint, namespace: 'alexandrite-system', pod: 'operator-0' })
    await traces.tracing.reconcile('tiers', 'mes/tier', () => Promise.resolve(success))
    await traces.close()
    const sent = bodies.join('')
    for (const part of ['alexandrite-operator', 'operator-0', 'reconcile tiers']) expect(sent).toContain(part)
  })

  test('for a receiver that is away do not hold up the end', async () => {
    const traces = openTracing({ endpoint: 'http://127.0.0.1:1', namespace: 'a', pod: 'b' })
    await traces.tracing.reconcile('tiers', 'mes/tier', () => Promise.resolve(success))
    const started = performance.now()
    await traces.close()
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
