/** The gate's own check for continuous integration: recorded blocks again, and one short gate of this tree against itself. */
import { join } from 'node:path'
import { judge } from '@alexandrite/loadtest/gate/judge'
import { parsedOptions, runCommand } from '../../command.ts'
import { startInOrder } from '../../in-order.ts'
import { closingLine } from '../../jest.ts'
import { say } from '../../run.ts'
import { PAIRS } from '../gate/options.ts'
import { PROVED_NAMES, subjectNamed } from '../gate/subjects.ts'
import { workingTree } from '../gate/tree.ts'
import { read } from '../prove/evidence.ts'
import { cellsOf, keepsPromise, rowsOf } from '../prove/verdict.ts'

/** Gates that were run with `make prove-gate` on a machine without other work. */
const RECORDED = join(import.meta.dirname, '../recordings/evidence.jsonl')
/** Of each kind and subject. */
const GATES = 1000

const HELP = `Plays ${GATES} gates of each kind with recorded blocks: at least 95 % of the slowed ones must be caught, at most 2 % of the
others may raise an alarm. Then runs one short gate of this tree against itself, which must not say that it is slower.

Usage: node hack/gate-check.ts      (make gate-check; within a minute)
  --help
Ends with 0 when all of it holds, else with 1.
`

interface Check {
  readonly holds: boolean
  readonly sentence: string
}

export function main(argv: readonly string[]): Promise<number> {
  const options = () =>
    parsedOptions(argv, { help: { type: 'boolean', short: 'h' } }).help ? undefined : ({} as const)
  return runCommand({ name: 'gate-check', help: HELP, options, run: (_, signal) => checkAll(signal) })
}

async function checkAll(signal: AbortSignal): Promise<number> {
  const checks = [...recorded(), await againstItself(signal)]
  for (const { holds, sentence } of checks) say(`${holds ? 'ok  ' : 'FAIL'}  ${sentence}`)
  const failed = checks.filter(({ holds }) => !holds).length
  process.stdout.write(`${closingLine([{ passed: checks.length - failed, failed, skipped: 0 }])}\n`)
  return failed === 0 ? 0 : 1
}

/** Each subject must have been recorded both ways. */
function recorded(): Check[] {
  const evidence = read(RECORDED)
  return PROVED_NAMES.flatMap((name) => {
    const { metrics } = subjectNamed(name)
    const rows = rowsOf(evidence, name, { metrics, mostPairs: PAIRS.standard, simulate: GATES })
    const played = rows.filter(({ source }) => source === 'simulated')
    const complete = { holds: played.length === 2, sentence: `${name}: recorded equal and slowed` }
    return [
      complete,
      ...played.map((row) => ({ holds: keepsPromise(row), sentence: cellsOf(row).slice(0, 5).join(', ') }))
    ]
  })
}

/** A busy machine may make it undecided, never slower. */
async function againstItself(signal: AbortSignal): Promise<Check> {
  const subject = subjectNamed('dashboard')
  const sides = await startInOrder(async (keep) => {
    const stand = await keep(subject.prepare(say, signal))
    const Baseline = await keep(stand.start(workingTree, signal))
    return { Baseline, Candidate: await keep(stand.start(workingTree, signal)) }
  }, signal)
  try {
    const { verdict } = await judge(subject, sides, { mostPairs: PAIRS.least, seed: 1, say, signal })
    const sentence = `dashboard: this tree against itself: ${verdict.outcome}`
    return { holds: verdict.outcome !== 'Regression', sentence }
  } finally {
    await sides.stop()
  }
}
