import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FakeClock } from './testing/fake-clock.ts'
import { newMetrics, sample } from './testing/wire.ts'
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts'

const setUp = (options: Partial<WorkQueueOptions> = {}) => {
  const clock = new FakeClock()
  const metrics = newMetrics()
  return { clock, metrics, queue: new WorkQueue({ name: 'q', metrics, clock, ...options }) }
}

const drain = async (queue: WorkQueue): Promise<string[]> => {
  const keys: string[] = []
  while (queue.length > 0) {
    const key = (await queue.get()) ?? ''
    keys.push(key)
    queue.done(key)
  }
  return keys
}

describe('a queue', () => {
  test('keeps one of each key, in the order they came', async () => {
    const { queue } = setUp()
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
    expect(await drain(queue)).toEqual(['a', 'b', 'c'])
  })

  test('gives a key that was added while it was worked on once more, after it is done', async () => {
    const { queue } = setUp()
    queue.add('a')
    expect(await queue.get()).toBe('a')
    queue.add('a')
    queue.add('a')
    expect(queue.length).toBe(0)
    queue.done('a')
    expect(await drain(queue)).toEqual(['a'])
  })

  test('wakes the worker that waits', async () => {
    const { queue } = setUp()
    const first = queue.get()
    const second = queue.get()
    queue.add('a')
    queue.add('b')
    expect(await Promise.all([first, second])).toEqual(['a', 'b'])
  })

  test('frees a worker whose signal aborts, and loses no key by it', async () => {
    const { queue } = setUp()
    const stop = new AbortController()
    const waiting = queue.get(stop.signal)
    stop.abort()
    expect(await waiting).toBeUndefined()
    queue.add('a')
    expect(await queue.get()).toBe('a')
  })

  test('frees everybody at shutdown, and takes nothing more', async () => {
    const { queue, clock } = setUp()
    const waiting = queue.get()
    queue.addAfter('later', 10)
    queue.shutDown()
    queue.add('a')
    expect(await waiting).toBeUndefined()
    expect(await queue.get()).toBeUndefined()
    expect(clock.pending()).toEqual([])
  })

  test('adds later at the earliest of the asked times', async () => {
    const { queue, clock } = setUp()
    queue.addAfter('a', 1_000)
    queue.addAfter('a', 100)
    queue.addAfter('a', 500)
    await clock.advance(99)
    expect(queue.length).toBe(0)
    await clock.advance(1)
    expect(await drain(queue)).toEqual(['a'])
    await clock.advance(10_000)
    expect(queue.length).toBe(0)
  })
})

describe('retries', () => {
  test('double from 5 ms to 1,000 s, and start anew when the key is forgotten', async () => {
    const { queue, clock } = setUp({ qps: 1e9 })
    const delays: number[] = []
    for (let i = 0; i < 20; i++) {
      queue.addRateLimited('a')
      const delay = clock.pending()[0] ?? 0
      delays.push(delay)
      await clock.advance(delay)
      await drain(queue)
    }
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40])
    expect(delays[19]).toBe(1_000_000)
    expect(queue.retries('a')).toBe(20)
    queue.forget('a')
    queue.addRateLimited('a')
    expect(clock.pending()).toEqual([5])
  })

  test('share one bucket: 100 at once, then ten a second', () => {
    const { queue, clock } = setUp()
    for (let i = 0; i < 120; i++) queue.addRateLimited(`key-${i}`)
    expect(clock.pending().filter((delay) => delay === 5)).toHaveLength(100)
    expect(Math.max(...clock.pending())).toBeCloseTo(2_000)
  })

  test('never come before the server’s wish', () => {
    const { queue, clock } = setUp()
    queue.addRateLimited('a', 7_000)
    expect(clock.pending()).toEqual([7_000])
  })
})

test('metrics have client-go’s names and meaning', async () => {
  const { queue, clock, metrics } = setUp()
  queue.add('a')
  queue.add('b')
  await clock.advance(2_000)
  await queue.get()
  await clock.advance(3_000)
  expect(await sample(metrics, 'workqueue_depth')).toBe(1)
  expect(await sample(metrics, 'workqueue_adds_total')).toBe(2)
  expect(await sample(metrics, 'workqueue_unfinished_work_seconds')).toBe(3)
  expect(await sample(metrics, 'workqueue_longest_running_processor_seconds')).toBe(3)
  queue.done('a')
  queue.addRateLimited('a')
  expect(await sample(metrics, 'workqueue_retries_total')).toBe(1)
  expect(await metrics.registry.metrics()).toContain(
    'workqueue_queue_duration_seconds_sum{name="q",controller="q"} 2'
  )
  expect(await metrics.registry.metrics()).toContain(
    'workqueue_work_duration_seconds_sum{name="q",controller="q"} 3'
  )
})

describe('whatever happens in whatever order', () => {
  const keys = fc.constantFrom('a', 'b', 'c', 'd')
  const action = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: keys }),
    fc.record({ do: fc.constant('after' as const), key: keys, delay: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ do: fc.constant('retry' as const), key: keys }),
    fc.record({ do: fc.constant('wait' as const), delay: fc.integer({ min: 1, max: 30 }) })
  )

  test('no key is worked on twice at once, and none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1 }),
        async (actions, workers, durations) => {
          const { queue, clock } = setUp()
          const busy = new Set<string>()
          /** Keys that somebody wanted since their work last began. */
          const wanted = new Set<string>()
          let turn = 0
          const work = async (): Promise<void> => {
            for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
              expect(busy.has(key)).toBe(false)
              busy.add(key)
              wanted.delete(key)
              const duration = durations[turn++ % durations.length] ?? 0
              await new Promise<void>((resolve) => clock.after(duration, resolve))
              busy.delete(key)
              queue.done(key)
            }
          }
          const working = Array.from({ length: workers }, work)
          for (const each of actions) {
            if (each.do === 'wait') await clock.advance(each.delay)
            else wanted.add(each.key)
            if (each.do === 'add') queue.add(each.key)
            if (each.do === 'after') queue.addAfter(each.key, each.delay)
            if (each.do === 'retry') queue.addRateLimited(each.key)
          }
          await clock.advance(3_000_000)
          expect([...wanted]).toEqual([])
          expect(busy.size).toBe(0)
          queue.shutDown()
          await Promise.all(working)
        }
      ),
      { numRuns: 100 }
    )
  })
})
