/** Pure: the committed expectation, and what differs from it. */
import { kindOf } from './suite.ts'
import type { SuiteTest } from './suite.ts'
import type { Outcome, Tally, Verdicts } from './outcome.ts'
import { MODES } from './modes.ts'
import type { Mode } from './modes.ts'

/** hack/conformance/expected.json. */
export interface Expected {
  readonly suite: string
  /** By test: its outcome in every mode, or each mode's where they differ. */
  readonly tests: Readonly<Record<string, Outcome | Readonly<Record<Mode, Outcome>>>>
  /** By required or optimal test that does not pass in some mode: why. */
  readonly reasons: Readonly<Record<string, string>>
}

/** At least so many must pass in each mode, whatever is expected. */
export const FLOOR = { required: 150, optimal: 74 } as const

export interface Difference {
  readonly id: string
  readonly mode: Mode
  readonly expected: Outcome | undefined
  readonly actual: Outcome
  readonly message: string | undefined
}

export type ByMode = ReadonlyMap<Mode, Verdicts>

const expectedOf = (expected: Expected, id: string, mode: Mode): Outcome | undefined => {
  const entry = expected.tests[id]
  return typeof entry === 'object' ? entry[mode] : entry
}

/** Every test of every mode that ran whose outcome is another one than expected. */
export const differences = (expected: Expected, results: ByMode): Difference[] =>
  [...results].flatMap(([mode, verdicts]) =>
    [...verdicts].flatMap(([id, { outcome, message }]) => {
      const was = expectedOf(expected, id, mode)
      return was === outcome ? [] : [{ id, mode, expected: was, actual: outcome, message }]
    })
  )

const countsOf = (test: SuiteTest): boolean => kindOf(test) !== 'check'

/** Required and optimal tests that are expected not to pass in some mode. */
export const expectedFailures = (expected: Expected, tests: readonly SuiteTest[]): SuiteTest[] =>
  tests.filter(
    (test) =>
      countsOf(test) && MODES.some((mode) => (expectedOf(expected, test.id, mode) ?? 'pass') !== 'pass')
  )

/** Ids of failing tests without a reason, and of reasons without a failing test. */
export const reasonGaps = (
  expected: Expected,
  tests: readonly SuiteTest[]
): { readonly missing: readonly string[]; readonly needless: readonly string[] } => {
  const failing = expectedFailures(expected, tests).map(({ id }) => id)
  return {
    missing: failing.filter((id) => (expected.reasons[id] ?? '') === ''),
    needless: Object.keys(expected.reasons).filter((id) => !failing.includes(id))
  }
}

/** One sentence for each floor that a mode is under. */
export const underFloor = (mode: Mode, counts: Tally): string[] =>
  (['required', 'optimal'] as const)
    .filter((kind) => counts[kind].passed < FLOOR[kind])
    .map((kind) => `${mode}: ${counts[kind].passed} ${kind} tests pass, the floor is ${FLOOR[kind]}`)

/** The expectation that these results meet. Modes that did not run keep theirs; reasons stay while they are needed. */
export const updated = (
  before: Expected,
  suite: string,
  tests: readonly SuiteTest[],
  results: ByMode
): Expected => {
  const entry = (id: string): Expected['tests'][string] => {
    const of = (mode: Mode): Outcome =>
      results.get(mode)?.get(id)?.outcome ?? expectedOf(before, id, mode) ?? 'untested'
    const each = { slow: of('slow'), fast: of('fast'), redis: of('redis') }
    return new Set(Object.values(each)).size === 1 ? each.slow : each
  }
  const all = Object.fromEntries(tests.map(({ id }) => [id, entry(id)]))
  const bare: Expected = { suite, tests: all, reasons: {} }
  const reasons = expectedFailures(bare, tests).map(({ id }) => [id, before.reasons[id] ?? ''] as const)
  return { ...bare, reasons: Object.fromEntries(reasons) }
}
