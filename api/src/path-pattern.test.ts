import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { path as pattern } from '../test/arbitrary.ts'
import { matchPath, parsePath } from './path-pattern.ts'

/** The same meaning as a regular expression: the reference of the property test. */
function naive(source: string): RegExp {
  const rest = source.endsWith('/*')
  const body = (rest ? source.slice(0, -2) : source)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/:([A-Za-z][A-Za-z0-9_]*)/g, '(?<$1>[^/]+)')
  return new RegExp(`^${body}${rest ? '(/.*)?' : ''}$`)
}

describe('a path pattern', () => {
  test.each([
    ['/api/orders', '/api/orders', {}],
    ['/api/orders', '/api/orders/', undefined],
    ['/api/orders', '/api/Orders', undefined],
    ['/api/orders', '/api/orders/1', undefined],
    ['/api/orders/:id', '/api/orders/17', { id: '17' }],
    ['/api/orders/:id', '/api/orders/', undefined],
    ['/api/orders/:id', '/api/orders/a%2Fb', { id: 'a%2Fb' }],
    ['/api/orders/:id', '/api/orders/17/files', undefined],
    ['/api/orders/:id/*', '/api/orders/17', { id: '17' }],
    ['/api/orders/:id/*', '/api/orders/17/files/3', { id: '17' }],
    ['/api/*', '/api', {}],
    ['/api/*', '/api/', {}],
    ['/api/*', '/apis', undefined],
    ['/*', '/', {}],
    ['/*', '/anything/at/all', {}],
    ['/', '/', {}],
    ['/', '/a', undefined],
    ['/api/', '/api/', {}],
    ['/*', '*', undefined],
    ['/*', 'http://host/', undefined]
  ])('%s against %s gives %j', (source, path, params) => {
    expect(matchPath(parsePath(source), path)).toEqual(params)
  })

  test('agrees with a naive regular expression', () => {
    const segment = fc.constantFrom('a', 'api', 'orders', 'v1', 'x-y', 'A%20b', '~', '', '17', '*', ':id')
    const paths = fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`)
    // A path made from the pattern itself matches often enough to say something.
    const related = pattern.chain((source) =>
      fc.tuple(
        fc.constant(source),
        fc.oneof(
          paths,
          fc
            .tuple(segment, paths)
            .map(([value, tail]) => source.replaceAll(/:\w+/g, value).replace('/*', tail === '/' ? '' : tail))
        )
      )
    )
    fc.assert(
      fc.property(related, ([source, path]) => {
        const found = path.startsWith('/') ? naive(source).exec(path) : null
        const params = matchPath(parsePath(source), path)
        expect(params === undefined).toBe(found === null)
        if (found) expect(params).toEqual({ ...found.groups })
      }),
      { numRuns: 1000 }
    )
  })
})
