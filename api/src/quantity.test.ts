import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatQuantity, parseQuantity } from './quantity.ts'

describe('a quantity', () => {
  test.each([
    ['0', 0],
    ['1024', 1024],
    ['1k', 1000],
    ['1Ki', 1024],
    ['128Mi', 134_217_728],
    ['2M', 2_000_000],
    ['1G', 1_000_000_000],
    ['64Gi', 68_719_476_736]
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseQuantity(text)).toBe(bytes)
  })

  test.each(['', 'Mi', '1.5Gi', '-1', '1e3', '1 Mi', '1mi', '1Ti', '1MiB', ' 1', '1\n'])(
    '%j is refused with the mend',
    (text) => {
      expect(() => parseQuantity(text)).toThrow(/is not a size in bytes: write a whole number/)
    }
  )

  test('beyond what a number holds exactly is refused', () => {
    expect(() => parseQuantity('999999999999Gi')).toThrow(/is beyond 8 PiB/)
  })

  test('is written so that it reads back as the same bytes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 1024, 1024 ** 2), (count, unit) => {
        expect(parseQuantity(formatQuantity(count * unit))).toBe(count * unit)
      })
    )
  })
})
