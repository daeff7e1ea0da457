import { expect, test } from '@jest/globals'
import { aborted } from './health-server.ts'
import { Manager, shutdownSignal } from './manager.ts'
import type { Runnable } from './runnable.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { silentLog } from './types.ts'

const part = (
  name: string,
  journal: string[],
  end: () => Promise<void> = () => Promise.resolve()
): Runnable => ({
  name,
  run: async (signal) => {
    journal.push(`+${name}`)
    await aborted(signal)
    await end()
    journal.push(`-${name}`)
  }
})

const setUp = () => {
  const clock = new FakeClock()
  const journal: string[] = []
  const manager = new Manager({ log: silentLog, clock, shutdownTimeout: 1_000 })
  return { clock, journal, manager, stop: new AbortController() }
}

test('parts start servers first and end in the opposite order', async () => {
  const { clock, journal, manager, stop } = setUp()
  manager
    .addController(part('controller', journal))
    .addCache(part('informer', journal))
    .addServer(part('health', journal))
    .addServer(part('webhook', journal))
  const running = manager.run(stop.signal)
  await clock.advance(1)
  expect([...journal]).toEqual(['+health', '+webhook', '+informer', '+controller'])
  expect(manager.isStopping()).toBe(false)
  stop.abort()
  await running
  expect(manager.isStopping()).toBe(true)
  expect(journal.slice(4)).toEqual(['-controller', '-informer', '-webhook', '-health'])
})

test('a part that fails ends all others, and the run says why', async () => {
  const { journal, manager, stop } = setUp()
  const broken: Runnable = { name: 'broken', run: () => Promise.reject(new Error('EADDRINUSE')) }
  manager.addServer(part('health', journal)).addController(part('controller', journal)).addServer(broken)
  await expect(manager.run(stop.signal)).rejects.toThrow('EADDRINUSE')
  expect(journal).toContain('-health')
  expect(journal).toContain('-controller')
})

test('a controller that fails ends the others and the run', async () => {
  const { journal, manager, stop } = setUp()
  const broken: Runnable = { name: 'broken', run: () => Promise.reject(new Error('defect')) }
  manager.addController(part('controller', journal)).addController(broken)
  await expect(manager.run(stop.signal)).rejects.toThrow('defect')
  expect(journal).toEqual(['+controller', '-controller'])
})

test('a part that does not end makes the shutdown fail in time, by name', async () => {
  const { clock, journal, manager, stop } = setUp()
  manager
    .addServer(part('health', journal))
    .addCache(part('stuck', journal, () => new Promise(() => undefined)))
  const running = manager.run(stop.signal)
  const failure = running.catch((error: unknown) => error)
  stop.abort()
  await clock.advance(1_000)
  expect(await failure).toMatchObject({
    message: 'the shutdown took longer than 1000 ms; still running: stuck, health'
  })
})

test('SIGTERM is heard once, and leaves no listener behind', () => {
  const before = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')
  const signal = shutdownSignal()
  process.emit('SIGTERM')
  expect(signal.aborted).toBe(true)
  expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(before)
})
