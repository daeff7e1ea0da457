/** Runs of the suite: all targets, and again what was not as expected. */
import { say } from '../run.ts'
import { differences, updated } from './expected.ts'
import type { ByMode, Expected } from './expected.ts'
import { MODES } from './modes.ts'
import type { Mode, Target } from './modes.ts'
import { verdicts } from './outcome.ts'
import { differenceLine } from './report.ts'
import { SUITE_VERSION } from './suite.ts'
import type { RawResults, SuiteTest } from './suite.ts'
import { runSuite } from './suite-run.ts'
import { startTarget } from './targets.ts'

export type Runs = Map<Target, RawResults>

/** It has deadlines towards its store: what else runs on the machine must not make it miss them. */
const runsAlone = (target: Target): boolean => target === 'redis'

/** The others at once, for the suite mostly waits. When one cannot run, all are stopped. */
export async function runAll(targets: readonly Target[], interrupted: AbortSignal): Promise<Runs> {
  const failed = new AbortController()
  const signal = AbortSignal.any([interrupted, failed.signal])
  const runs: Runs = new Map()
  const one = async (target: Target): Promise<void> => {
    try {
      runs.set(target, await runSuite({ startCache: startTarget[target], signal }))
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  await Promise.allSettled(targets.filter((target) => !runsAlone(target)).map(one))
  if (!signal.aborted) await Promise.allSettled(targets.filter(runsAlone).map(one))
  if (signal.aborted) throw signal.reason
  return runs
}

/** Outcomes of our modes that ran. */
export const oursOf = (runs: Runs, tests: readonly SuiteTest[]): ByMode =>
  new Map(
    MODES.flatMap((mode) => {
      const raw = runs.get(mode)
      return raw ? [[mode, verdicts(tests, raw)] as const] : []
    })
  )

/** So often is what differs looked at again. */
const LOOKS = 3

/**
 * The suite waits by the clock, and the store has deadlines: a busy machine can change an outcome. What differs is
 * run again on its own, and its last outcome counts; a difference that goes away is told.
 */
export async function lookAgain(
  expected: Expected,
  runs: Runs,
  tests: readonly SuiteTest[],
  signal: AbortSignal
): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const before = oursOf(runs, tests)
    const reference = hasTests(expected) ? expected : sameInAllModes(before, tests)
    const found = differences(reference, before)
    for (const [mode, own] of Map.groupBy(found, ({ mode }) => mode)) {
      // Tests that only follow from another one say nothing new.
      const ids = own.filter(({ actual }) => actual !== 'dependency').map(({ id }) => id)
      await repeat(mode, ids, { runs, tests, signal })
    }
    const still = new Set(differences(reference, oursOf(runs, tests)).map(nameOf))
    for (const difference of found.filter((each) => !still.has(nameOf(each)))) {
      say(`conformance: note: differed once, and not again: ${differenceLine(difference)}`)
    }
  }
}

const nameOf = ({ mode, id }: { readonly mode: Mode; readonly id: string }): string => `${mode} ${id}`

const hasTests = ({ tests }: Expected): boolean => Object.keys(tests).length > 0

/** Before there is an expectation, one mode is another's. */
const sameInAllModes = (ours: ByMode, tests: readonly SuiteTest[]): Expected => {
  const [first] = ours.values()
  const everywhere = new Map(MODES.map((mode) => [mode, first ?? new Map<string, never>()]))
  return updated({ suite: '', tests: {}, reasons: {} }, SUITE_VERSION, tests, everywhere)
}

interface Repetition {
  readonly runs: Runs
  readonly tests: readonly SuiteTest[]
  readonly signal: AbortSignal
}

async function repeat(
  mode: Mode,
  ids: readonly string[],
  { runs, tests, signal }: Repetition
): Promise<void> {
  // If so much is other than expected, no machine was busy.
  if (ids.length === 0 || ids.length > tests.length / 2) return
  const again = await runSuite({ startCache: startTarget[mode], ids, signal })
  runs.set(mode, { ...runs.get(mode), ...again })
}
