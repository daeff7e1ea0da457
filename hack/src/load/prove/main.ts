import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge } from '@alexandrite/loadtest/gate/judge'
import { runCommand } from '../../command.ts'
import { startInOrder } from '../../in-order.ts'
import { closingLine } from '../../jest.ts'
import { say } from '../../run.ts'
import { aligned, markdownTable } from '../../table.ts'
import { injectionOf } from '../gate/injections.ts'
import type { LocalSubject, RunningSide, Stand } from '../gate/subject.ts'
import { subjectNamed } from '../gate/subjects.ts'
import { changedTree, workingTree } from '../gate/tree.ts'
import type { Tree } from '../gate/tree.ts'
import { calibrated } from './calibrate.ts'
import { append, of, read } from './evidence.ts'
import type { Evidence, Kind } from './evidence.ts'
import { HELP, proveOptions } from './options.ts'
import type { ProveOptions } from './options.ts'
import { cellsOf, HEAD, keepsPromise, rowsOf } from './verdict.ts'
import type { Row } from './verdict.ts'

/** Runs the proof and returns its exit code. Everything it started is stopped by then. */
export function main(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'prove-gate', help: HELP, options: () => proveOptions(argv), run: prove })
}

interface Proof {
  readonly options: ProveOptions
  readonly file: string
  readonly until: number
  readonly signal: AbortSignal
}

async function prove(options: ProveOptions, signal: AbortSignal): Promise<number> {
  mkdirSync(options.out, { recursive: true })
  const file = join(options.out, 'evidence.jsonl')
  const proof = { options, file, until: Date.now() + options.minutes * 60_000, signal }
  for (const name of options.subjects) {
    if (options.runs > 0) await runGates(subjectNamed(name), proof)
  }
  const evidence = read(file)
  const rows = options.subjects.flatMap((name) =>
    rowsOf(evidence, name, { ...options, metrics: subjectNamed(name).metrics })
  )
  return finish(rows, options)
}

/** Gates of both kinds by turns, until there are enough or the time is up. */
async function runGates(subject: LocalSubject, proof: Proof): Promise<void> {
  const { options, signal, until } = proof
  const stand = await subject.prepare(say, signal)
  try {
    const amount = await calibrated(subject, stand, options.share, signal)
    const injection = injectionOf(subject.name)
    say(`prove-gate: ${subject.name}: ${injection.title} (${100 * options.share} %)`)
    const slowed = await changedTree('a slowed copy', injection.changes(amount))
    try {
      for (let done = 0; done < options.runs && Date.now() < until; done += options.startEvery)
        await someGates(subject, { ...proof, stand, slowed, left: options.runs - done })
    } finally {
      await slowed.stop()
    }
  } finally {
    await stand.stop()
  }
}

interface Some extends Proof {
  readonly stand: Stand
  readonly slowed: Tree
  readonly left: number
}

/** Three programs are started: the tree, the tree again, and the slowed copy. */
async function someGates(subject: LocalSubject, some: Some): Promise<void> {
  const { stand, slowed, left, options, until, signal } = some
  const sides = await startInOrder(
    async (keep) => ({
      before: await keep(stand.start(workingTree, signal)),
      Same: await keep(stand.start(workingTree, signal)),
      Slowed: await keep(stand.start(slowed, signal))
    }),
    signal
  )
  try {
    for (let run = 0; run < Math.min(left, options.startEvery) && Date.now() < until; run++) {
      for (const kind of ['Same', 'Slowed'] as const) await oneGate(subject, kind, { ...some, sides })
    }
  } finally {
    await sides.stop()
  }
}

interface One extends Some {
  readonly sides: Readonly<Record<'before' | Kind, RunningSide>>
}

async function oneGate(subject: LocalSubject, kind: Kind, one: One): Promise<void> {
  const { sides, options, file, signal } = one
  const started = Date.now()
  const gates = of(read(file), subject.name, kind).length
  const both = { Baseline: sides.before, Candidate: sides[kind] }
  const { mostPairs } = options
  const { verdict, recording } = await judge(subject, both, {
    mostPairs,
    seed: gates + 1,
    say: () => undefined,
    signal
  })
  const seconds = (Date.now() - started) / 1000
  const share = kind === 'Same' ? 0 : options.share
  const evidence: Evidence = {
    subject: subject.name,
    kind,
    share,
    outcome: verdict.outcome,
    seconds,
    recording
  }
  append(file, evidence)
  say(
    `  ${subject.name}, ${kind.toLowerCase()}, gate ${gates + 1}: ${verdict.outcome} in ${seconds.toFixed(0)} s; ` +
      verdict.metrics.map(({ sentence }) => sentence).join(' ')
  )
}

function finish(rows: readonly Row[], { out, simulate }: ProveOptions): number {
  const table = [HEAD, ...rows.map(cellsOf)]
  const page = `# The gate, tried

Gates of this tree against itself, and against a copy of it that was slowed down. *Real runs* are gates as \`make load\`
runs them, of programs that ran then. *Simulated* are ${simulate} gates each, played with the blocks that those recorded: pairs drawn
in stretches of four, judged by the same code.

${markdownTable(table)}
`
  writeFileSync(join(out, 'report.md'), page)
  process.stdout.write(`\n${aligned(table).join('\n')}\n\n`)
  say(`prove-gate: report.md and evidence.jsonl are in ${out}`)
  const failed = rows.filter((row) => !keepsPromise(row)).length
  process.stdout.write(`${closingLine([{ passed: rows.length - failed, failed, skipped: 0 }])}\n`)
  return failed === 0 && rows.length > 0 ? 0 : 1
}
