import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { bootstrap, confidenceBeside, estimate, lowerBound, shareInterval, upperBound } from './interval.ts'
import { normal, seededRandom } from './random.ts'
import { mean, quantile } from './summary.ts'

describe('the bounds of a share', () => {
  // R: binom.test(hits, trials)$conf.int
  it.each([
    [0, 20, 0, 0.1684],
    [20, 20, 0.8316, 1],
    [57, 60, 0.8608, 0.9896],
    [1, 10, 0.0025, 0.445]
  ])('%i of %i are from %d to %d', (hits, trials, low, high) => {
    const interval = shareInterval(hits, trials)
    expect(interval.low).toBeCloseTo(low, 3)
    expect(interval.high).toBeCloseTo(high, 3)
  })

  it('hold the share that was seen, and narrow with more trials', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (trials, share) => {
          const hits = Math.round(share * trials)
          const few = shareInterval(hits, trials)
          const many = shareInterval(hits * 10, trials * 10)
          expect(few.low).toBeLessThanOrEqual(hits / trials)
          expect(few.high).toBeGreaterThanOrEqual(hits / trials)
          expect(many.high - many.low).toBeLessThan(few.high - few.low)
        }
      ),
      { seed: 3, numRuns: 50 }
    )
  })
})

describe('the bounds of a mean', () => {
  it("are Student's", () => {
    // R: t.test(c(1, 2, 3, 4, 5), conf.level = 0.95)
    const measured = estimate([1, 2, 3, 4, 5])
    expect(lowerBound(measured, 0.025)).toBeCloseTo(1.0368, 3)
    expect(upperBound(measured, 0.025)).toBeCloseTo(4.9632, 3)
  })

  it('hold the true mean as often as they say', () => {
    const random = seededRandom(4)
    const missed = Array.from({ length: 2000 }, () => {
      const measured = estimate(Array.from({ length: 6 }, () => normal(random)))
      return lowerBound(measured, 0.05) > 0
    }).filter(Boolean).length
    expect(missed).toBeGreaterThan(60)
    expect(missed).toBeLessThan(140)
  })

  it('agree with the confidence', () => {
    const measured = estimate([2, 3, 2.5, 2.7])
    const limit = lowerBound(measured, 0.05)
    expect(confidenceBeside(measured, limit)).toBeCloseTo(0.95, 4)
  })
})

describe('the bootstrap', () => {
  it('is about the mean’s own interval for a mean', () => {
    const random = seededRandom(6)
    const sample = Array.from({ length: 100 }, () => 10 + normal(random))
    const { low, high } = bootstrap(sample, mean, { random })
    expect(low).toBeGreaterThan(9.5)
    expect(high).toBeLessThan(10.5)
    expect(high - low).toBeCloseTo(0.33, 1)
  })
})

describe('a quantile', () => {
  it.each([
    [[1, 2, 3, 4], 0.5, 2.5],
    [[5], 0.95, 5],
    [[4, 1, 3, 2, 5], 0, 1],
    [[4, 1, 3, 2, 5], 1, 5]
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBe(expected)
  })

  it('of nothing is not a number', () => {
    expect(quantile([], 0.5)).toBeNaN()
  })
})
