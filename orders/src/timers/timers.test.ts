import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { noticeDatabase, quietLog, registry } from '../../test/notice-kit.ts'
import type { TestDatabase } from '../../test/notice-kit.ts'
import { transaction } from '../service/database.ts'
import { readClock, setClock } from './clock.ts'
import { timerMetrics } from './metrics.ts'
import { fireDue, startTimerRunner } from './runner.ts'
import type { TimerRunnerOptions } from './runner.ts'
import { cancelTimers, setTimers } from './timers.ts'

const HOUR = 3_600_000

describe('timers', () => {
  let database: TestDatabase
  const metrics = registry()
  let options: TimerRunnerOptions

  beforeAll(async () => {
    database = await noticeDatabase()
    const { pool } = database
    await pool.query('CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY, key text)')
    options = {
      pool,
      kind: 'test',
      log: quietLog,
      metrics: timerMetrics({ registry: metrics, pool, log: quietLog, kind: 'test' }),
      handle: async ({ key }, client) =>
        void (await client.query('INSERT INTO effect (key) VALUES ($1)', [key]))
    }
  }, 120_000)
  afterEach(async () => {
    await database.pool.query('TRUNCATE timers.timer, timers.clock, effect')
  })
  afterAll(() => database.stop())

  const set = (key: string, dueAt: Date, subject = key): Promise<boolean> =>
    transaction(database.pool, (client) =>
      setTimers(client, [{ key, kind: 'test', subject, dueAt, payload: { key } }])
    ).then((count) => count === 1)
  const cancel = (subject: string): Promise<number> =>
    transaction(database.pool, (client) => cancelTimers(client, subject))
  const effects = async (): Promise<string[]> => {
    const { rows } = await database.pool.query<{ key: string }>('SELECT key FROM effect ORDER BY id')
    return rows.map(({ key }) => key)
  }
  const past = (): Date => new Date(Date.now() - HOUR)
  const future = (): Date => new Date(Date.now() + HOUR)

  it('fire once by their key, whoever looks, and in the order of their times', async () => {
    await set('late', new Date(Date.now() - 1000))
    await set('early', past())
    await set('future', future())
    await fireDue(options)
    await Promise.all([fireDue(options), fireDue(options), fireDue(options)])
    expect(await effects()).toEqual(['early', 'late'])
    expect(await set('early', past())).toBe(false)
    await fireDue(options)
    expect(await effects()).toEqual(['early', 'late'])
  })

  it('of several pods share the work and fire each once', async () => {
    for (let n = 0; n < 40; n += 1) await set(`t${n}`, past())
    const rounds = Array.from({ length: 8 }, () => fireDue({ ...options, batch: 10 }))
    await Promise.all(rounds)
    while ((await fireDue(options)) > 0);
    expect((await effects()).toSorted()).toEqual(Array.from({ length: 40 }, (_, n) => `t${n}`).toSorted())
  })

  it('that were moved fire at their new time, and cancelled ones never', async () => {
    await set('moved', past())
    expect(await set('moved', future())).toBe(true)
    await set('cancelled', past(), 'order/1')
    expect(await cancel('order/1')).toBe(1)
    expect(await set('cancelled', past(), 'order/1')).toBe(false)
    expect(await fireDue(options)).toBe(0)
    await setClock(database.pool, { now: new Date(Date.now() + 2 * HOUR), rate: 1 })
    await fireDue(options)
    expect(await effects()).toEqual(['moved'])
  })

  it('take back their effect when it fails, fire the others, and try again', async () => {
    await set('bad', past())
    await set('good', new Date())
    let failures = 2
    const failing: TimerRunnerOptions = {
      ...options,
      handle: async (timer, client) => {
        await options.handle(timer, client)
        if (timer.key === 'bad' && (failures -= 1) >= 0) throw new TypeError('not now')
      }
    }
    await fireDue(failing)
    expect(await effects()).toEqual(['good'])
    expect(await fireDue(failing)).toBe(0)
    const hurry = `UPDATE timers.timer SET tried_at = tried_at - interval '1 hour'`
    await database.pool.query(hurry)
    await fireDue(failing)
    const { rows } = await database.pool.query(
      `SELECT attempts, reason, pause::text FROM timers.timer WHERE key = 'bad'`
    )
    expect(rows).toEqual([{ attempts: 2, reason: 'TypeError', pause: '00:00:02' }])
    // A try in the future, since the clock was set back, holds nothing up.
    await database.pool.query(`UPDATE timers.timer SET tried_at = clock_timestamp() + interval '1 day'`)
    await fireDue(failing)
    expect(await effects()).toEqual(['good', 'bad'])
    expect(await metrics.metrics()).toMatch(/timers_failures_total\{kind="test"\} 2/)
  })

  it('survive the pod that dies while it fires them', async () => {
    await set('a', past())
    const { promise: begun, resolve: begin } = Promise.withResolvers<number>()
    const dying = fireDue({
      ...options,
      handle: async (timer, client) => {
        await options.handle(timer, client)
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
        begin(rows[0]?.pid ?? 0)
        await client.query('SELECT pg_sleep(60)')
      }
    })
    const pid = await begun
    expect(await fireDue(options)).toBe(0)
    await database.pool.query('SELECT pg_terminate_backend($1)', [pid])
    await expect(dying).rejects.toThrow()
    while ((await fireDue(options)) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await effects()).toEqual(['a'])
  })

  it('wait for whoever changes what they are about, and do nothing when they were taken back meanwhile', async () => {
    await database.pool.query('CREATE TABLE subject (id integer); INSERT INTO subject VALUES (1)')
    const lock = 'SELECT FROM subject WHERE id = 1 FOR UPDATE'
    await set('a', past(), 'order/1')
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const firing = { done: Promise.resolve(0) }
    await transaction(database.pool, async (client) => {
      await client.query(lock)
      firing.done = fireDue({
        ...options,
        handle: async (timer, other) => {
          begin()
          await other.query(lock)
          await options.handle(timer, other)
        }
      })
      await begun
      expect(await cancelTimers(client, 'order/1')).toBe(1)
    })
    expect(await firing.done).toBe(0)
    expect(await effects()).toEqual([])
    const { rows } = await database.pool.query('SELECT state, attempts FROM timers.timer')
    expect(rows).toEqual([{ state: 'cancelled', attempts: 0 }])
  })

  it('fire within five seconds of their time while a runner runs', async () => {
    const runner = startTimerRunner({ ...options, idleMs: 100 })
    const dueAt = new Date(Date.now() + 1000)
    await set('soon', dueAt)
    while ((await effects()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const lateMs = Date.now() - dueAt.getTime()
    await runner.stop()
    process.stdout.write(`a timer fired ${lateMs} ms after its time\n`)
    expect(lateMs).toBeGreaterThanOrEqual(0)
    // The promise is 5 s on a machine with time to spare.
    expect(lateMs).toBeLessThan(20_000)
  })

  it('go by a clock that can be sped up', async () => {
    const start = new Date('2026-12-07T06:00:00Z')
    await setClock(database.pool, { now: start, rate: 3600 })
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const { now, rate } = await readClock(database.pool)
    expect(rate).toBe(3600)
    expect(now.getTime() - start.getTime()).toBeGreaterThanOrEqual(HOUR)
    await setClock(database.pool, { rate: 1 })
    expect((await readClock(database.pool)).now.getTime()).toBeGreaterThanOrEqual(now.getTime())
    await expect(setClock(database.pool, { rate: 0 })).rejects.toThrow('give a number above 0')
  })

  interface Step {
    readonly do: 'set' | 'cancel' | 'clock' | 'fire' | 'crash'
    readonly key: string
    readonly minutes: number
  }
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom('set', 'set', 'cancel', 'clock', 'fire', 'crash'),
    key: fc.constantFrom('a', 'b', 'c'),
    minutes: fc.integer({ min: -60, max: 60 })
  })

  /** What a timer is by the steps so far. */
  interface Model {
    dueAt: number
    state: 'set' | 'fired' | 'cancelled'
  }

  it('fire exactly once each or were cancelled, however the clock is turned and pods crash', async () => {
    const origin = new Date('2026-12-07T06:00:00Z').getTime()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        await database.pool.query('TRUNCATE timers.timer, timers.clock, effect')
        const model = new Map<string, Model>()
        let now = origin
        const turn = async (to: number): Promise<void> => {
          now = to
          // It all but stands still, so that the model knows the time.
          await setClock(database.pool, { now: new Date(now), rate: 1e-9 })
        }
        const fire = async (): Promise<void> => {
          await fireDue(options)
          for (const timer of model.values())
            if (timer.state === 'set' && timer.dueAt <= now) timer.state = 'fired'
        }
        const crash = async (): Promise<void> => {
          const handle: TimerRunnerOptions['handle'] = async (timer, client) => {
            await options.handle(timer, client)
            await client.query('SELECT pg_terminate_backend(pg_backend_pid())')
          }
          const due = [...model.values()].some(({ state, dueAt }) => state === 'set' && dueAt <= now)
          if (due) await expect(fireDue({ ...options, handle })).rejects.toThrow()
        }
        const cancelOne = async (name: string): Promise<void> => {
          await cancel(name)
          const timer = model.get(name)
          if (timer?.state === 'set') timer.state = 'cancelled'
        }
        const setOne = async (name: string, dueAt: number): Promise<void> => {
          const known = model.get(name)
          expect(await set(name, new Date(dueAt))).toBe(known === undefined || known.state === 'set')
          if (known === undefined) model.set(name, { dueAt, state: 'set' })
          else if (known.state === 'set') known.dueAt = dueAt
        }
        const act = {
          set: (one: Step) => setOne(one.key, now + one.minutes * 60_000),
          cancel: (one: Step) => cancelOne(one.key),
          clock: (one: Step) => turn(now + one.minutes * 60_000),
          fire,
          crash
        }
        await turn(origin)
        for (const one of steps) await act[one.do](one)
        await turn(now + 3 * HOUR)
        await fire()
        const fired = [...model].filter(([, { state }]) => state === 'fired').map(([name]) => name)
        expect((await effects()).toSorted()).toEqual(fired.toSorted())
      }),
      { numRuns: 25 }
    )
  }, 240_000)
})
