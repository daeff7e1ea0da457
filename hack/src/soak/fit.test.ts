import { describe, expect, test } from '@jest/globals'
import { isFlat, linearFit } from './fit.ts'
import type { Sample } from './fit.ts'

const MIB = 1024 * 1024
const series = (of: (minute: number) => number): Sample[] =>
  Array.from({ length: 30 }, (_, minute) => ({ seconds: minute * 60, bytes: of(minute) * MIB }))

describe('memory over half an hour', () => {
  test('that rises by 1 MiB a minute is fitted as such', () => {
    const { slope, growth, mean } = linearFit(series((minute) => 100 + minute))
    expect(slope * 60).toBeCloseTo(MIB)
    expect(growth).toBeCloseTo(29 * MIB)
    expect(mean).toBeCloseTo(114.5 * MIB)
  })

  test.each<[string, (minute: number) => number, boolean]>([
    ['stays', () => 100, true],
    ['falls', (minute) => 130 - minute, true],
    ['goes up and down', (minute) => 100 + 10 * (minute % 2), true],
    ['has one high moment', (minute) => (minute === 20 ? 160 : 100), true],
    ['leaks 1 MiB a minute', (minute) => 100 + minute, false],
    ['leaks half a MiB a minute under noise', (minute) => 100 + minute / 2 + 6 * (minute % 2), false]
  ])('that %s: flat %s', (_name, of, flat) => {
    expect(isFlat(linearFit(series(of)))).toBe(flat)
  })

  test('measured once is flat', () => {
    expect(isFlat(linearFit([{ seconds: 0, bytes: MIB }]))).toBe(true)
  })
})
