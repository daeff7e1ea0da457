/** What gates came to, a line each: pieces of a proof that ran at different times count together. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Block, Counts, Outcome, Recording } from '@alexandrite/loadtest/statistics/index'

/** The same program on both sides, or the candidate slowed down. */
export type Kind = 'Same' | 'Slowed'

export interface Evidence {
  readonly subject: string
  readonly kind: Kind
  /** What was injected; 0 for the same program. */
  readonly share: number
  readonly outcome: Outcome
  /** Seconds that the gate took. */
  readonly seconds: number
  readonly recording: Recording
}

export const append = (file: string, evidence: Evidence): void =>
  appendFileSync(file, `${JSON.stringify(rounded(evidence))}\n`)

export const read = (file: string): Evidence[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Evidence)
    : []

/** Six digits are more than any clock here is good for. */
const rounded = (evidence: Evidence): Evidence => ({
  ...evidence,
  recording: {
    baseline: evidence.recording.baseline.map(roundedBlock),
    candidate: evidence.recording.candidate.map(roundedBlock)
  }
})

const roundedBlock = (block: Block): Block => ({
  ...block,
  values: Object.fromEntries(
    Object.entries(block.values).map(([name, value]) => [name, Number(value.toPrecision(6))])
  )
})

export const of = (all: readonly Evidence[], subject: string, kind: Kind): Evidence[] =>
  all.filter((one) => one.subject === subject && one.kind === kind)

export const countsOf = (all: readonly Evidence[]): Counts => {
  const counts = { Pass: 0, Regression: 0, CannotTell: 0 }
  for (const { outcome } of all) counts[outcome] += 1
  return counts
}

/** All blocks of gates of one kind, in the order of time. */
export const recordingOf = (all: readonly Evidence[]): Recording => ({
  baseline: all.flatMap(({ recording }) => recording.baseline),
  candidate: all.flatMap(({ recording }) => recording.candidate)
})
