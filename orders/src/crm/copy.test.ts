/** The read model on a real PostgreSQL: what is written when, the first copy, the comparison of both sides. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { CrmDatabase, metricsOfTest, order, SILENT, startCrmDatabase } from '../../test/crm.ts'
import { pause } from '../service/time.ts'
import { Lag } from './lag.ts'
import { writeOrders } from './read-model.ts'
import type { ReadOrder } from './read-order.ts'
import { lastPass, Reconciler } from './reconcile.ts'
import type { ReconcilerOptions } from './reconcile.ts'
import { snapshotState, takeSnapshot } from './snapshot.ts'

const NEVER = new AbortController().signal

let database: CrmDatabase
beforeAll(async () => {
  database = await startCrmDatabase()
})
afterAll(() => database.stop())
beforeEach(() => database.clear())

const few = (count: number, version = 0): ReadOrder[] =>
  Array.from({ length: count }, (_, index) => order(index + 1, version))

describe('what is written', () => {
  it('is what is newer; a repair also replaces what is as new', async () => {
    await database.deliver(order(1, 2))
    await database.deliver(order(1, 1), order(1 + 1, 1))
    expect(await database.model()).toEqual([order(1, 2), order(2, 1)])
    await database.deliver(order(1, 2, { quantity: 99 }))
    expect((await database.model())[0]).toEqual(order(1, 2))
    await writeOrders(database.pool, [order(1, 2, { quantity: 99 })], 'Repair')
    expect((await database.model())[0]).toEqual(order(1, 2, { quantity: 99 }))
    await writeOrders(database.pool, [order(1, 1)], 'Repair')
    expect((await database.model())[0]?.version).toBe(2)
  })

  it('is the newest, in whatever order, and however often, events and pages come', async () => {
    const change = fc.record({ id: fc.integer({ min: 1, max: 3 }), version: fc.integer({ min: 0, max: 8 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 20 }), async (changes) => {
        await database.clear()
        for (const { id, version } of changes) await database.deliver(order(id, version))
        const newest = [1, 2, 3].flatMap((id) => {
          const versions = changes.filter((each) => each.id === id).map((each) => each.version)
          return versions.length === 0 ? [] : [order(id, Math.max(...versions))]
        })
        expect(await database.model()).toEqual(newest)
      }),
      { numRuns: 30 }
    )
  })
})

describe('the first copy', () => {
  const snapshot = (signal: AbortSignal, pageSize = 7) =>
    takeSnapshot(
      { pool: database.pool, source: database.reader(), log: SILENT, pageSize, pauseMs: 1 },
      signal
    )

  it('brings every order of a table that is written to meanwhile, and is stopped and begun again', async () => {
    await database.put(...few(100))
    const last = new Map<number, number>()
    const written = new AbortController()
    // Changes anywhere, before and behind the copy's place; each event arrives a little later, some of them twice.
    const writer = (async () => {
      const arrivals: Promise<void>[] = []
      for (let step = 0; !written.signal.aborted; step++) {
        const id = 1 + ((step * 37) % 120)
        const changed = order(id, (last.get(id) ?? 0) + 1)
        last.set(id, changed.version)
        await database.put(changed)
        const arrive = async (ms: number) => {
          await pause(ms, NEVER)
          await database.deliver(changed)
        }
        arrivals.push(arrive((step * 13) % 60), ...(step % 3 === 0 ? [arrive(80)] : []))
      }
      await Promise.all(arrivals)
    })()
    for (let stops = 0; stops < 4; stops++) {
      const stop = new AbortController()
      const copying = snapshot(stop.signal)
      await pause(30, NEVER)
      stop.abort()
      await copying
    }
    await snapshot(NEVER)
    written.abort()
    await writer
    expect(await snapshotState(database.pool)).toMatchObject({ state: 'Complete' })
    expect(await database.model()).toEqual(await database.source())
  })

  it('goes on where it was stopped, and reads nothing once it is complete', async () => {
    await database.put(...few(20))
    const pages: number[] = []
    const reader = database.reader()
    const stop = new AbortController()
    const source = {
      page: (after: number, limit: number) => {
        pages.push(after)
        if (pages.length === 2) stop.abort()
        return reader.page(after, limit)
      }
    }
    const options = { pool: database.pool, source, log: SILENT, pageSize: 6, pauseMs: 1 }
    await takeSnapshot(options, stop.signal)
    expect(await snapshotState(database.pool)).toEqual({ state: 'Running', copied: 12 })
    await takeSnapshot(options, NEVER)
    expect(pages).toEqual([0, 6, 12, 18])
    await takeSnapshot(options, NEVER)
    expect(pages).toHaveLength(4)
    expect(await snapshotState(database.pool)).toEqual({ state: 'Complete', copied: 20 })
  })

  it('is made by one of several processes', async () => {
    await database.put(...few(30))
    await Promise.all([snapshot(NEVER, 3), snapshot(NEVER, 3)])
    expect(await snapshotState(database.pool)).toEqual({ state: 'Complete', copied: 30 })
  })
})

describe('the comparison', () => {
  const reconciler = (more: Partial<ReconcilerOptions> = {}) => {
    const metrics = metricsOfTest()
    const underWay = () => Promise.resolve(false)
    const quick = { underWay, pageSize: 10, pauseMs: 1, settleMs: 20, patienceMs: 200 }
    const options = {
      pool: database.pool,
      source: database.reader(),
      metrics,
      log: SILENT,
      ...quick,
      ...more
    }
    return { metrics, pass: () => new Reconciler(options).pass(NEVER) }
  }
  const kinds = async (metrics: ReturnType<typeof metricsOfTest>) =>
    Object.fromEntries(
      (await metrics.divergences.get()).values.map(({ labels, value }): [string, number] => [
        String(labels.kind),
        value
      ])
    )

  it('finds each kind of divergence, repairs it, and finds nothing the next time', async () => {
    await database.put(...few(30, 1))
    await database.deliver(...few(30, 1))
    const sql = (text: string) => database.pool.query(text)
    await sql('DELETE FROM crm.orders WHERE order_id = 3')
    await sql(`UPDATE crm.orders SET version = 0, status = 'INITIATED' WHERE order_id = 12`)
    await sql('UPDATE crm.orders SET quantity = 77 WHERE order_id = 13')
    await sql('UPDATE crm.orders SET version = 9 WHERE order_id = 25')
    await database.deliver(order(31, 1), order(15_000, 2))
    const { metrics, pass } = reconciler()
    expect(await pass()).toEqual({ checked: 30, divergent: 6, unrepaired: 0 })
    expect(await kinds(metrics)).toEqual({ missing: 1, stale: 1, different: 1, ahead: 1, extra: 2 })
    expect(await database.model()).toEqual(await database.source())
    expect(await pass()).toEqual({ checked: 30, divergent: 0, unrepaired: 0 })
    expect(await lastPass(database.pool)).toMatchObject({ unrepaired: 0 })
  })

  it('does not call lag a divergence, however long the relay is away', async () => {
    await database.put(...few(5, 1))
    await database.deliver(...few(5, 1))
    await database.put(order(2, 2), order(6, 1))
    let backlog = 2
    const { metrics, pass } = reconciler({ underWay: () => Promise.resolve(backlog > 0) })
    const passing = pass()
    // Four times its patience.
    await pause(800, NEVER)
    expect((await metrics.waiting.get()).values[0]?.value).toBe(1)
    await database.deliver(order(2, 2), order(6, 1))
    backlog = 0
    expect(await passing).toEqual({ checked: 6, divergent: 0, unrepaired: 0 })
  })

  it('calls an event lost that left the shop and does not arrive', async () => {
    await database.put(...few(5, 1))
    await database.deliver(...few(5, 1))
    await database.put(order(2, 2))
    const { metrics, pass } = reconciler()
    expect(await pass()).toEqual({ checked: 5, divergent: 1, unrepaired: 0 })
    expect(await kinds(metrics)).toMatchObject({ stale: 1 })
    expect(await database.model()).toEqual(await database.source())
  })

  it('removes no orders in numbers: rather is the source the wrong one', async () => {
    await database.deliver(...few(40, 1))
    const { pass } = reconciler()
    expect(await pass()).toEqual({ checked: 0, divergent: 40, unrepaired: 40 })
    expect(await database.model()).toHaveLength(40)
    expect(await lastPass(database.pool)).toMatchObject({ unrepaired: 40 })
  })

  it('leaves alone what an event made newer meanwhile', async () => {
    await database.put(order(1, 1))
    const reader = database.reader()
    let looks = 0
    const source = {
      ...reader,
      orders: async (ids: readonly number[]) => {
        const found = await reader.orders(ids)
        looks += 1
        if (looks === 1) {
          await database.put(order(1, 4))
          await database.deliver(order(1, 4))
        }
        return found
      }
    }
    await reconciler({ source }).pass()
    expect((await database.model())[0]?.version).toBe(4)
  })
})

describe('the lag', () => {
  it('is the age of the oldest event that has not had its effect, wherever it is', async () => {
    let [oldestSeconds, onBroker]: [number, number | undefined] = [0, 0]
    const lag = new Lag({
      source: { backlog: () => Promise.resolve({ events: oldestSeconds > 0 ? 1 : 0, oldestSeconds }) },
      model: database.pool,
      consumer: 'crm',
      onBroker: () => Promise.resolve(onBroker),
      clock: () => Date.parse('2026-11-30T10:00:10Z')
    })
    const seen = async () => {
      await lag.look()
      return [lag.seconds, await lag.underWay()]
    }
    expect(lag.seconds).toBeUndefined()
    expect(await seen()).toEqual([0, false])
    oldestSeconds = 4
    expect(await seen()).toEqual([4, true])
    onBroker = undefined
    expect(await seen()).toEqual([4, true])
    ;[oldestSeconds, onBroker] = [0, 3]
    expect(await seen()).toEqual([undefined, true])
    lag.applied('2026-11-30T10:00:03Z')
    lag.applied('2026-11-30T10:00:01Z')
    expect(await seen()).toEqual([7, true])
    onBroker = 0
    await database.pool.query(`INSERT INTO crm.inbox_kept VALUES
('crm', 'shop', 1, 2, 'predecessor', '{}', '{}', 1, NULL, now() - interval '1 hour', now())`)
    expect(await seen()).toEqual([expect.closeTo(3600, -2), true])
    await database.pool.query('TRUNCATE crm.inbox_kept')
    expect(await seen()).toEqual([0, false])
  })
})
