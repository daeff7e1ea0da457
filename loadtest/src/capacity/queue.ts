/** Pure: how much longer an answer takes as the machine gets busy, from the steps of a route. */
import { p95Of } from './knee.ts'
import type { Step } from './knee.ts'

/** How busy, from 0 to 1, and p95 as a multiple of the time that a request takes alone. */
export interface BusyPoint {
  readonly busy: number
  readonly stretch: number
}

export interface Alone {
  readonly latencyMs: number
  readonly processorMs: number
  /** Processors that the work can use. */
  readonly processors: number
}

/** Share of the processors that a rate keeps busy. */
export const busyAt = (
  rate: number,
  { processorMs, processors }: Pick<Alone, 'processorMs' | 'processors'>
): number => (rate * processorMs) / 1000 / processors

export const busyPoints = (steps: readonly Step[], alone: Alone): BusyPoint[] =>
  steps
    .map((step) => ({
      busy: busyAt(step.offered, alone),
      stretch: Math.max(1, p95Of(step) / alone.latencyMs)
    }))
    .filter(({ stretch }) => Number.isFinite(stretch))

/** Nothing is stable from here on: the queue grows as long as the load lasts. */
const FULL = 1

/**
 * The stretch at any load: straight between the measured ones, never falling as load grows; infinite from the first full
 * one on.
 */
export const stretchAt = (points: readonly BusyPoint[], busy: number): number => {
  if (busy >= FULL) return Infinity
  const rising = risen([{ busy: 0, stretch: 1 }, ...points.filter((point) => point.busy < FULL)])
  const after = rising.findIndex((point) => point.busy >= busy)
  if (after === -1) return beyondLast(rising.at(-1), busy)
  const high = rising[after]
  const low = rising[after - 1] ?? high
  if (high === undefined || low === undefined || high.busy === low.busy) return high?.stretch ?? 1
  return low.stretch + ((high.stretch - low.stretch) * (busy - low.busy)) / (high.busy - low.busy)
}

/** Past the last step the wait grows as in a queue: with what is left of the processors. */
const beyondLast = (last: BusyPoint | undefined, busy: number): number =>
  last === undefined ? 1 / (1 - busy) : (last.stretch * (1 - last.busy)) / (1 - busy)

const risen = (points: readonly BusyPoint[]): BusyPoint[] => {
  let highest = 1
  return [...points]
    .sort((a, b) => a.busy - b.busy)
    .map(({ busy, stretch }) => {
      highest = Math.max(highest, stretch)
      return { busy, stretch: highest }
    })
}
