import { describe, expect, it } from '@jest/globals'
import type { LoadReport } from '@alexandrite/examples'
import { table, verdict } from './table.ts'

const report = (changes: Partial<LoadReport> = {}): LoadReport => ({
  target: { mes: 'http://mes', shop: 'http://shop' },
  ...{ model: 'closed', seed: 1, durationSeconds: 20, requests: 800, requestsPerSecond: 40 },
  ...{
    databaseQueriesPerSecond: 50,
    hitRatio: undefined,
    writes: 4,
    racesWon: 2,
    racesLost: 9,
    checkedAnswers: 200
  },
  ...{ staleAnswers: 0, staleSamples: [], errors: 0, errorSamples: [] },
  routes: [
    {
      route: 'mes GET /api/orders',
      count: 90,
      p50: 3000,
      p95: 4000,
      p99: 5000,
      max: 6000,
      hitRatio: undefined
    }
  ],
  ...changes
})
const tier = report({
  hitRatio: 0.856,
  routes: [
    { route: 'mes GET /api/orders', count: 300, p50: 1.5, p95: 400, p99: 500, max: 600, hitRatio: 0.9 }
  ]
})

describe('the table of the demo', () => {
  const lines = table({ direct: report(), tier }).split('\n')
  const line = (start: string) => lines.find((candidate) => candidate.startsWith(start))?.split(/\s{2,}/)

  it('has a line a route with times, their ratios and the hits', () => {
    expect(line('mes GET')).toEqual([
      ...[
        'mes GET /api/orders',
        '90',
        '300',
        '3000',
        '1.5',
        '2000x',
        '4000',
        '400',
        '10x',
        '5000',
        '500',
        '10x',
        '90.0 %'
      ]
    ])
  })

  it('sums up rates, hits, answers after writes and errors', () => {
    expect(line('requests/s')).toEqual(['requests/s', '40.0', '40.0', '1.0x'])
    expect(line('database queries/s')).toEqual(['database queries/s', '50.0', '50.0'])
    expect(line('hit ratio')).toEqual(['hit ratio of cached routes', '-', '85.6 %'])
    expect(line('wrong or stale')).toEqual(['wrong or stale answers after a write', '0', '0'])
    expect(line('errors')).toEqual(['errors', '0', '0'])
  })

  it('shows a route that only one of the runs asked for', () => {
    const text = table({ direct: report({ routes: [] }), tier })
    expect(text).toContain('mes GET /api/orders')
  })
})

describe('the verdict', () => {
  it('has nothing to say of two runs without a fault', () => {
    expect(verdict({ direct: report(), tier })).toBeUndefined()
  })

  it('names stale answers and errors with the first of each', () => {
    const bad = report({
      staleAnswers: 2,
      staleSamples: ['order 5 is old'],
      errors: 1,
      errorSamples: ['status 502']
    })
    expect(verdict({ direct: report(), tier: bad })).toBe(
      '2 wrong answers through the tiers, such as: order 5 is old; 1 errors through the tiers, such as: status 502'
    )
  })
})
