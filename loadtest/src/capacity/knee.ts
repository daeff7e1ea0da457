/** Pure: where more load stops meaning more answers. */
import { quantile } from '../statistics/summary.ts'

/** One step of an open load: requests are sent at their time, whether or not the answers before have come. */
export interface Step {
  /** Requests a second that were meant. */
  readonly offered: number
  /** Requests a second that chance made of it. */
  readonly sent: number
  /** Requests a second that were answered well while it lasted. */
  readonly answered: number
  /** Milliseconds of each answer, from when it was planned. */
  readonly took: readonly number[]
  readonly failed: number
}

export const p95Of = ({ took }: Step): number => quantile(took, 0.95)

/** Fewer answers than this share of what was sent, and the queue only grows. */
const KEEPS_UP = 0.9

export const keepsUp = (step: Step, limitMs: number): boolean =>
  step.failed === 0 && step.answered >= KEEPS_UP * step.sent && p95Of(step) <= limitMs

export interface Knee {
  /** Requests a second of the last step that kept up; 0 when the first did not. */
  readonly rate: number
  /** The first step that did not; undefined when the steps ended before. */
  readonly beyond: number | undefined
}

/** Steps in the order of their load. */
export const kneeOf = (steps: readonly Step[], limitMs: number): Knee => {
  const first = steps.findIndex((step) => !keepsUp(step, limitMs))
  const good = first === -1 ? steps : steps.slice(0, first)
  return { rate: good.at(-1)?.offered ?? 0, beyond: steps[first]?.offered }
}

/** In words: 12 to 19 requests a second. */
export const kneeText = ({ rate, beyond }: Knee): string => {
  const shown = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0))
  if (rate === 0 && beyond === undefined) return 'not tried'
  if (beyond === undefined) return `above ${shown(rate)}/s (not reached)`
  return rate === 0 ? `below ${shown(beyond)}/s` : `from ${shown(rate)} to ${shown(beyond)}/s`
}
