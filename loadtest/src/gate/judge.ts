/** One gate: blocks in turns, looked at now and then, until they decide or there are enough of them. */
import type { Block, Metric } from '../statistics/block.ts'
import { compare } from '../statistics/compare.ts'
import type { Verdict } from '../statistics/compare.ts'
import { seededRandom } from '../statistics/random.ts'
import type { Recording } from '../statistics/simulate.ts'
import { fourTurns, looksUpTo } from '../statistics/turns.ts'
import type { Side } from '../statistics/turns.ts'

/** One of the two that are compared, under way. */
export interface Loadable {
  /** Loads it for one block and counts. */
  block(signal: AbortSignal): Promise<Block>
}

/** What is loaded. */
export interface Subject {
  readonly name: string
  /** For people: what is loaded, and how. */
  readonly title: string
  /** Those that decide. */
  readonly metrics: readonly Metric[]
}

export interface JudgeOptions {
  /** Pairs of blocks after which nobody can tell; even, 6 at least. */
  readonly mostPairs: number
  /** Of the order of the turns. */
  readonly seed: number
  /** Hears of each look. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

export interface Judged extends Subject {
  readonly verdict: Verdict
  readonly recording: Recording
}

/** @throws what a block throws */
export async function judge(
  { name, title, metrics }: Subject,
  sides: Readonly<Record<Side, Loadable>>,
  { mostPairs, seed, say, signal }: JudgeOptions
): Promise<Judged> {
  const looks = looksUpTo(mostPairs)
  const random = seededRandom(seed)
  const blocks: Record<Side, Block[]> = { Baseline: [], Candidate: [] }
  for (;;) {
    for (const side of fourTurns(random)) blocks[side].push(await sides[side].block(signal))
    const pairs = blocks.Baseline.length
    if (!looks.includes(pairs)) continue
    const verdict = compare(blocks.Baseline, blocks.Candidate, { metrics, looks: looks.length })
    for (const { sentence } of verdict.metrics) say(`  ${name}, ${sentence}`)
    if (verdict.outcome !== 'CannotTell' || pairs >= mostPairs) {
      const recording = { baseline: blocks.Baseline, candidate: blocks.Candidate }
      return { name, title, metrics, verdict, recording }
    }
  }
}
