import { describe, expect, test } from '@jest/globals'
import { ApiError } from './api-error.ts'
import { sleep } from './clock.ts'
import {
  Controller,
  requeue,
  requeueAfter,
  success,
  TerminalError,
  type ControllerOptions,
  type Reconcile
} from './controller.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { newMetrics, recordingLog, sample } from './testing/wire.ts'

const setUp = (reconcile: Reconcile, options: Partial<ControllerOptions> = {}) => {
  const clock = new FakeClock()
  const metrics = newMetrics()
  const log = recordingLog()
  const controller = new Controller({ name: 'tiers', reconcile, metrics, log, clock, ...options })
  const stop = new AbortController()
  const total = (result: string): Promise<number> =>
    sample(metrics, 'controller_runtime_reconcile_total', { result })
  return { clock, metrics, controller, stop, total, messages: log.messages }
}

test('outcomes are counted from zero', async () => {
  const { metrics } = setUp(() => Promise.resolve(success))
  const text = await metrics.registry.metrics()
  for (const result of ['success', 'error', 'requeue', 'requeue_after']) {
    expect(text).toContain(`controller_runtime_reconcile_total{controller="tiers",result="${result}"} 0`)
  }
  expect(text).toContain('controller_runtime_max_concurrent_reconciles{controller="tiers"} 1')
  expect(text).toContain('controller_runtime_terminal_reconcile_errors_total{controller="tiers"} 0')
  expect(text).toContain('controller_runtime_reconcile_panics_total{controller="tiers"} 0')
})

describe('a key whose reconcile', () => {
  const run = async (reconcile: Reconcile, duration: number) => {
    let calls = 0
    const setting = setUp((key, signal) => {
      calls += 1
      return reconcile(key, signal)
    })
    const running = setting.controller.run(setting.stop.signal)
    setting.controller.enqueue('a')
    await setting.clock.advance(duration)
    setting.stop.abort()
    await running
    return { ...setting, calls }
  }

  test('succeeds rests', async () => {
    const { calls, total, metrics } = await run(() => Promise.resolve(success), 3_600_000)
    expect([calls, await total('success')]).toEqual([1, 1])
    expect(await metrics.registry.metrics()).toContain('reconcile_time_seconds_count{controller="tiers"} 1')
  })

  test('asks for it comes again with growing delays', async () => {
    const { calls, total } = await run(() => Promise.resolve(requeue), 5 + 10 + 20)
    expect([calls, await total('requeue')]).toEqual([4, 4])
  })

  test('names a time comes again then', async () => {
    const { calls, total } = await run(() => Promise.resolve(requeueAfter(1_000)), 3_500)
    expect([calls, await total('requeue_after')]).toEqual([4, 4])
  })

  test('fails comes again with growing delays', async () => {
    const { calls, total, metrics } = await run(() => Promise.reject(new Error('no')), 5 + 10 + 20)
    expect([calls, await total('error')]).toEqual([4, 4])
    expect(await sample(metrics, 'controller_runtime_reconcile_errors_total')).toBe(4)
    expect(await sample(metrics, 'controller_runtime_reconcile_panics_total')).toBe(0)
  })

  test('meets a busy server comes again when the server wishes', async () => {
    const { calls } = await run(() => Promise.reject(new ApiError(429, '', 'busy', 10_000)), 9_999)
    expect(calls).toBe(1)
  })

  test('fails for good rests', async () => {
    const { calls, metrics, total } = await run(() => Promise.reject(new TerminalError('never')), 3_600_000)
    expect([calls, await total('error')]).toEqual([1, 1])
    expect(await sample(metrics, 'controller_runtime_terminal_reconcile_errors_total')).toBe(1)
  })

  test.each<[string, Reconcile]>([
    ['has a defect', () => Promise.reject(new TypeError('undefined is no function'))],
    [
      'throws before it returns a promise',
      () => {
        throw new ReferenceError('no such thing')
      }
    ],
    ['throws what is no Error', () => Promise.reject(JSON.parse('"a string"') as Error)]
  ])('%s counts as a panic and is tried again', async (_what, reconcile) => {
    const { calls, metrics } = await run(reconcile, 5)
    expect(calls).toBe(2)
    expect(await sample(metrics, 'controller_runtime_reconcile_panics_total')).toBe(2)
  })
})

test('a reconcile that takes longer than its time is aborted', async () => {
  let aborts = 0
  const hang: Reconcile = (_key, signal) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => {
        aborts += 1
        reject(new Error('aborted'))
      })
    )
  const { controller, clock, stop, total } = setUp(hang, { timeout: 1_000 })
  const running = controller.run(stop.signal)
  controller.enqueue('a')
  await clock.advance(1_000)
  expect([aborts, await total('error')]).toEqual([1, 1])
  stop.abort()
  await running
})

test('as many workers as asked for, and one key at a time', async () => {
  const busy = new Set<string>()
  let most = 0
  const { controller, clock, stop, metrics } = setUp(
    async (key) => {
      expect(busy.has(key)).toBe(false)
      busy.add(key)
      most = Math.max(most, busy.size)
      await sleep(clock, 100)
      busy.delete(key)
      return success
    },
    { workers: 3 }
  )
  const running = controller.run(stop.signal)
  for (const key of ['a', 'b', 'c', 'd', 'e']) controller.enqueue(key)
  await clock.advance(50)
  controller.enqueue('a')
  expect(await sample(metrics, 'controller_runtime_active_workers')).toBe(3)
  await clock.advance(1_000)
  expect([most, busy.size]).toEqual([3, 0])
  expect(await sample(metrics, 'controller_runtime_active_workers')).toBe(0)
  stop.abort()
  await running
})

test('nothing is reconciled before the informers have synced', async () => {
  const synced = Promise.withResolvers<boolean>()
  const seen: string[] = []
  const { controller, clock, stop } = setUp(
    (key) => {
      seen.push(key)
      return Promise.resolve(success)
    },
    { informers: [{ synced: () => synced.promise }] }
  )
  controller.enqueue('a')
  const running = controller.run(stop.signal)
  await clock.advance(100)
  expect(seen).toEqual([])
  synced.resolve(true)
  await clock.advance(100)
  expect(seen).toEqual(['a'])
  stop.abort()
  await running
})

test('after its end no timer is left, and what waited comes first the next time', async () => {
  const { controller, clock, stop } = setUp(() => Promise.resolve(requeueAfter(86_400_000)))
  const running = controller.run(stop.signal)
  controller.enqueue('a')
  await clock.advance(10)
  stop.abort()
  await running
  expect([clock.pending(), controller.queue.length]).toEqual([[], 1])
})

test('a reconcile cut short at the end is no error, and a later run takes all keys up again', async () => {
  const seen: string[] = []
  let hangs = true
  const { controller, clock, total, stop } = setUp(
    (key, signal) => {
      seen.push(key)
      if (!hangs) return Promise.resolve(success)
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('cut')))
      )
    },
    { keys: () => ['a', 'b'] }
  )
  const running = controller.run(stop.signal)
  await clock.advance(10)
  stop.abort()
  await running
  expect(await total('error')).toBe(0)
  hangs = false
  const again = new AbortController()
  const rerun = controller.run(again.signal)
  await clock.advance(10)
  again.abort()
  await rerun
  expect(seen.sort()).toEqual(['a', 'a', 'b'])
})
