/** Proofs of the most frequent kind of alert: series at a level, for a time. */
import { secondsOf, type Duration } from '../rule.ts'
import type { Case, Named, Proof, Series, Values } from './proof.ts'

export interface Faulty {
  /** Just beyond the threshold. */
  readonly bad: Values
  /** The nearest values at which nothing may be told: on the threshold, and on its healthy side. */
  readonly quiet: readonly Values[]
}

export interface Level {
  readonly of: Named
  readonly for: Duration
  /** All of them are needed for the alert. */
  readonly fault: Readonly<Record<string, Faulty>>
  /** Labels that the alert takes from the series. */
  readonly labels?: Readonly<Record<string, string>>
  readonly summary: string
  /** Faults of something else: each, in place of the fault, is no reason to tell. */
  readonly elsewhere?: readonly Series[]
  /** Added to all cases. */
  readonly around?: Series
  /** Time between evaluations. Default 1m. */
  readonly step?: Duration
  /** When the condition holds first. Default: from the beginning. */
  readonly from?: Duration
}

const written = (seconds: number): Duration => `${seconds}s`

/** Fires after its time and not a step before; at the nearest healthy values, and for others' faults, it is silent. */
export const level = (what: Level): Proof => ({
  of: what.of,
  cases: [
    fires(what),
    ...Object.keys(what.fault).flatMap((series) => quiet(what, series)),
    ...elsewhere(what)
  ]
})

const badOf = (fault: Level['fault']): Series =>
  Object.fromEntries(Object.entries(fault).map(([series, { bad }]) => [series, bad]))

const dueOf = (what: Level): number => secondsOf(what.from ?? '0s') + secondsOf(what.for)

const stepOf = (what: Level) => what.step ?? '1m'

const fires = (what: Level): Case => {
  const due = dueOf(what)
  const firing = [{ summary: what.summary, ...(what.labels && { labels: what.labels }) }]
  const before = due - secondsOf(stepOf(what))
  return {
    says: `fires when it has been so for ${what.for}, and not before`,
    step: stepOf(what),
    series: { ...what.around, ...badOf(what.fault) },
    moments: [...(before >= 0 ? [{ at: written(before), firing: [] }] : []), { at: written(due), firing }]
  }
}

/** Long after it would have fired. */
const silent = (what: Level): Case['moments'] => [
  { at: written(dueOf(what) + 3 * secondsOf(stepOf(what))), firing: [] }
]

const quiet = (what: Level, series: string): readonly Case[] =>
  (what.fault[series]?.quiet ?? []).map((value) => ({
    says: `is silent while ${series} is ${value}`,
    step: stepOf(what),
    series: { ...what.around, ...badOf(what.fault), [series]: value },
    moments: silent(what)
  }))

const elsewhere = (what: Level): readonly Case[] =>
  (what.elsewhere ?? []).map((series) => ({
    says: `is silent for ${Object.keys(series).join(', ')}`,
    step: stepOf(what),
    series: { ...what.around, ...series },
    moments: silent(what)
  }))
