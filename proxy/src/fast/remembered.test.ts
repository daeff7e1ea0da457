import { expect, test } from '@jest/globals'
import { Remembered } from './remembered.ts'

test('what is in use survives a full memory; what is not leaves', () => {
  let now = 0
  const remembered = new Remembered<number>({ entries: 2, characters: 100 }, () => now)
  for (const [value, text] of ['a', 'b', 'c', 'd'].entries()) {
    remembered.set(text, value)
    now += 10_000
    expect(remembered.get('a')).toBe(0)
  }
  expect(['a', 'b', 'c', 'd'].map((text) => remembered.get(text))).toEqual([0, undefined, 2, 3])
})

test('while more comes than there is room for, what is remembered stays, and the rest is not', () => {
  let now = 0
  const remembered = new Remembered<number>({ entries: 2, characters: 100 }, () => now)
  const texts = Array.from({ length: 10 }, (_, i) => `text ${i}`)
  for (const [value, text] of texts.entries()) remembered.set(text, value)
  const known = (): string[] => texts.filter((text) => remembered.get(text) !== undefined)
  expect(known()).toEqual(['text 0', 'text 1', 'text 2', 'text 3'])
  now = 4999
  remembered.set('text 9', 9)
  expect(known()).toEqual(['text 0', 'text 1', 'text 2', 'text 3'])
  now = 5000
  remembered.set('text 9', 9)
  expect(remembered.get('text 9')).toBe(9)
})

test('room is also counted in characters, and forgetting all makes room at once', () => {
  const remembered = new Remembered<number>({ entries: 100, characters: 10 }, () => 0)
  for (const text of ['12345678', '1234567', '123456']) remembered.set(text, 1)
  expect(remembered.get('123456')).toBeUndefined()
  remembered.clear()
  expect(remembered.get('12345678')).toBeUndefined()
  remembered.set('123456', 2)
  expect(remembered.get('123456')).toBe(2)
})
