import { afterEach, expect, test } from '@jest/globals'
import { EventRecorder, type EventNote } from './event-recorder.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { clientFor, newMetrics, recordingLog, sample, startWire, type Exchange } from './testing/wire.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const setUp = async (answer: (exchange: Exchange) => void = (exchange) => exchange.json(201, {})) => {
  const seen: Exchange[] = []
  const wire = await startWire((exchange) => {
    seen.push(exchange)
    answer(exchange)
  })
  const metrics = newMetrics()
  const clock = new FakeClock()
  const client = clientFor(wire.connection, metrics)
  closers.push(wire.close, () => client.close())
  const identity = { controller: 'alexandrite.dev/operator', instance: 'operator-0' }
  const recorder = new EventRecorder({ client, ...identity, metrics, log: recordingLog(), clock })
  const bodies = (): unknown[] => seen.map(({ body }): unknown => JSON.parse(body))
  const result = (name: string): Promise<number> =>
    sample(metrics, 'alexandrite_events_total', { result: name })
  return { recorder, clock, seen, bodies, result }
}

const note = (text: string, name = 'mes-api'): EventNote => ({
  regarding: { apiVersion: 'alexandrite.dev/v1alpha1', kind: 'CacheTier', namespace: 'mes', name },
  type: 'Warning',
  reason: 'WorkloadMissing',
  note: text
})

test('an event becomes an Event', async () => {
  const { recorder, seen, bodies, result } = await setUp()
  recorder.record(note('y'.repeat(2_000)))
  await recorder.flush()
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /apis/events.k8s.io/v1/namespaces/mes/events'
  ])
  expect(bodies()[0]).toMatchObject({
    kind: 'Event',
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'alexandrite.dev/operator',
    reportingInstance: 'operator-0',
    action: 'Reconcile',
    reason: 'WorkloadMissing',
    type: 'Warning',
    note: 'y'.repeat(1_024)
  })
  expect(await result('written')).toBe(1)
})

test('equal events are counted, and written as a series', async () => {
  const { recorder, seen, bodies, clock } = await setUp()
  recorder.record(note('one'))
  await recorder.flush()
  for (let i = 0; i < 5; i++) recorder.record(note('one'))
  await clock.advance(1_000)
  recorder.record(note('one'))
  await recorder.flush()
  await recorder.flush()
  expect(seen.map(({ method }) => method)).toEqual(['POST', 'PATCH'])
  expect(bodies()[1]).toEqual({ series: { count: 7, lastObservedTime: '2026-01-01T00:00:01.000000Z' } })
})

test('the same event much later is a new one', async () => {
  const { recorder, seen, clock } = await setUp()
  recorder.record(note('one'))
  await recorder.flush()
  await clock.advance(400_000)
  recorder.record(note('one'))
  await recorder.flush()
  expect(seen.map(({ method }) => method)).toEqual(['POST', 'POST'])
})

test('an object that never stops talking is rationed, and the others are not', async () => {
  const { recorder, seen, result } = await setUp()
  for (let i = 0; i < 100; i++) recorder.record(note(`sentence ${i}`))
  recorder.record(note('quiet', 'shop-api'))
  await recorder.flush()
  expect(seen).toHaveLength(26)
  expect(await result('dropped')).toBe(75)
})

test('an API server that refuses or is gone holds nobody up', async () => {
  const { recorder, result } = await setUp((exchange) =>
    exchange.body.includes('"refused"') ? exchange.status(403, 'Forbidden') : exchange.reset()
  )
  recorder.record(note('refused'))
  recorder.record(note('reset'))
  await recorder.flush()
  expect(await result('failed')).toBe(2)
})

test('what is left is written at the end', async () => {
  const { recorder, seen, clock } = await setUp()
  const stop = new AbortController()
  const running = recorder.run(stop.signal)
  await clock.advance(100)
  recorder.record(note('last words'))
  stop.abort()
  await running
  expect(seen).toHaveLength(1)
})
