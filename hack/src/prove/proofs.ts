/** Runs proofs one after the other and says of each what was seen. */
import type { Observed } from '../observed/observed.ts'
import { messageOf } from '../run.ts'

export interface Stage extends Observed {
  /** Ends with Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Proof {
  /** A sentence about the running stack. */
  readonly name: string
  /** Breaks what takes minutes to be told of: done before the first proof, so that the others run meanwhile. */
  readonly begin?: (stage: Stage) => Promise<void>
  /** What was seen, in a few words. @throws what is wrong */
  readonly run: (stage: Stage) => Promise<string>
}

export interface Outcome {
  readonly passed: number
  readonly failed: number
}

/** Prints `ok` or `FAILED`, the sentence, what was seen and the seconds. A failure does not end the others. */
export async function runProofs(proofs: readonly Proof[], stage: Stage): Promise<Outcome> {
  let passed = 0
  let failed = 0
  for (const { begin } of proofs) await begin?.(stage)
  for (const { name, run } of proofs) {
    stage.signal.throwIfAborted()
    const started = Date.now()
    const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`
    try {
      const seen = await run(stage)
      process.stdout.write(`ok      ${name} (${seconds()})\n        ${seen}\n`)
      passed += 1
    } catch (error) {
      stage.signal.throwIfAborted()
      process.stdout.write(
        `FAILED  ${name} (${seconds()})\n        ${messageOf(error).replaceAll('\n', '\n        ')}\n`
      )
      failed += 1
    }
  }
  return { passed, failed }
}

/** @throws the sentence */
export function must(holds: unknown, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}
