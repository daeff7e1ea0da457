import { expect, it } from '@jest/globals'
import type { RunResult, Verdict } from '../run.ts'
import { runLines } from './run-lines.ts'

const verdict = (objective: string, kept: boolean): Verdict => ({
  ...{ objective, kept, promise: 'Fast.', target: 0.95, count: 3, share: kept ? 1 : 0.5 },
  sentence: kept ? '100.00 % of 3 requests were answered' : '50.00 % of 3 requests were answered: BROKEN'
})

const result: RunResult = {
  ...{ profile: 'smoke', seed: 1, startedAt: 0, endedAt: 30_000, dropped: 2, failedInOutages: 0 },
  target: { mes: 'http://mes', shop: 'http://shop' },
  cache: { hit: 2, collapsed: 0, miss: 1, none: 0 },
  summary: {},
  routes: new Map([
    [
      'mes GET /api/orders',
      {
        ...{ route: 'mes GET /api/orders', count: 3, failed: 1 },
        samples: { at: [1, 2, 3], took: [1.25, 2.5, 400], ok: [true, true, false] }
      }
    ]
  ]),
  verdicts: [verdict('mes-api-availability', false), verdict('shop-latency', true)]
}

it('a run is told route by route and promise by promise, and what makes its figures doubtful', () => {
  expect(runLines(result)).toEqual([
    'mes GET /api/orders: 3 requests, 1 failed, p50 2.5, p95 400, p99 400 ms',
    '2 arrivals could not begin in time: the figures understate the wait',
    'BROKEN  mes-api-availability: 50.00 % of 3 requests were answered: BROKEN',
    'kept    shop-latency: 100.00 % of 3 requests were answered',
    '1 promises kept, 1 broken'
  ])
})
