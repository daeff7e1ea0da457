import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge } from '@alexandrite/loadtest/gate/judge'
import type { Judged } from '@alexandrite/loadtest/gate/judge'
import { html } from '@alexandrite/loadtest/report/html'
import { junit } from '@alexandrite/loadtest/report/junit'
import { markdown } from '@alexandrite/loadtest/report/markdown'
import type { GateReport } from '@alexandrite/loadtest/report/report'
import { together } from '@alexandrite/loadtest/statistics/index'
import type { Outcome } from '@alexandrite/loadtest/statistics/index'
import { machineClass } from '../../bench/cpus.ts'
import { runCommand, UsageError } from '../../command.ts'
import { startInOrder } from '../../in-order.ts'
import { messageOf, say } from '../../run.ts'
import { gateOptions, HELP } from './options.ts'
import type { GateOptions } from './options.ts'
import { subjectNamed } from './subjects.ts'
import type { LocalSubject } from './subject.ts'
import { baseRevision, revisionTree, workingTree } from './tree.ts'
import type { Tree } from './tree.ts'

const EXIT: Readonly<Record<Outcome, number>> = { Pass: 0, Regression: 1, CannotTell: 2 }

/** The candidate does not even start: no figure is needed to refuse it. */
class CandidateFails extends Error {}

/** Runs the gate and returns its exit code. Everything it started is stopped by then. */
export function main(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'load', help: HELP, options: () => gateOptions(argv), run: gate })
}

async function gate(options: GateOptions, signal: AbortSignal): Promise<number> {
  try {
    const report = await measured(options, signal)
    write(report, options.out)
    return EXIT[report.outcome]
  } catch (error) {
    if (signal.aborted || error instanceof UsageError) throw error
    say(`load: ${messageOf(error)}`)
    return error instanceof CandidateFails ? EXIT.Regression : EXIT.CannotTell
  }
}

async function measured(options: GateOptions, signal: AbortSignal): Promise<GateReport> {
  const started = Date.now()
  const baseline = await revisionTree(await baseRevision(options.base))
  try {
    say(`load: ${workingTree.title} against ${baseline.title}`)
    const subjects: Judged[] = []
    for (const name of options.subjects) {
      subjects.push(await judged(subjectNamed(name), baseline, { ...options, signal }))
    }
    return {
      baseline: baseline.title,
      candidate: workingTree.title,
      machine: machineClass(),
      startedAt: new Date(started).toISOString(),
      seconds: Math.round((Date.now() - started) / 1000),
      subjects,
      outcome: together(subjects.map(({ verdict }) => verdict))
    }
  } finally {
    await baseline.stop()
  }
}

const judged = async (
  subject: LocalSubject,
  baseline: Tree,
  options: GateOptions & { readonly signal: AbortSignal }
): Promise<Judged> => {
  const { signal } = options
  say(`load: ${subject.title}`)
  const running = await startInOrder(async (keep) => {
    const stand = await keep(subject.prepare(say, signal))
    const before = await keep(stand.start(baseline, signal))
    const starting = stand.start(workingTree, signal).catch((cause: unknown) => {
      throw new CandidateFails(`the candidate does not start: ${messageOf(cause)}`, { cause })
    })
    return { Baseline: before, Candidate: await keep(starting) }
  }, signal)
  try {
    return await judge(subject, running, { ...options, say, signal })
  } finally {
    await running.stop()
  }
}

function write(report: GateReport, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const text = markdown(report)
  writeFileSync(join(folder, 'report.md'), text)
  writeFileSync(join(folder, 'report.html'), html(report))
  writeFileSync(join(folder, 'junit.xml'), junit(report))
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report))
  process.stdout.write(`\n${text}\n`)
  say(`load: report.md, report.html, junit.xml and report.json are in ${folder}`)
}
