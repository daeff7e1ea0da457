/**
 * Pure: whether a candidate is slower than its baseline, from blocks of load that took turns on the same machine.
 *
 * What slows the machine down slows both blocks of a pair: of each pair only the ratio counts. The mean of the ratios'
 * logarithms has Student's interval; blocks and not requests are counted, for requests of one block share their fate. The
 * candidate is a regression when the whole interval is above what is allowed, passes when it is below, and otherwise
 * nobody can tell: noise makes the interval wide, and a wide interval is no verdict.
 */
import { ratiosOf } from './block.ts'
import type { Block, Metric } from './block.ts'
import { compareFailures } from './failures.ts'
import type { FailureVerdict } from './failures.ts'
import { confidenceBeside, estimate, lowerBound, upperBound } from './interval.ts'
import type { Estimate, Interval, Probability } from './interval.ts'
import { together } from './outcome.ts'
import type { Outcome } from './outcome.ts'

export interface CompareOptions {
  /** Those that decide; at least one. */
  readonly metrics: readonly Metric[]
  /** How often the same blocks, with more of them each time, are compared until one comparison decides. @default 1 */
  readonly looks?: number
  /** Chance of a false alarm over all metrics and looks together. @default 0.01 */
  readonly falseAlarms?: Probability
  /** Chance that a metric passes falsely, over all looks together. @default 0.05 */
  readonly falsePasses?: Probability
}

export interface MetricVerdict extends Metric {
  readonly outcome: Outcome
  /** Pairs of blocks that had the figure on both sides. */
  readonly pairs: number
  /** Geometric mean of the pairs' ratios. NaN without a pair. */
  readonly ratio: number
  /** Where the true ratio is, at the confidence that verdicts need. */
  readonly interval: Interval
  /** That the true ratio is on this side of what is allowed, had it been the only question. */
  readonly confidence: Probability
  /** The pairs' ratios, in the order of time. */
  readonly ratios: readonly number[]
  /** A sentence for people. */
  readonly sentence: string
}

export interface Verdict {
  readonly outcome: Outcome
  readonly metrics: readonly MetricVerdict[]
  readonly failures: FailureVerdict
}

/** Fewer say nothing of how far ratios spread. */
export const LEAST_PAIRS = 4

/** Clocks and counters are no better than this, however equal the pairs look. */
const LEAST_DEVIATION = 0.002

interface Levels {
  readonly alarm: Probability
  readonly pass: Probability
}

/**
 * Compares blocks pair by pair: the first of one side with the first of the other, and so on. Blocks without a partner
 * are left out.
 * @throws RangeError when no metric is named
 */
export const compare = (
  baseline: readonly Block[],
  candidate: readonly Block[],
  options: CompareOptions
): Verdict => {
  const { metrics, looks = 1, falseAlarms = 0.01, falsePasses = 0.05 } = options
  if (metrics.length === 0) throw new RangeError('a comparison needs a metric')
  // Bonferroni: the more questions, the surer each answer. All must pass for a pass, so those share only the looks.
  const levels = { alarm: falseAlarms / (metrics.length * looks), pass: falsePasses / looks }
  const verdicts = metrics.map((metric) =>
    verdictOn(metric, ratiosOf(metric.name, baseline, candidate), levels)
  )
  const failures = compareFailures(baseline, candidate, falseAlarms / looks)
  return { outcome: together([...verdicts, failures]), metrics: verdicts, failures }
}

const NOTHING: Interval = { low: 0, high: Infinity }

const verdictOn = (metric: Metric, ratios: readonly number[], levels: Levels): MetricVerdict => {
  const pairs = ratios.length
  const measured = estimate(ratios.map(Math.log))
  const base = { ...metric, pairs, ratios, ratio: Math.exp(measured.mean) }
  if (pairs < LEAST_PAIRS) {
    const sentence = `${metric.name}: ${pairs} pairs of blocks have this figure; at least ${LEAST_PAIRS} are needed.`
    return { ...base, outcome: 'CannotTell', interval: NOTHING, confidence: 0, sentence }
  }
  const floored = withFloor(measured)
  const limit = Math.log(metric.allowed)
  const interval = {
    low: Math.exp(lowerBound(floored, levels.alarm)),
    high: Math.exp(upperBound(floored, levels.pass))
  }
  const outcome = outcomeOf(interval, metric.allowed)
  const confidence = confidenceBeside(floored, limit)
  const verdict = { ...base, outcome, interval, confidence }
  return { ...verdict, sentence: sentenceOf(verdict) }
}

const withFloor = (measured: Estimate): Estimate => ({
  ...measured,
  standardError: Math.max(measured.standardError, LEAST_DEVIATION / Math.sqrt(measured.count))
})

const outcomeOf = ({ low, high }: Interval, allowed: number): Outcome => {
  if (low > allowed) return 'Regression'
  return high < allowed ? 'Pass' : 'CannotTell'
}

/** +12.3 %. */
export const change = (ratio: number): string => {
  const percent = 100 * (ratio - 1)
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`
}

const ENDS: Readonly<Record<Outcome, (allowed: string) => string>> = {
  Regression: (allowed) => `more than the ${allowed} that are allowed`,
  Pass: (allowed) => `within the ${allowed} that are allowed`,
  CannotTell: (allowed) => `which may or may not be within the ${allowed} that are allowed`
}

const sentenceOf = ({
  name,
  ratio,
  interval,
  outcome,
  allowed,
  pairs
}: Omit<MetricVerdict, 'sentence'>): string =>
  `${name}: ${change(ratio)} (from ${change(interval.low)} to ${change(interval.high)}, ${pairs} pairs), ` +
  `${ENDS[outcome](change(allowed))}.`
