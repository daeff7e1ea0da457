/** Pure: whether a candidate fails more often than its baseline. */
import type { Block } from './block.ts'
import { shareInterval } from './interval.ts'
import type { Probability } from './interval.ts'
import type { Outcome } from './outcome.ts'
import { sum } from './summary.ts'

interface Failed {
  readonly requests: number
  readonly failed: number
}

export interface FailureVerdict {
  readonly outcome: Outcome
  readonly baseline: Failed
  readonly candidate: Failed
  readonly sentence: string
}

const failedOf = (blocks: readonly Block[]): Failed => ({
  requests: sum(blocks.map(({ requests }) => requests)),
  failed: sum(blocks.map(({ failed }) => failed))
})

const shown = ({ requests, failed }: Failed): string => `${failed} of ${requests}`

/** A side without a single request cannot be judged. */
export const compareFailures = (
  baseline: readonly Block[],
  candidate: readonly Block[],
  falseAlarms: Probability
): FailureVerdict => {
  const before = failedOf(baseline)
  const after = failedOf(candidate)
  const outcome = outcomeOf(before, after, falseAlarms)
  const sentence = `failed requests: ${shown(after)}, before ${shown(before)}.`
  return { outcome, baseline: before, candidate: after, sentence }
}

const outcomeOf = (before: Failed, after: Failed, falseAlarms: Probability): Outcome => {
  if (before.requests === 0 || after.requests === 0) return 'CannotTell'
  if (after.failed === 0) return 'Pass'
  const confidence = 1 - falseAlarms
  const most = shareInterval(before.failed, before.requests, confidence).high
  const least = shareInterval(after.failed, after.requests, confidence).low
  return least > most ? 'Regression' : 'CannotTell'
}
