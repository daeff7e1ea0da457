import { describe, expect, it } from '@jest/globals'
import { PROFILES } from '@alexandrite/loadtest'
import type { RunResult } from '@alexandrite/loadtest'
import { report, stepsTable } from './table.ts'

const ROUTE = 'mes GET /api/orders'
/** A request a second, each a millisecond slower than the one before; the last one failed. */
const at = Array.from({ length: 20 }, (_, i) => 1000 + i * 1000)
const samples = { at, took: at.map((_, i) => 100 + i), ok: at.map((_, i) => i < 19) }
const result: RunResult = {
  ...{ profile: 'stress', seed: 1, target: { mes: '', shop: '' }, startedAt: 1000, endedAt: 21_000 },
  ...{ dropped: 3, failedInOutages: 0, summary: {}, cache: { hit: 3, collapsed: 0, miss: 1, none: 0 } },
  routes: new Map([[ROUTE, { route: ROUTE, count: 20, failed: 1, samples }]]),
  verdicts: []
}

describe('the report of a run', () => {
  it('has a row for each route, with exact quantiles', () => {
    expect(report(result, PROFILES.gate, 180)).toMatch(/mes GET \/api\/orders +20 +1 +109 +118 +119/)
  })

  it('says how much a cache answered, and that arrivals were lost', () => {
    const text = report(result, PROFILES.gate, 180)
    expect(text).toContain('20 requests in 20 s, 75.0 % of those that met a tier were hits')
    expect(text).toContain('3 arrivals could not begin in time')
  })

  it('shows the steps that were reached, as shares of the time that was asked for', () => {
    const steps = stepsTable(result, PROFILES.stress, 80)
    expect(steps.map((line) => line.trim().split(/\s+/))).toEqual([
      ['load', 'requests/s', 'failed', 'order', 'page', 'p95', 'ms'],
      ['x1', '1.0', '0', '109'],
      ['x2', '1.0', '1', '119']
    ])
  })
})
