/** Runs proofs through promtool, and says which variant of a rule failed which of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Rule } from '@alexandrite/alerts'
import type { Proof } from '@alexandrite/alerts/proofs/proof'
import { suitesOf, type Variant } from '@alexandrite/alerts/proofs/suite'
import { run, RunError } from '../run.ts'
import { resolveTool } from '../tools.ts'

/** A rule, what proves it, and what is to be proved. Numbers of variants differ between all tasks of a run. */
export interface Task {
  readonly proof: Proof
  readonly original: Rule
  readonly variants: readonly Variant[]
}

/** What promtool said, by the number of the variant; a variant without an entry passed. */
export type Failures = ReadonlyMap<number, readonly string[]>

/** Each failure begins with the name of its case, its query, or the rule that could not be evaluated. */
const BEGINNING = /^ {4}(?=name: |expr: |rule: )/m
const NUMBER = /__(\d+)/
/** The rule could not be evaluated at all: promtool left the rest of that case out. */
const BROKEN = /^rule: .*, err: /
/** What is not told of a case is told of a file that could not be read. */
const UNREADABLE = /FAILED:\n(?! {4})(.*)/
const TIMEOUT_MS = 300_000

/**
 * Proves all variants of the tasks in one process. Some mutants cannot be evaluated, which hides what became of the
 * others of their rule: these are taken out, and the others proved again.
 * @throws when promtool says something that no variant explains
 */
export async function prove(tasks: readonly Task[], signal?: AbortSignal): Promise<Failures> {
  const failures = new Map<number, readonly string[]>()
  let left = tasks
  while (left.length > 0) {
    const found = read(await promtool(left, signal))
    for (const [number, texts] of found) failures.set(number, [...(failures.get(number) ?? []), ...texts])
    const broken = new Set(
      [...found].filter(([, texts]) => texts.some((text) => BROKEN.test(text))).map(([number]) => number)
    )
    left = withoutBroken(left, broken)
  }
  return failures
}

/** The tasks that must be run again. */
const withoutBroken = (tasks: readonly Task[], broken: ReadonlySet<number>): readonly Task[] =>
  tasks
    .filter(({ variants }) => variants.some(({ number }) => broken.has(number)))
    .map((task) => ({ ...task, variants: task.variants.filter(({ number }) => !broken.has(number)) }))
    .filter(({ variants }) => variants.length > 0)

/** What it printed when tests failed; empty when all passed. */
async function promtool(tasks: readonly Task[], signal?: AbortSignal): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alexandrite-rules-'))
  try {
    const tests = await writeSuites(folder, tasks)
    const env = { TMPDIR: folder }
    const options = { cwd: folder, timeoutMs: TIMEOUT_MS, env, ...(signal && { signal }) }
    await run(await resolveTool('promtool'), ['test', 'rules', ...tests], options)
    return ''
  } catch (error) {
    if (error instanceof RunError && error.code === 1) return error.output
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeSuites(folder: string, tasks: readonly Task[]): Promise<string[]> {
  const tests: string[] = []
  for (const [task, { proof, original, variants }] of tasks.entries()) {
    const suites = suitesOf(proof, original, variants, (index) => `rules-${task}-${index}.yaml`)
    for (const [index, suite] of suites.entries()) {
      await writeFile(join(folder, `rules-${task}-${index}.yaml`), JSON.stringify(suite.rules))
      await writeFile(join(folder, `tests-${task}-${index}.yaml`), JSON.stringify(suite.tests))
      tests.push(`tests-${task}-${index}.yaml`)
    }
  }
  return tests
}

/** Failures in promtool's words, by variant. @throws when there is one that names no variant: a mistake in a proof */
export function read(output: string): Failures {
  const failures = new Map<number, readonly string[]>()
  if (output === '') return failures
  const unreadable = UNREADABLE.exec(output)?.[1]
  if (unreadable !== undefined) throw new Error(`promtool could not read a rule or a test: ${unreadable}`)
  const [, ...parts] = output.split(BEGINNING)
  for (const part of parts) {
    const number = NUMBER.exec(part)?.[1]
    if (number === undefined) throw new Error(`promtool could not test:\n${part}`)
    failures.set(Number(number), [...(failures.get(Number(number)) ?? []), part.trim()])
  }
  if (failures.size === 0) throw new Error(`promtool could not test:\n${output}`)
  return failures
}
