/** Pure: who is loaded when, and when the blocks so far are looked at. */
import type { Random } from './random.ts'

export type Side = 'Baseline' | 'Candidate'

/**
 * Two pairs, A B B A or B A A B by lot: what drifts meanwhile is in both sides alike, and nothing that comes and goes at
 * a fixed pace can favour one.
 */
export const fourTurns = (random: Random): readonly [Side, Side, Side, Side] =>
  random() < 0.5
    ? ['Baseline', 'Candidate', 'Candidate', 'Baseline']
    : ['Candidate', 'Baseline', 'Baseline', 'Candidate']

/** Numbers of pairs after which the blocks are compared; each comparison that decides nothing asks for more. Even. */
export const LOOKS = [6, 10, 16, 24] as const

/** The numbers of pairs to look at when there may be at most so many. @param most even and at least the first look */
export const looksUpTo = (most: number): readonly number[] => {
  const looks: number[] = LOOKS.filter((pairs) => pairs < most)
  return [...looks, most]
}
