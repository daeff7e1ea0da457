import { describe, expect, test } from '@jest/globals'
import type { Alert } from '@alexandrite/alerts'
import { changesOf } from './changes.ts'
import { mutate } from './mutate.ts'
import { mutateOptions, report } from './mutate-command.ts'
import { mutantsOf } from './mutants.ts'
import { prove, read } from './promtool.ts'

const texts = (expr: string): string[] => changesOf(expr).map((change) => change.expr)

describe('an expression is changed in', () => {
  test.each<[string, string, string[]]>([
    ['thresholds', 'a > 10', ['a > 11', 'a > 9']],
    ['thresholds of zero', 'a > 0', ['a > 1', 'a > (-1)']],
    ['comparisons', 'a > 10', ['a >= 10', 'a < 10', 'a <= 10', 'a == 10', 'a != 10']],
    ['windows', 'rate(a[5m])', ['rate(a[600s])', 'rate(a[150s])']],
    ['set operators', 'a and b', ['a or b', 'a unless b']],
    ['arithmetic', 'a / b', ['a * b']],
    ['matchers', 'a{x="1"}', ['a{x!="1"}', 'a{x="mutant"}', 'a{}']],
    ['one of several matchers', 'a{x="1",y="2"}', ['a{y="2"}', 'a{x="1"}']],
    ['alternatives', 'a{x=~"1|2"}', ['a{x=~"2"}', 'a{x=~"1"}']],
    ['alternatives in brackets', 'a{x=~".*(1|2).*"}', ['a{x=~".*(2).*"}', 'a{x=~".*(1).*"}']],
    ['metrics', 'a > 1', ['mutant > 1']],
    ['grouping', 'sum by (x, y) (a)', ['sum without (x, y) (a)', 'sum by (y) (a)', 'sum by (x) (a)']],
    [
      'arguments',
      'label_replace(a, "x", "$1", "y", "(.*)")',
      ['label_replace(a, "mutant", "$1", "y", "(.*)")']
    ]
  ])('its %s', (_, expr, expected) => {
    expect(texts(expr)).toEqual(expect.arrayContaining(expected))
  })

  test('nothing else: a sign in a matcher is no comparison', () => {
    expect(texts('a{x!="1"}')).not.toContain('a{x>"1"}')
  })
})

const alert: Alert = {
  alert: 'Weak',
  expr: 'a > 10',
  for: '4m',
  severity: 'warning',
  team: 'mes',
  serviceTier: 1,
  summary: 'weak',
  description: 'weak',
  dashboard: 'overview'
}

test('an alert is changed in its time and each of its labels, always in the same way', () => {
  const changes = mutantsOf(alert).map(({ change }) => change)
  expect(changes).toEqual(
    expect.arrayContaining([
      'for: 4m → 480s',
      'for: 4m → 120s',
      'label team: mes → mutant',
      'label team: mes → none'
    ])
  )
  expect(mutantsOf(alert)).toEqual(mutantsOf(alert))
})

test('a proof that looks only at values far away lets changes through', async () => {
  const variants = mutantsOf(alert).map((mutant, number) => ({ ...mutant, number }))
  const weak = {
    of: { alert: 'Weak', severity: 'warning', team: 'mes', serviceTier: 1 },
    cases: [
      {
        says: 'fires',
        series: { a: 100 },
        moments: [{ at: '10m', firing: [{ labels: {}, summary: 'weak' }] }]
      }
    ]
  } as const
  const failures = await prove([{ proof: weak, original: alert, variants }])
  const unnoticed = variants.filter(({ number }) => !failures.has(number)).map(({ change }) => change)
  expect(unnoticed).toEqual([
    '…a [> → >=]',
    '…a [> → !=]',
    '…a > [10 → 11]',
    '…a > [10 → 9]',
    'for: 4m → 480s',
    'for: 4m → 120s'
  ])
})

test('a mutant that cannot be evaluated is noticed, and hides no other', async () => {
  const rule = { ...alert, expr: 'a' }
  const proof = {
    of: { alert: 'Weak', severity: 'warning', team: 'mes', serviceTier: 1 },
    cases: [
      {
        says: 'is silent',
        series: { 'a{x="1"}': '_x10', 'b{x="1"}': 1, 'b{x="2"}': 1 },
        moments: [{ at: '5m', firing: [] }]
      }
    ]
  } as const
  const variants = ['a', 'b * on () b', 'b'].map((expr, number) => ({ number, rule: { ...rule, expr } }))
  const failures = await prove([{ proof, original: rule, variants }])
  expect([...failures.keys()].sort()).toEqual([1, 2])
})

test('a mistake in a proof is an error, not a finding', () => {
  expect(() => read('  FAILED:\ntests-0-0.yaml: 2:1: parse error')).toThrow(
    /could not read a rule or a test: tests-0-0/
  )
  expect(() => read('something else')).toThrow(/could not test/)
})

test('all mutants of an alert are noticed, and the table says so', async () => {
  const outcome = await mutate({ only: 'RedisMemoryHigh' })
  expect(outcome.survivors).toEqual([])
  expect(report(outcome)).toMatch(/alerts\/src\/rules\/redis\.ts +\d+ +\d+ +100 %/)
})

test('a survivor is shown with its rule and the change', () => {
  const survivor = {
    number: 0,
    kind: 'threshold',
    change: '10 → 11',
    rule: alert,
    file: 'x.ts',
    id: 'Weak'
  } as const
  expect(report({ mutants: [survivor], survivors: [survivor] })).toMatch(
    /not noticed: Weak \(x\.ts\)\n {2}10 → 11\n {2}a > 10/
  )
})

test('options that do not exist, and rules, are refused with what there is', () => {
  expect(() => mutateOptions(['--only', 'Nothing'])).toThrow(/--only names "Nothing"; there are .*RedisDown/)
  expect(() => mutateOptions(['--all'])).toThrow(/Try --help/)
  expect(mutateOptions(['--help'])).toBeUndefined()
})
