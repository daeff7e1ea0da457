/** Pure: whole gates played with recorded blocks, thousands of times. */
import type { Block } from './block.ts'
import { compare } from './compare.ts'
import type { CompareOptions } from './compare.ts'
import type { Outcome } from './outcome.ts'
import { below } from './random.ts'
import type { Random } from './random.ts'

/** Blocks of both sides, recorded in turns: the same index is a pair. */
export interface Recording {
  readonly baseline: readonly Block[]
  readonly candidate: readonly Block[]
}

export interface SimulateOptions extends Omit<CompareOptions, 'looks'> {
  /** Pairs after which the gate looks. */
  readonly looks: readonly number[]
  readonly random: Random
}

/** Pairs that stay together: noise that lasts longer than a block is drawn with its length. */
const STRETCH = 4

/** One gate: pairs are drawn from the recording in stretches, and looked at as the real gate looks at them. */
export const simulateGate = (recording: Recording, options: SimulateOptions): Outcome => {
  const { looks, random, ...rest } = options
  const most = looks.at(-1) ?? 0
  const picked = Array.from({ length: Math.ceil(most / STRETCH) }, () => stretch(recording, random)).flat()
  const side = (name: keyof Recording, pairs: number): Block[] =>
    picked.slice(0, pairs).flatMap((index) => recording[name].slice(index, index + 1))
  for (const pairs of looks) {
    const verdict = compare(side('baseline', pairs), side('candidate', pairs), {
      ...rest,
      looks: looks.length
    })
    if (verdict.outcome !== 'CannotTell') return verdict.outcome
  }
  return 'CannotTell'
}

const stretch = ({ baseline, candidate }: Recording, random: Random): number[] => {
  const pairs = Math.min(baseline.length, candidate.length)
  const start = below(random, Math.max(1, pairs - STRETCH + 1))
  return Array.from({ length: STRETCH }, (_, i) => Math.min(start + i, pairs - 1))
}

export type Counts = Readonly<Record<Outcome, number>>

/** How so many gates ended. */
export const simulateGates = (recording: Recording, runs: number, options: SimulateOptions): Counts => {
  const counts = { Pass: 0, Regression: 0, CannotTell: 0 }
  for (let run = 0; run < runs; run++) counts[simulateGate(recording, options)] += 1
  return counts
}
