import { describe, expect, test } from '@jest/globals'
import { isSubset } from './subset.ts'

describe('whether an apply would change nothing', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['defaults of the server', { a: 1 }, { a: 1, b: 2 }, true],
    ['a missing field', { a: 1, b: 2 }, { a: 1 }, false],
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }, false],
    ['a field we leave out', { a: undefined }, {}, true],
    ['defaults inside of a list', [{ name: 'a' }], [{ name: 'a', x: 1 }], true],
    [
      'named items in another order',
      [{ name: 'a', v: 1 }, { name: 'b' }],
      [{ name: 'b' }, { name: 'a', v: 1 }],
      true
    ],
    ['plain items in another order', ['a', 'b'], ['b', 'a'], false],
    ['an item too many', [{ name: 'a' }], [{ name: 'a' }, { name: 'b' }], false],
    ['nothing where something should be', {}, undefined, false],
    ['an empty list that the server leaves out', [], undefined, true]
  ])('%s', (_case, wanted, found, expected) => {
    expect(isSubset(wanted, found)).toBe(expected)
  })
})
