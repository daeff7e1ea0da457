import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

describe('a duration', () => {
  test.each([
    ['0s', 0],
    ['100ms', 100],
    ['15s', 15_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h1m1s1ms', 3_661_001],
    ['90m', 5_400_000]
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  test.each(['', '15', 's', '1.5s', '-1s', '1s1m', '1s1s', '1d', '15 s', '15S', '1µs', '15s\n'])(
    '%j is refused with the mend',
    (text) => {
      expect(() => parseDuration(text)).toThrow(/is not a duration: write a number and its unit/)
    }
  )

  test('is written so that it reads back as the same time', () => {
    fc.assert(
      fc.property(fc.nat({ max: 365 * 24 * 3_600_000 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds)
      })
    )
  })
})
