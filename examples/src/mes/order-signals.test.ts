import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { quiet, seededDatabase } from '../../test/database.ts'
import type { SeededDatabase } from '../../test/database.ts'
import { ORDER_STATES } from '../data/states.ts'
import { createMesApi } from './api.ts'
import { DEFAULT_LIMITS, orderLimits } from './order-limits.ts'
import type { OrderSignalOptions } from './order-signals.ts'

/** The values of a gauge by state. */
const byState = (metrics: string, name: string): Record<string, number> =>
  Object.fromEntries(
    [...metrics.matchAll(new RegExp(`^${name}\\{state="(\\w+)",service="mes-api"\\} (\\S+)$`, 'gm'))].map(
      ([, state = '', value]) => [state, Number(value)]
    )
  )

const MINUTE = 60
const HOUR = 60 * MINUTE

describe('the signals of the orders', () => {
  let database: SeededDatabase
  let sql: pg.Client

  beforeAll(async () => {
    database = await seededDatabase(400)
    sql = new pg.Client({ connectionString: database.url })
    await sql.connect()
    // What is there is far in the past, so that the test knows all that is recent.
    await sql.query(`UPDATE mes.order_status_history SET changed_at = changed_at - interval '1000 days'`)
  })
  afterAll(async () => {
    await sql.end()
    await database.stop()
  })

  async function scrape(options: OrderSignalOptions = {}) {
    const { app } = createMesApi({ ...quiet(database.url), ...options })
    const { body } = await app.inject('/metrics')
    await app.close()
    return {
      inState: byState(body, 'orders_in_state'),
      oldest: byState(body, 'orders_oldest_seconds'),
      stuck: byState(body, 'orders_stuck')
    }
  }

  /** An order that has just these steps: seconds ago, by state from the first on. */
  async function order(id: number, ...secondsAgo: number[]): Promise<void> {
    await sql.query('DELETE FROM mes.order_status_history WHERE order_id = $1', [id])
    for (const [i, seconds] of secondsAgo.entries()) {
      const text = `INSERT INTO mes.order_status_history (order_id, status, changed_at)
        VALUES ($1, $2, now() - $3 * interval '1 second')`
      await sql.query(text, [id, ORDER_STATES[i], seconds])
    }
  }

  it('show every state, with nothing in it, when no order moved within the look-back', async () => {
    const { inState, oldest, stuck } = await scrape()
    expect(inState).toEqual(Object.fromEntries(ORDER_STATES.map((state) => [state, 0])))
    expect(Object.keys(oldest).sort()).toEqual(ORDER_STATES.slice(0, -1).sort())
    expect(Object.keys(stuck).sort()).toEqual([...DEFAULT_LIMITS.keys()].sort())
    expect([...Object.values(oldest), ...Object.values(stuck)].every((value) => value === 0)).toBe(true)
  })

  it('count an order in its last state alone, and tell how long the oldest has been there', async () => {
    await order(1, 5 * HOUR, 4 * HOUR, 3 * HOUR)
    await order(2, 5 * HOUR, 4 * HOUR, HOUR)
    await order(3, 5 * HOUR, 4 * HOUR)
    const { inState, oldest, stuck } = await scrape()
    expect(inState).toMatchObject({ INITIATED: 0, FILE_UPLOADED: 1, SUBMITTED: 2, PRICE_CALCULATED: 0 })
    expect(Math.round((oldest.SUBMITTED ?? 0) / HOUR)).toBe(3)
    expect(Math.round((oldest.FILE_UPLOADED ?? 0) / HOUR)).toBe(4)
    expect(stuck).toMatchObject({ SUBMITTED: 1, PRICE_CALCULATED: 0 })
  })

  it('judge by the limits that were set', async () => {
    expect((await scrape({ orderLimits: orderLimits('SUBMITTED=30m') })).stuck.SUBMITTED).toBe(2)
    expect((await scrape({ orderLimits: orderLimits('SUBMITTED=1d') })).stuck.SUBMITTED).toBe(0)
  })

  it('leave out what nobody has touched within the look-back', async () => {
    await order(4, 5 * 24 * HOUR)
    expect((await scrape({ orderLookbackDays: 6 })).inState.INITIATED).toBe(1)
    expect((await scrape({ orderLookbackDays: 4 })).inState.INITIATED).toBe(0)
  })

  it('ask the database once for many scrapes', async () => {
    const { app } = createMesApi(quiet(database.url))
    await Promise.all(Array.from({ length: 10 }, () => app.inject('/metrics')))
    const { body } = await app.inject('/metrics')
    await app.close()
    expect(body).toContain('db_queries_total{query="mes.order_signals",service="mes-api"} 1\n')
  })

  it('are not there while the database is away, and everything else is', async () => {
    const { app } = createMesApi(quiet('postgres://postgres@127.0.0.1:1/postgres'))
    const { statusCode, body } = await app.inject('/metrics')
    await app.close()
    expect(statusCode).toBe(200)
    expect(body).toContain('# TYPE orders_in_state gauge')
    expect(body).not.toContain('orders_in_state{')
    expect(body).toContain('process_start_time_seconds{')
  })
})

describe('the limits of the states', () => {
  it.each(['SUBMITTED=2', 'LOST=2h', 'SUBMITTED=0h', 'SUBMITTED', 'SUBMITTED=2h;SHIPPED=1d'])(
    'refuse "%s"',
    (text) => {
      expect(() => orderLimits(text)).toThrow('ORDER_LIMITS has')
    }
  )

  it('take minutes, hours and days', () => {
    const limits = orderLimits('SUBMITTED=30m, SHIPPED=14d,CLOSED=1h')
    expect([limits.get('SUBMITTED'), limits.get('SHIPPED'), limits.get('CLOSED')]).toEqual([
      1800, 1_209_600, 3600
    ])
    expect(limits.get('PACKAGING')).toBe(7200)
  })
})
