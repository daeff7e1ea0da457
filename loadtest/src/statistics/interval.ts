/** Pure: how sure a figure is. */
import jstat from 'jstat'
import { deviation, mean, quantile } from './summary.ts'
import { drawn } from './random.ts'
import type { Random } from './random.ts'

/** A share of 1, such as 0.95. */
export type Probability = number

export interface Interval {
  readonly low: number
  readonly high: number
}

const { studentt, beta } = jstat.jStat

const quantiles = new Map<string, number>()

/** Student's t; the same few are asked for again and again. */
const tQuantile = (p: Probability, degrees: number): number => {
  const key = `${p} ${degrees}`
  const known = quantiles.get(key) ?? studentt.inv(p, degrees)
  quantiles.set(key, known)
  return known
}

/** A mean and how far the mean of other such samples may be from it. */
export interface Estimate {
  readonly mean: number
  readonly standardError: number
  /** Values that it is made of. */
  readonly count: number
}

export const estimate = (values: readonly number[]): Estimate => ({
  mean: mean(values),
  standardError: deviation(values) / Math.sqrt(values.length),
  count: values.length
})

/** The true mean is above this one, but for `error` of all samples. */
export const lowerBound = ({ mean, standardError, count }: Estimate, error: Probability): number =>
  mean - tQuantile(1 - error, count - 1) * standardError

/** The true mean is below this one, but for `error` of all samples. */
export const upperBound = ({ mean, standardError, count }: Estimate, error: Probability): number =>
  mean + tQuantile(1 - error, count - 1) * standardError

/** How sure it is that the true mean is on the side of `limit` on which the estimate is. */
export const confidenceBeside = ({ mean, standardError, count }: Estimate, limit: number): Probability =>
  studentt.cdf(Math.abs(mean - limit) / standardError, count - 1)

/**
 * Bounds of a share of which `hits` in `trials` were seen (Clopper and Pearson, exact).
 * @param confidence of both sides together
 */
export const shareInterval = (hits: number, trials: number, confidence: Probability = 0.95): Interval => {
  const tail = (1 - confidence) / 2
  return {
    low: hits === 0 ? 0 : beta.inv(tail, hits, trials - hits + 1),
    high: hits === trials ? 1 : beta.inv(1 - tail, hits + 1, trials - hits)
  }
}

export interface Bootstrap {
  readonly random: Random
  /** @default 2000 */
  readonly rounds?: number
  /** @default 0.9 */
  readonly confidence?: Probability
}

/** What a figure of a sample comes to in samples drawn from it (the percentile bootstrap). NaNs are left out. */
export const bootstrap = <T>(
  sample: readonly T[],
  figure: (sample: readonly T[]) => number,
  { random, rounds = 2000, confidence = 0.9 }: Bootstrap
): Interval => {
  const figures = Array.from({ length: rounds }, () => figure(drawn(sample, random))).filter(
    (one) => !Number.isNaN(one)
  )
  return middleOf(figures, confidence)
}

/** The interval that holds this share of the values, as many on either side of it. */
export const middleOf = (values: readonly number[], confidence: Probability): Interval => ({
  low: quantile(values, (1 - confidence) / 2),
  high: quantile(values, (1 + confidence) / 2)
})
