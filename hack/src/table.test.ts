import { expect, test } from '@jest/globals'
import { aligned, markdownTable } from './table.ts'

test('columns of a text table line up, the first to the left, the others to the right', () => {
  expect(
    aligned([
      ['name', 'n'],
      ['a', '100']
    ])
  ).toEqual(['name    n', 'a     100'])
  expect(aligned([])).toEqual([])
})

test('a Markdown table has its head first, and keeps bars as text', () => {
  expect(
    markdownTable([
      ['a', 'b'],
      ['x|y', '2']
    ])
  ).toBe('| a | b |\n|---|---|\n| x\\|y | 2 |')
})
