import { describe, expect, it } from '@jest/globals'
import type { LoadReport } from '@alexandrite/examples'
import { eightLines } from './eight.ts'

const report = (p95: number, requestsPerSecond: number): LoadReport => ({
  target: { mes: 'http://mes', shop: 'http://shop' },
  model: 'closed',
  seed: 1,
  durationSeconds: 20,
  requests: 100,
  requestsPerSecond,
  routes: [{ route: 'mes GET /api/orders', count: 10, p50: 1, p95, p99: p95, max: p95, hitRatio: 0.8 }],
  hitRatio: 0.8,
  databaseQueriesPerSecond: 1,
  racesWon: 1,
  racesLost: 0,
  writes: 1,
  checkedAnswers: 1,
  staleAnswers: 0,
  staleSamples: [],
  errors: 0,
  errorSamples: []
})
const comparison = { direct: report(5212, 10), tier: report(1117, 300) }
const orders = { learnt: 11_831, toldMs: 38, toldAgain: 0, waitingShownMs: 11, acceptedMs: 14 }

describe('the eight lines', () => {
  it('are one for each problem, with what was measured', () => {
    const lines = eightLines({ comparison, orders })
    expect(lines).toHaveLength(8)
    expect(lines[0]).toBe('1. The page with the orders is slow: before, p95 5212 ms; now, p95 1117 ms')
    expect(lines[2]).toContain('a message 38 ms after the look at the order, and 0 at the next look')
    expect(lines[5]).toContain('11 ms after its hand-over was told')
    expect(lines[7]).toContain('10 answers/s straight and 300 through the tiers, with 0 errors')
  })

  it('say so where nothing was measured', () => {
    const none = { ...comparison, direct: { ...comparison.direct, routes: [] } }
    const lines = eightLines({ comparison: none, orders: undefined })
    expect(lines.filter((line) => line.includes('not measured in this run')).map((line) => line[0])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7'
    ])
  })
})
