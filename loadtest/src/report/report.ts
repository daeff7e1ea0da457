/** What a gate has to tell. */
import type { Judged } from '../gate/judge.ts'
import type { Outcome } from '../statistics/outcome.ts'

export interface GateReport {
  /** In words. */
  readonly baseline: string
  readonly candidate: string
  readonly machine: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly seconds: number
  readonly subjects: readonly Judged[]
  readonly outcome: Outcome
}

export const OUTCOMES: Readonly<Record<Outcome, string>> = {
  Pass: 'pass',
  Regression: 'regression',
  CannotTell: 'cannot tell'
}

export const MEANINGS: Readonly<Record<Outcome, string>> = {
  Pass: 'Nothing that was measured is slower than allowed.',
  Regression:
    'The candidate is slower than allowed, or fails more often. The change should not go in as it is.',
  CannotTell:
    'The machine was too noisy, or the difference is too close to what is allowed. Run it again on a quieter machine, or with more --pairs.'
}

/** How figures were taken and judged, for whoever has not seen such a report. */
export const METHOD =
  'Both sides ran at once on the same machine and were loaded in turns, a block each: two blocks next to each other are a ' +
  'pair. Of each pair the ratio of the figures counts, so that what slowed the machine down is in both. The interval is ' +
  'where the true ratio is: 99 % sure for an alarm and 95 % for a pass, all metrics and all looks at the figures together. ' +
  'Wholly above what is allowed it is a regression, wholly below it is a pass, else nobody can tell.'
