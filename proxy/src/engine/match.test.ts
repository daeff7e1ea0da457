import { expect, test } from '@jest/globals'
import { matchPath, parsePath } from '@alexandrite/api/path-pattern'
import type { PolicyRule } from '@alexandrite/api'
import fc from 'fast-check'
import { onWrite, policy, rule } from '../../test/tier.ts'
import { findRule, matchWrites } from './match.ts'

const segment = fc.constantFrom('a', 'b', 'orders', ':id', ':x')
const pattern = fc
  .tuple(fc.array(segment, { maxLength: 4 }), fc.boolean())
  .map(([segments, rest]) => `/${segments.join('/')}${rest ? (segments.length > 0 ? '/*' : '*') : ''}`)
const path = fc
  .array(fc.constantFrom('a', 'b', 'orders', '7', ''), { maxLength: 5 })
  .map((segments) => `/${segments.join('/')}`)
const methods = fc.constantFrom<readonly string[]>(['GET'], ['HEAD'], ['GET', 'HEAD'])

const naive = (rules: readonly PolicyRule[], method: string, target: string): number =>
  rules.findIndex(
    ({ match }) =>
      (match.methods.includes(method) || (method === 'HEAD' && match.methods.includes('GET'))) &&
      matchPath(match.path, target) !== undefined
  )

test('the tree finds the rule that looking at one after the other finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(pattern, methods), { maxLength: 30 }),
      path,
      fc.constantFrom('GET', 'HEAD', 'POST'),
      (shapes, target, method) => {
        const rules = shapes.map(([source, of], index) => ({
          ...rule({ path: source, name: String(index) }),
          match: { methods: of, path: parsePath(source) }
        }))
        const expected = naive(rules, method, target)
        const found = findRule(policy(rules), { method, target: `${target}?q=1`, headers: [] })
        expect(found?.name).toBe(expected < 0 ? undefined : String(expected))
      }
    ),
    { numRuns: 500 }
  )
})

test('every write that matches counts, in the order they are written', () => {
  const writes = ['/a/*', '/b', '/a/:id', '/:x/:y'].map((source) => onWrite(source, [source]))
  const found = matchWrites(policy([], writes), { method: 'POST', target: '/a/7', headers: [] })
  expect(found.map(({ found: { match } }) => match.path.source)).toEqual(['/a/*', '/a/:id', '/:x/:y'])
})

test('a path that is none matches nothing', () => {
  const all = policy([rule({ path: '/*' })])
  expect(findRule(all, { method: 'GET', target: '*', headers: [] })).toBeUndefined()
  expect(findRule(all, { method: 'GET', target: '', headers: [] })).toBeUndefined()
})
