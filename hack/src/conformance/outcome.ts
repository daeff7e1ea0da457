/** Pure: what a run of the suite says, as its own result pages count. */
import { kindOf } from './suite.ts'
import type { Kind, RawResult, RawResults, SuiteTest } from './suite.ts'

/**
 * fail: the cache did other than the test asks. dependency: a test that this one builds on did not pass.
 * setup: the exchange itself went wrong. retry: the cache asked the origin twice. untested: it did not run.
 */
export type Outcome = 'pass' | 'fail' | 'dependency' | 'setup' | 'retry' | 'untested'

export interface Verdict {
  readonly outcome: Outcome
  /** What the suite said, for everything but a pass. */
  readonly message?: string
}

export type Verdicts = ReadonlyMap<string, Verdict>

const ofOne = (raw: RawResult | undefined): Verdict => {
  if (raw === undefined) return { outcome: 'untested' }
  if (raw === true) return { outcome: 'pass' }
  const [kind, message] = raw
  if (kind !== 'Setup')
    return { outcome: 'fail', message: kind === 'Assertion' ? message : `${kind}: ${message}` }
  return { outcome: message === 'retry' ? 'retry' : 'setup', message }
}

/** Outcomes by test, in the suite's order. */
export const verdicts = (tests: readonly SuiteTest[], raw: RawResults): Verdicts => {
  const byId = new Map(tests.map((test) => [test.id, test]))
  const passes = (id: string): boolean => {
    const test = byId.get(id)
    return test !== undefined && raw[id] === true && failedDependency(test) === undefined
  }
  const failedDependency = (test: SuiteTest): string | undefined => test.depends_on?.find((id) => !passes(id))
  const judge = (test: SuiteTest): Verdict => {
    const dependency = raw[test.id] === undefined ? undefined : failedDependency(test)
    return dependency === undefined
      ? ofOne(raw[test.id])
      : { outcome: 'dependency', message: `${dependency} does not pass` }
  }
  return new Map(tests.map((test) => [test.id, judge(test)]))
}

/** How many pass, of how many there are. */
export interface Share {
  readonly passed: number
  readonly total: number
}

export type Tally = Readonly<Record<Kind, Share>>

export const tally = (tests: readonly SuiteTest[], results: Verdicts): Tally => {
  const share = (kind: Kind): Share => {
    const ids = tests.filter((test) => kindOf(test) === kind).map(({ id }) => id)
    return { passed: ids.filter((id) => results.get(id)?.outcome === 'pass').length, total: ids.length }
  }
  return { required: share('required'), optimal: share('optimal'), check: share('check') }
}

/** Which of several instances answers a request: after each pause of the test it is the next one. */
export const instanceOf = (test: SuiteTest | undefined, requestNumber: number, instances: number): number => {
  const before = test?.requests.slice(0, Math.max(0, requestNumber - 1)) ?? []
  return before.filter((request) => request.pause_after === true).length % instances
}
