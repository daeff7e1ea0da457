import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, UsageError } from '../command.ts'
import { closingLine } from '../jest.ts'
import { REPOSITORY } from '../paths.ts'
import { say } from '../run.ts'
import { differences, reasonGaps, underFloor, updated } from './expected.ts'
import type { Expected } from './expected.ts'
import { MODES, PEERS, TARGET_NAMES } from './modes.ts'
import type { Mode, Target } from './modes.ts'
import { conformanceOptions, HELP } from './options.ts'
import type { ConformanceOptions } from './options.ts'
import { tally, verdicts } from './outcome.ts'
import { differenceLine, document, failures, table } from './report.ts'
import { lookAgain, oursOf, runAll } from './runs.ts'
import type { Runs } from './runs.ts'
import { SUITE_VERSION, suiteTests } from './suite.ts'
import type { SuiteTest } from './suite.ts'
import { runSuite } from './suite-run.ts'
import { startTarget } from './targets.ts'

const EXPECTED_FILE = join(REPOSITORY, 'hack/conformance/expected.json')
const DOCUMENT = join(REPOSITORY, 'docs/conformance.md')

/** Runs the command and returns its exit code. Everything it started is stopped by then. */
export function main(argv: readonly string[]): Promise<number> {
  return runCommand({
    name: 'conformance',
    help: HELP,
    options: () => conformanceOptions(argv),
    run: conformance
  })
}

async function conformance(options: ConformanceOptions, signal: AbortSignal): Promise<number> {
  const tests = await suiteTests()
  if (options.id !== undefined) return oneTest(options.id, tests, { ...options, signal })
  const targets: readonly Target[] = [...options.modes, ...(options.peers === 'With' ? PEERS : [])]
  say(`${SUITE_VERSION}: ${tests.length} tests against ${targets.map((t) => TARGET_NAMES[t]).join('; ')}`)
  const before = readExpected()
  const runs = await runAll(targets, signal)
  await lookAgain(before, runs, tests, signal)
  return report({ options, before, tests, runs })
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
  readonly before: Expected
  readonly tests: readonly SuiteTest[]
  readonly runs: Runs
}

/** Prints, writes if that was asked for, and compares. @returns the exit code */
function report({ options, before, tests, runs }: Finished): number {
  const ours = oursOf(runs, tests)
  const tallies = new Map([...runs].map(([target, raw]) => [target, tally(tests, verdicts(tests, raw))]))
  const inOrder = new Map(
    [...MODES, ...PEERS].flatMap((target) => {
      const counts = tallies.get(target)
      return counts ? [[target, counts] as const] : []
    })
  )
  process.stdout.write(`\n${table(inOrder)}\n\n${failures(tests, ours).join('\n')}\n\n`)
  const expected = options.then === 'Write' ? updated(before, SUITE_VERSION, tests, ours) : before
  if (options.then === 'Write') {
    writeFileSync(EXPECTED_FILE, `${JSON.stringify(expected, null, 2)}\n`)
    writeFileSync(DOCUMENT, document(expected, tests, inOrder))
  }
  const { missing, needless } = reasonGaps(expected, tests)
  const complaints = [
    ...differences(expected, ours).map(differenceLine),
    ...[...ours].flatMap(([mode, results]) => underFloor(mode, tally(tests, results))),
    ...missing.map((id) => `${id} does not pass, and "reasons" of expected.json does not say why`),
    ...needless.map((id) => `"reasons" of expected.json names ${id}, which passes: remove the line`)
  ]
  for (const complaint of complaints) say(`conformance: ${complaint}`)
  const failed = complaints.length
  const passed = Math.max(0, tests.length * ours.size - failed)
  process.stdout.write(`${closingLine([{ passed, failed, skipped: 0 }])}\n`)
  return failed === 0 ? 0 : 1
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
