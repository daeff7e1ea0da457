import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { normal, seededRandom } from '../statistics/random.ts'
import { at, fitCost, fitLine, misfit } from './cost.ts'
import type { CostPoint } from './cost.ts'
import { breaksIn, forecast, HORIZON_MONTHS, modelOf, monthsText, p95In, refills } from './forecast.ts'
import type { Measured, Setting } from './forecast.ts'
import { inMonths } from './growth.ts'
import { kneeOf, kneeText } from './knee.ts'
import type { Step } from './knee.ts'
import { busyAt, stretchAt } from './queue.ts'

const GROWTH = { orders: 200_000, lastMonth: 6300, more: 100 }

describe('growth', () => {
  it.each([
    [0, 200_000, 1],
    [1, 206_400, 6400 / 6300],
    [2, 212_900, 6500 / 6300],
    [12, 283_400, 7500 / 6300]
  ])('in %i months has %i orders', (months, orders, activity) => {
    expect(inMonths(GROWTH, months).orders).toBe(orders)
    expect(inMonths(GROWTH, months).activity).toBeCloseTo(activity, 6)
  })
})

describe('the cost of a request', () => {
  it('is the line that the measurements were made of', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.double({ min: 0.0001, max: 0.1, noNaN: true }),
        (base, slope) => {
          const points = [10_000, 50_000, 200_000].map((x) => [x, base + slope * x] as const)
          const line = fitLine(points)
          expect(line.base).toBeCloseTo(base, 4)
          expect(line.slope).toBeCloseTo(slope, 8)
          expect(misfit(line, points)).toBeCloseTo(0, 6)
        }
      ),
      { seed: 1 }
    )
  })

  it('needs two sizes', () => {
    expect(() =>
      fitLine([
        [10, 1],
        [10, 2]
      ])
    ).toThrow('a line needs measurements of two sizes at least')
  })
})

const step = (offered: number, p95: number, more: Partial<Step> = {}): Step => ({
  offered,
  sent: offered,
  answered: offered,
  took: Array.from({ length: 100 }, () => p95),
  failed: 0,
  ...more
})

describe('the knee', () => {
  it('is the last rate that kept up', () => {
    const steps = [step(1, 300), step(2, 400), step(4, 2500), step(8, 400)]
    expect(kneeOf(steps, 2000)).toEqual({ rate: 2, beyond: 4 })
    expect(kneeText(kneeOf(steps, 2000))).toBe('from 2.0 to 4.0/s')
  })

  it.each([
    ['too few answers', { answered: 3 }],
    ['a failed request', { failed: 1 }]
  ])('is passed by %s', (_, more) => {
    expect(kneeOf([step(2, 10), step(4, 10, more)], 2000)).toEqual({ rate: 2, beyond: 4 })
  })

  it('is above the last step when that kept up, below the first when it did not', () => {
    expect(kneeText(kneeOf([step(2, 10), step(40, 10)], 2000))).toBe('above 40/s (not reached)')
    expect(kneeText(kneeOf([step(2, 9000)], 2000))).toBe('below 2.0/s')
    expect(kneeText(kneeOf([], 2000))).toBe('not tried')
  })
})

describe('the stretch of answers under load', () => {
  const points = [
    { busy: 0.2, stretch: 1.1 },
    { busy: 0.6, stretch: 2 },
    { busy: 0.5, stretch: 2.4 }
  ]

  it.each([
    [0, 1],
    [0.2, 1.1],
    [0.35, 1.75],
    [0.5, 2.4],
    [0.6, 2.4],
    [1, Infinity],
    [2, Infinity]
  ])('at %d busy is %d', (busy, stretch) => {
    expect(stretchAt(points, busy)).toBeCloseTo(stretch, 6)
  })

  it('never falls as load grows, whatever was measured', () => {
    const point = fc.record({
      busy: fc.double({ min: 0, max: 1.5, noNaN: true }),
      stretch: fc.double({ min: 1, max: 50, noNaN: true })
    })
    const load = fc.double({ min: 0, max: 1.2, noNaN: true })
    fc.assert(
      fc.property(fc.array(point), load, load, (measured, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(stretchAt(measured, high)).toBeGreaterThanOrEqual(stretchAt(measured, low) - 1e-9)
      }),
      { seed: 2 }
    )
  })
})

/** A machine of two processors on which a look costs 3 ms for each 1,000 orders. */
const measuredBy = (noise: number, seed = 1): Measured => {
  const random = seededRandom(seed)
  const around = (value: number): number => value * Math.exp(noise * normal(random))
  const costs: CostPoint[] = [25_000, 50_000, 100_000, 200_000].flatMap((orders) =>
    Array.from({ length: 5 }, () => ({
      orders,
      latencyMs: around(0.003 * orders),
      processorMs: around(0.003 * orders)
    }))
  )
  const steps = [0.2, 0.4, 0.6, 0.8].map((busy) => {
    const offered = (busy * 2) / 0.6
    return { ...step(offered, 0), took: Array.from({ length: 60 }, () => around(600 / (1 - busy))) }
  })
  return { costs, steps, stepsAt: 200_000 }
}

const SETTING: Setting = {
  growth: GROWTH,
  demand: { looks: 1, pages: 5, writes: 0.05, ttl: 15 },
  limitMs: 2000,
  processors: 2
}
const STRAIGHT = { way: 'Straight', replicas: 1 } as const

describe('the forecast', () => {
  const exact = measuredBy(0)

  it('finds the month in which the model’s own arithmetic breaks', () => {
    // 1 look/s: answer = c/(1 − c/2) with c seconds a look; 2 s are reached at c = 1 s, 333,333 orders.
    const model = modelOf(exact, 2)
    const month = breaksIn(model, SETTING, STRAIGHT)
    expect(inMonths(GROWTH, month).orders).toBeGreaterThan(320_000)
    expect(inMonths(GROWTH, month - 1).orders).toBeLessThan(350_000)
  })

  it('gives more time to twice the replicas, and to the tier', () => {
    const model = modelOf(exact, 2)
    const straight = breaksIn(model, SETTING, STRAIGHT)
    expect(breaksIn(model, SETTING, { way: 'Straight', replicas: 2 })).toBeGreaterThan(straight)
    expect(breaksIn(model, SETTING, { way: 'Tier', replicas: 1 })).toBeGreaterThanOrEqual(straight)
  })

  it('says today when the load is more than the machine can do', () => {
    const busy = { ...SETTING, demand: { ...SETTING.demand, looks: 10 } }
    const told = forecast(exact, busy, STRAIGHT, { random: seededRandom(1), rounds: 50 })
    expect(told.months).toBe(0)
    expect(monthsText(told)).toBe('broken today')
  })

  it('looks no further than its horizon', () => {
    const idle = { ...SETTING, limitMs: 1e9, demand: { ...SETTING.demand, looks: 0.001 } }
    expect(breaksIn(modelOf(exact, 2), idle, STRAIGHT)).toBe(HORIZON_MONTHS)
  })

  it('is as sure as its measurements: the interval holds the truth and grows with noise', () => {
    const truth = breaksIn(modelOf(exact, 2), SETTING, STRAIGHT)
    const widthAt = (noise: number): number => {
      const told = forecast(measuredBy(noise, 7), SETTING, STRAIGHT, { random: seededRandom(3), rounds: 200 })
      expect(told.interval.low).toBeLessThanOrEqual(told.months)
      expect(told.interval.high).toBeGreaterThanOrEqual(told.months)
      return told.interval.high - told.interval.low
    }
    expect(widthAt(0.1)).toBeGreaterThan(widthAt(0.01))
    const told = forecast(measuredBy(0.03, 5), SETTING, STRAIGHT, { random: seededRandom(3), rounds: 200 })
    expect(told.interval.low).toBeLessThanOrEqual(truth + 3)
    expect(told.interval.high).toBeGreaterThanOrEqual(truth - 3)
  })

  it('is less sure when the sizes lie on no line', () => {
    const bent = {
      ...exact,
      costs: exact.costs.map((point) =>
        point.orders < 100_000 ? { ...point, latencyMs: 200, processorMs: 200 } : point
      )
    }
    const widthOf = (measured: Measured): number => {
      const told = forecast(measured, SETTING, STRAIGHT, { random: seededRandom(3), rounds: 200 })
      return told.interval.high - told.interval.low
    }
    expect(widthOf(bent)).toBeGreaterThan(widthOf(exact) + 5)
  })

  it('takes what is between the limit of one look and none: a tier asks no more often than its readers', () => {
    expect(refills({ looks: 0.1, pages: 5, writes: 1, ttl: 15 }, 1)).toBe(0.1)
    expect(refills({ looks: 10, pages: 5, writes: 0.1, ttl: 20 }, 2)).toBeCloseTo(1.25, 6)
  })

  it('counts the wait for a refill through the tier only when one in twenty meets it', () => {
    const model = modelOf(exact, 2)
    const seldom = { ...SETTING, demand: { looks: 10, pages: 5, writes: 0, ttl: 600 } }
    const often = { ...SETTING, demand: { looks: 10, pages: 5, writes: 0.1, ttl: 15 } }
    const tier = { way: 'Tier', replicas: 1 } as const
    expect(p95In(model, seldom, 0, tier)).toBe(0)
    expect(p95In(model, often, 0, tier)).toBeGreaterThan(100)
    expect(p95In(model, often, 24, tier)).toBeGreaterThan(p95In(model, often, 0, tier))
  })
})

describe('busy', () => {
  it('is the share of the processors that the rate takes', () => {
    expect(busyAt(2, { processorMs: 500, processors: 2 })).toBe(0.5)
    expect(at(fitCost(measuredBy(0).costs).processor, 100_000)).toBeCloseTo(300, 6)
  })
})
