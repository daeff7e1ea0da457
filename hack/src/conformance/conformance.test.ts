import { describe, expect, test } from '@jest/globals'
import { differences, reasonGaps, underFloor, updated } from './expected.ts'
import type { ByMode, Expected } from './expected.ts'
import { conformanceOptions } from './options.ts'
import { instanceOf, tally, verdicts } from './outcome.ts'
import type { Outcome, Verdict } from './outcome.ts'
import { document, failures, table } from './report.ts'
import { suiteTests } from './suite.ts'
import type { SuiteTest } from './suite.ts'

const plain = (id: string, rest: Partial<SuiteTest> = {}): SuiteTest => ({
  id,
  name: `a test of ${id}`,
  requests: [{}],
  ...rest
})

const TESTS = [
  plain('fresh', { kind: 'optimal' }),
  plain('age', { depends_on: ['fresh'] }),
  plain('float', { depends_on: ['age'], kind: 'check' })
]

describe('outcomes', () => {
  test('a test counts only when all that it builds on pass too', () => {
    const all = verdicts(TESTS, { fresh: ['Assertion', 'not from cache'], age: true, float: true })
    expect([...all]).toEqual([
      ['fresh', { outcome: 'fail', message: 'not from cache' }],
      ['age', { outcome: 'dependency', message: 'fresh does not pass' }],
      ['float', { outcome: 'dependency', message: 'age does not pass' }]
    ])
  })

  test.each<[string, readonly [string, string] | true | undefined, Verdict]>([
    ['passes', true, { outcome: 'pass' }],
    ['did not run', undefined, { outcome: 'untested' }],
    ['asked the origin twice', ['Setup', 'retry'], { outcome: 'retry', message: 'retry' }],
    ['could not be set up', ['Setup', 'PUT gave 500'], { outcome: 'setup', message: 'PUT gave 500' }],
    ['broke off', ['FetchError', 'reset'], { outcome: 'fail', message: 'FetchError: reset' }]
  ])('a test that %s', (_, raw, verdict) => {
    const results = verdicts([plain('a')], raw === undefined ? {} : { a: raw })
    expect(results.get('a')).toEqual(verdict)
  })

  test('are counted by kind', () => {
    expect(tally(TESTS, verdicts(TESTS, { fresh: true, age: ['Assertion', ''], float: true }))).toEqual({
      required: { passed: 0, total: 1 },
      optimal: { passed: 1, total: 1 },
      check: { passed: 0, total: 1 }
    })
  })

  test('the suite has as many tests as its version says', async () => {
    const { required, optimal, check } = tally(await suiteTests(), new Map())
    expect([required.total, optimal.total, check.total]).toEqual([157, 86, 86])
  })

  test('instances take turns after each pause', () => {
    const paused = plain('a', { requests: [{ pause_after: true }, {}, { pause_after: true }, {}] })
    expect([1, 2, 3, 4].map((number) => instanceOf(paused, number, 2))).toEqual([0, 1, 1, 0])
    expect(instanceOf(paused, 4, 1)).toBe(0)
    expect(instanceOf(undefined, 3, 2)).toBe(0)
  })
})

const inAllModes = (outcomes: Record<string, Outcome>): ByMode => {
  const all = new Map(Object.entries(outcomes).map(([id, outcome]) => [id, { outcome }]))
  return new Map([
    ['slow', all],
    ['fast', all],
    ['redis', all]
  ])
}

const EXPECTED: Expected = {
  suite: 'http-cache-tests',
  tests: { fresh: 'pass', age: { slow: 'pass', fast: 'pass', redis: 'fail' }, float: 'fail' },
  reasons: { age: 'the store rounds' }
}

describe('the expectation', () => {
  test('differs when something is worse, better or new, and says in which mode', () => {
    const found = differences(
      EXPECTED,
      inAllModes({ fresh: 'fail', age: 'pass', float: 'fail', other: 'pass' })
    )
    expect(found.map(({ id, mode, expected, actual }) => [mode, id, expected, actual])).toEqual([
      ['slow', 'fresh', 'pass', 'fail'],
      ['slow', 'other', undefined, 'pass'],
      ['fast', 'fresh', 'pass', 'fail'],
      ['fast', 'other', undefined, 'pass'],
      ['redis', 'fresh', 'pass', 'fail'],
      ['redis', 'age', 'fail', 'pass'],
      ['redis', 'other', undefined, 'pass']
    ])
  })

  test('written again it is met, keeps the reasons that are needed, and asks for new ones', () => {
    const results = inAllModes({ fresh: 'fail', age: 'pass', float: 'fail' })
    const next = updated(EXPECTED, 'http-cache-tests 2', TESTS, results)
    expect(next).toEqual({
      suite: 'http-cache-tests 2',
      tests: { fresh: 'fail', age: 'pass', float: 'fail' },
      reasons: { fresh: '' }
    })
    expect(differences(next, results)).toEqual([])
    expect(reasonGaps(next, TESTS)).toEqual({ missing: ['fresh'], needless: [] })
  })

  test('wants no reason for a check, and none for what passes', () => {
    expect(reasonGaps(EXPECTED, TESTS)).toEqual({ missing: [], needless: [] })
    const needless = { ...EXPECTED, reasons: { ...EXPECTED.reasons, fresh: 'was slow' } }
    expect(reasonGaps(needless, TESTS).needless).toEqual(['fresh'])
  })

  test('has a floor below which nothing is accepted', () => {
    const share = (passed: number) => ({ passed, total: 200 })
    expect(underFloor('fast', { required: share(150), optimal: share(74), check: share(0) })).toEqual([])
    expect(underFloor('fast', { required: share(149), optimal: share(74), check: share(0) })).toEqual([
      'fast: 149 required tests pass, the floor is 150'
    ])
  })
})

describe('the report', () => {
  const results = inAllModes({ fresh: 'pass', age: 'pass', float: 'fail' })

  test('names a failing test once, with the modes if not all', () => {
    const mixed = new Map(results).set('redis', new Map([['age', { outcome: 'fail', message: 'too old' }]]))
    expect(failures(TESTS.slice(1), mixed)).toEqual(['required age (redis): fail, too old'])
  })

  test('is a table of what passed', () => {
    const counts = tally(TESTS, results.get('fast') ?? new Map())
    expect(table(new Map([['nginx', counts]]))).toBe(
      'cache       required  optimal  checks\nnginx 1.22     1 / 1    1 / 1   0 / 1'
    )
  })

  test('as a page it lists each failing test with its reason', () => {
    expect(document(EXPECTED, TESTS, new Map())).toContain('| `age` | required | redis | the store rounds |')
  })
})

describe('the command line', () => {
  test('runs everything unless told otherwise', () => {
    expect(conformanceOptions([])).toEqual({
      modes: ['slow', 'fast', 'redis'],
      peers: 'With',
      id: undefined,
      then: 'Compare'
    })
    expect(conformanceOptions(['--mode', 'fast'])).toMatchObject({ modes: ['fast'], peers: 'Without' })
    expect(conformanceOptions(['--help'])).toBeUndefined()
  })

  test.each([
    [['--mode', 'quick'], '--mode is "quick"; give one of slow, fast, redis.'],
    [['--write', '--tier-only'], '--write needs all modes and the peers'],
    [['--wrote'], 'Try --help.']
  ])('refuses %j in a sentence', (argv, sentence) => {
    expect(() => conformanceOptions(argv)).toThrow(sentence)
  })
})
