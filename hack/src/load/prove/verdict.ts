/** Pure: whether the gate keeps its promises, from what gates came to. */
import {
  change,
  compare,
  looksUpTo,
  seededRandom,
  shareInterval,
  simulateGates
} from '@alexandrite/loadtest/statistics/index'
import type { Counts, Metric, Outcome } from '@alexandrite/loadtest/statistics/index'
import { countsOf, of, recordingOf } from './evidence.ts'
import type { Evidence, Kind } from './evidence.ts'

/** At least so many slowed gates are caught; at most so many of the others raise an alarm. */
export const PROMISES = { caught: 0.95, falseAlarms: 0.02 } as const

export interface Row {
  readonly subject: string
  readonly kind: Kind
  readonly source: 'real runs' | 'simulated'
  readonly counts: Counts
  /** Change of each metric over all recorded pairs. */
  readonly seen: string
}

export interface RowsOptions {
  readonly metrics: readonly Metric[]
  readonly mostPairs: number
  readonly simulate: number
}

const KINDS: readonly Kind[] = ['Same', 'Slowed']

/** The counts of one subject: what was seen, and what its blocks give when they are drawn again. */
export const rowsOf = (all: readonly Evidence[], subject: string, options: RowsOptions): Row[] =>
  KINDS.flatMap((kind) => {
    const gates = of(all, subject, kind)
    if (gates.length === 0) return []
    const recording = recordingOf(gates)
    const { metrics, mostPairs, simulate } = options
    const verdict = compare(recording.baseline, recording.candidate, { metrics })
    const seen = verdict.metrics.map(({ name, ratio }) => `${name} ${change(ratio)}`).join(', ')
    const real: Row = { subject, kind, source: 'real runs', counts: countsOf(gates), seen }
    if (simulate === 0) return [real]
    const drawn = { metrics, looks: looksUpTo(mostPairs), random: seededRandom(1) }
    return [real, { ...real, source: 'simulated', counts: simulateGates(recording, simulate, drawn) }]
  })

export const total = (counts: Counts): number => counts.Pass + counts.Regression + counts.CannotTell

/** What the row promises is about. */
export const wanted = ({ kind }: Row): { readonly what: string; readonly outcome: Outcome } =>
  kind === 'Same'
    ? { what: 'false alarms', outcome: 'Regression' }
    : { what: 'caught', outcome: 'Regression' }

export const keepsPromise = ({ kind, counts }: Row): boolean => {
  const share = counts.Regression / total(counts)
  return kind === 'Same' ? share <= PROMISES.falseAlarms : share >= PROMISES.caught
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** 12 of 240: 5.0 % (2.6 % to 8.6 %). */
export const shareText = (hits: number, trials: number): string => {
  const { low, high } = shareInterval(hits, trials)
  return `${hits} of ${trials}: ${percent(hits / trials)} (${percent(low)} to ${percent(high)})`
}

export const cellsOf = (row: Row): string[] => {
  const { subject, kind, source, counts, seen } = row
  return [
    subject,
    kind === 'Same' ? 'the same program twice' : 'candidate slowed',
    source,
    seen,
    `${wanted(row).what} ${shareText(counts.Regression, total(counts))}`,
    String(counts.Pass),
    String(counts.CannotTell),
    keepsPromise(row) ? 'kept' : 'NOT KEPT'
  ]
}

export const HEAD = [
  'subject',
  'gates of',
  'from',
  'change over all blocks',
  'alarms (95 % bounds)',
  'passes',
  'cannot tell',
  'promise'
]
