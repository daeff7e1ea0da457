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
const untold = { pastDate: 31, handed: 170_000 }
const orders = { learnt: 11_831, toldMs: 38, toldAgain: 0, waitingShownMs: 11, gapSeconds: 86_401 }
const process = {
  learning: {
    orders: [1, 2, 3],
    reloaded: { median: 2600, longest: 5100 },
    pushed: { median: 210, longest: 340 },
    reloadSeconds: 5
  },
  deadlines: { dueSoonMs: 300, overdueMs: 420, chatMs: 31_000, rate: 14_400 },
  found: { spans: 9, services: ['mes-api', 'orders-operators'], afterMs: 5200 },
  crm: {
    before: { reads: 100, fromShop: 100, sessions: 1 },
    after: { reads: 100, fromShop: 0, sessions: 0 },
    compared: 200,
    different: 0
  }
}

describe('the eight lines', () => {
  it('are one for each problem, with what was measured before and after', () => {
    expect(eightLines({ comparison, untold, orders, process })).toEqual([
      '1. The page with the orders is slow: before, p95 5212 ms; now, p95 1117 ms',
      '2. Operators learn of a new order too late: before, after 2.6 s and up to 5.1 s by who reloads the page every 5 s; ' +
        'now, after 210 ms and up to 340 ms on the live page (3 orders)',
      '3. Customers are not told of a delay: before, 31 orders are past their date and no customer was told; ' +
        'now, a moved date is a message 38 ms after the look at the order, and 0 at the next look (learnt from 11831 orders)',
      '4. Deadlines are forgotten: before, 31 orders are past their date and nobody was warned; ' +
        'now, the page shows that a deadline comes near after 300 ms, that it has passed after 420 ms, and the chat says so after 31.0 s, a minute at most (the clock of deadlines ran 14400 times as fast)',
      '5. The source of a problem is not found: before, no service tells what it did to an order; ' +
        'now, 5.2 s after a change the order’s id finds 9 spans of 2 services (mes-api, orders-operators)',
      '6. The gap between hand-over and dispatch is not seen: before, 170000 orders were handed over, and of none is known when the carrier took it; ' +
        'now, a piece is in the table of what waits 11 ms after its hand-over was told, and a gap that was made of 24 h is read as 24.00 h',
      '7. The CRM works on the shop’s database: before, 100 of 100 reads from its tables, 1 session there; ' +
        'now, 0 of 100 reads from its tables, 0 sessions there (200 answers compared on the way, 0 differed)',
      '8. Not ready for its load: before, no figures; ' +
        'now, the same users got 10 answers/s straight and 300 through the tiers, with 0 errors; how much load each route takes: make capacity'
    ])
  })

  it('say so where nothing was measured', () => {
    const none = { ...comparison, direct: { ...comparison.direct, routes: [] } }
    const lines = eightLines({ comparison: none, untold, orders, process: undefined })
    expect(lines[0]).toContain('before, not asked for in so short a run')
    const missing = lines.filter((line) => line.includes('not measured with --database-url'))
    expect(missing.map((line) => line[0])).toEqual(['2', '4', '5', '7'])
  })
})
