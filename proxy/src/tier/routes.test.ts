import { describe, expect, test } from '@jest/globals'
import { parsePath } from '@alexandrite/api/path-pattern'
import type { PolicyRule } from '@alexandrite/api'
import { MAX_ROUTES, routeOf, Routes } from './routes.ts'

const ruleAt = (path: string): PolicyRule => ({
  name: 'rule',
  match: { methods: ['GET'], path: parsePath(path) },
  key: { query: { kind: 'All' }, headers: [], identity: { kind: 'Rfc' } },
  bypass: [],
  freshness: { overrideOrigin: false, ignoreOriginProhibition: false, jitterRatio: 0 },
  tags: []
})

describe('what counts as one route', () => {
  test.each([
    ['/orders/17?page=2', '/orders/18', undefined, 'the query and an id do not matter'],
    ['/a/0b1c-d', '/a/77', undefined, 'whatever has a digit is taken for an id'],
    ['/users/ann', '/users/bob', '/users/:name', 'what the rule calls a parameter does not matter']
  ])('%s and %s, rule %s: %s', (one, other, path, _why) => {
    const rule = path === undefined ? undefined : ruleAt(path)
    expect(routeOf(rule, one)).toBe(routeOf(rule, other))
  })

  test.each([
    ['/users/ann', '/users/bob', undefined],
    ['/api/orders', '/api/me', '/api/*'],
    ['/a/1', '/b/1', undefined]
  ])('%s and %s, rule %s, are two', (one, other, path) => {
    const rule = path === undefined ? undefined : ruleAt(path)
    expect(routeOf(rule, one)).not.toBe(routeOf(rule, other))
  })

  test('a path of any length makes a short name', () => {
    expect(routeOf(undefined, `/${'x'.repeat(30_000)}`).length).toBeLessThanOrEqual(300)
  })
})

describe('what a route is expected to answer', () => {
  const minute = 60_000

  test('nothing is expected of a route never seen', () => {
    expect(new Routes().expectsUnshared('r', 0)).toBe(false)
  })

  test('after an answer that was for one alone the same is expected for a minute', () => {
    const routes = new Routes()
    routes.learn('r', 'Unshared', 0)
    expect(routes.expectsUnshared('r', minute - 1)).toBe(true)
    expect(routes.expectsUnshared('r', minute)).toBe(false)
  })

  test('one answer that was shared counts for ten minutes, whatever else comes', () => {
    const routes = new Routes()
    routes.learn('r', 'Unshared', 0)
    routes.learn('r', 'Shared', 1)
    routes.learn('r', 'Unshared', 2)
    expect(routes.expectsUnshared('r', 3)).toBe(false)
    routes.learn('r', 'Unshared', 10 * minute)
    expect(routes.expectsUnshared('r', 10 * minute + 1)).toBe(true)
  })

  test('of many routes the ones longest without an answer are forgotten', () => {
    const routes = new Routes()
    for (let i = 0; i < MAX_ROUTES; i += 1) routes.learn(`r${i}`, 'Unshared', 0)
    routes.learn('r0', 'Unshared', 1)
    routes.learn('one more', 'Unshared', 1)
    expect(routes.size).toBe(MAX_ROUTES)
    expect(routes.expectsUnshared('r0', 2)).toBe(true)
    expect(routes.expectsUnshared('r1', 2)).toBe(false)
  })
})
