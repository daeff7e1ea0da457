import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closingLine } from '../jest.ts'
import { REPOSITORY } from '../paths.ts'
import { messageOf, say } from '../run.ts'
import { differences, reasonGaps, underFloor, updated } from './expected.ts'
import type { Difference, Expected } from './expected.ts'
import { PEERS, TARGET_NAMES } from './modes.ts'
import type { Mode, Target } from './modes.ts'
import { conformanceOptions, HELP, UsageError } from './options.ts'
import type { ConformanceOptions } from './options.ts'
import { tally, verdicts } from './outcome.ts'
import type { Verdicts } from './outcome.ts'
import { differenceLine, document, failures, table } from './report.ts'
import { SUITE_VERSION, suiteTests } from './suite.ts'
import type { RawResults, SuiteTest } from './suite.ts'
import { runSuite } from './suite-run.ts'
import { startTarget } from './targets.ts'

const EXPECTED_FILE = join(REPOSITORY, 'hack/conformance/expected.json')
const DOCUMENT = join(REPOSITORY, 'docs/conformance.md')

/** What a shell expects of a command that Ctrl-C ended. */
const INTERRUPTED = 130

/** Runs the command and returns its exit code. Everything it started is stopped by then. */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupt)
  try {
    const options = conformanceOptions(argv)
    if (options === undefined) process.stdout.write(HELP)
    return options === undefined ? 0 : await conformance(options, interrupted.signal)
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED
    say(`conformance: ${messageOf(error)}`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
  }
}

async function conformance(options: ConformanceOptions, signal: AbortSignal): Promise<number> {
  const tests = await suiteTests()
  if (options.id !== undefined) return oneTest(options.id, tests, { ...options, signal })
  const targets: readonly Target[] = [...options.modes, ...(options.peers === 'With' ? PEERS : [])]
  say(`${SUITE_VERSION}: ${tests.length} tests against ${targets.map((t) => TARGET_NAMES[t]).join('; ')}`)
  const results = await runAll(targets, tests, signal)
  return report({ options, tests, targets, results, signal })
}

/** All at once: the suite mostly waits. When one cannot run, the others are stopped. */
async function runAll(
  targets: readonly Target[],
  tests: readonly SuiteTest[],
  interrupted: AbortSignal
): Promise<Map<Target, Verdicts>> {
  const failed = new AbortController()
  const signal = AbortSignal.any([interrupted, failed.signal])
  const results = new Map<Target, Verdicts>()
  const one = async (target: Target): Promise<void> => {
    try {
      const raw = await runSuite({ startCache: startTarget[target], signal })
      results.set(target, verdicts(tests, raw))
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  await Promise.allSettled(targets.map(one))
  if (signal.aborted) throw signal.reason
  return results
}

/** One test in each mode asked for, with its exchanges. */
async function oneTest(
  id: string,
  tests: readonly SuiteTest[],
  { modes, signal }: { modes: readonly Mode[]; signal: AbortSignal }
): Promise<number> {
  if (!tests.some((test) => test.id === id))
    throw new UsageError(`--id is "${id}"; ${SUITE_VERSION} has no such test.`)
  let failed = 0
  for (const mode of modes) {
    process.stdout.write(`\n######## ${TARGET_NAMES[mode]}\n`)
    const raw = await runSuite({ startCache: startTarget[mode], ids: [id], exchanges: 'Printed', signal })
    const result = raw[id]
    if (result !== true) failed += 1
    process.stdout.write(
      `${mode}: ${id} ${result === true ? 'passes' : (result ?? ['did not run']).join(': ')}\n`
    )
  }
  return failed === 0 ? 0 : 1
}

interface Finished {
  readonly options: ConformanceOptions
  readonly tests: readonly SuiteTest[]
  readonly targets: readonly Target[]
  readonly results: Map<Target, Verdicts>
  readonly signal: AbortSignal
}

const oursOf = ({ options, results }: Finished): Map<Mode, Verdicts> =>
  new Map(options.modes.flatMap((mode) => [[mode, results.get(mode) ?? new Map<string, never>()]] as const))

async function report(finished: Finished): Promise<number> {
  const { options, tests } = finished
  const before = readExpected()
  const ours = oursOf(finished)
  await lookTwice(before, ours, finished)
  const tallies = new Map(
    finished.targets.map((target) => {
      const own = ours.get(target as Mode)
      return [target, tally(tests, own ?? finished.results.get(target) ?? new Map<string, never>())] as const
    })
  )
  process.stdout.write(`\n${table(tallies)}\n\n${failures(tests, ours).join('\n')}\n\n`)
  const expected = options.then === 'Write' ? updated(before, SUITE_VERSION, tests, ours) : before
  if (options.then === 'Write') {
    writeFileSync(EXPECTED_FILE, `${JSON.stringify(expected, null, 2)}\n`)
    writeFileSync(DOCUMENT, document(expected, tests, tallies))
  }
  const { missing, needless } = reasonGaps(expected, tests)
  const complaints = [
    ...differences(expected, ours).map(differenceLine),
    ...options.modes.flatMap((mode) => underFloor(mode, tallies.get(mode) ?? tally(tests, new Map()))),
    ...missing.map((id) => `${id} does not pass, and "reasons" of expected.json does not say why`),
    ...needless.map((id) => `"reasons" of expected.json names ${id}, which passes: remove the line`)
  ]
  for (const complaint of complaints) say(`conformance: ${complaint}`)
  const failed = complaints.length
  const passed = Math.max(0, tests.length * options.modes.length - failed)
  process.stdout.write(`${closingLine([{ passed, failed, skipped: 0 }])}\n`)
  return failed === 0 ? 0 : 1
}

/**
 * The suite waits by the clock, and the store has deadlines: a busy machine can change an outcome. What differs is
 * run once more on its own; a difference that stays is one, another is told.
 */
async function lookTwice(
  expected: Expected,
  ours: Map<Mode, Verdicts>,
  { tests, signal }: Finished
): Promise<void> {
  const doubtful = Map.groupBy(differences(expected, ours), ({ mode }) => mode)
  await Promise.all(
    [...doubtful].map(async ([mode, found]) => {
      // Tests that only follow from another one say nothing new.
      const ids = found.filter(({ actual }) => actual !== 'dependency').map(({ id }) => id)
      if (ids.length === 0 || ids.length > tests.length / 2) return
      const again = await runSuite({
        startCache: startTarget[mode],
        ids: withDependencies(ids, tests),
        signal
      })
      const second = merged(ours.get(mode) ?? new Map<string, never>(), again, tests)
      tellChanges(found, second)
      ours.set(mode, second)
    })
  )
}

/** Those tests and all that they build on, however far down. */
const withDependencies = (ids: readonly string[], tests: readonly SuiteTest[]): readonly string[] => {
  const wanted = new Set(ids)
  const sizeBefore = wanted.size
  for (const test of tests) if (wanted.has(test.id)) for (const id of test.depends_on ?? []) wanted.add(id)
  return wanted.size === sizeBefore ? [...wanted] : withDependencies([...wanted], tests)
}

/** Earlier outcomes with those of a second run put over them. */
const merged = (first: Verdicts, again: RawResults, tests: readonly SuiteTest[]): Verdicts => {
  const second = verdicts(tests, again)
  return new Map(
    tests.map(({ id }) => [id, (again[id] === undefined ? first : second).get(id) ?? { outcome: 'untested' }])
  )
}

const tellChanges = (found: readonly Difference[], second: Verdicts): void => {
  for (const difference of found) {
    if (second.get(difference.id)?.outcome !== difference.expected) continue
    say(`conformance: note: only the first of two runs differed: ${differenceLine(difference)}`)
  }
}

function readExpected(): Expected {
  try {
    return JSON.parse(readFileSync(EXPECTED_FILE, 'utf8')) as Expected
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Error(`${EXPECTED_FILE} is no JSON: ${error.message}`, { cause: error })
    return { suite: SUITE_VERSION, tests: {}, reasons: {} }
  }
}
