import { describe, expect, test } from '@jest/globals'
import type { LoadResult } from '../bench/load.ts'
import { costOptions } from './main.ts'
import { complaints, costRow, costTable, TOLD, UNTOLD } from './row.ts'

const result = (contender: string, rest: Partial<LoadResult> = {}): LoadResult => ({
  contender,
  requestsPerSecond: 60_000,
  ratio: 1,
  cpu: 15,
  p50: 1,
  p99: 2,
  originShare: 0,
  errors: 0,
  ...rest
})

const HEARD = { floor: 0.95, scrapes: 20, traces: 20 }
const row = costRow('untold.mjs', { scrapes: 0 })
const judged = (told: Partial<LoadResult>, heard: Partial<typeof HEARD> = {}): string[] =>
  complaints(row, [result(UNTOLD), result(TOLD, told)], { ...HEARD, ...heard })

describe("telemetry's cost", () => {
  test('is fine at the floor and above', () => {
    expect(judged({ ratio: 0.95 })).toEqual([])
    expect(judged({ ratio: 1.02 })).toEqual([])
  })

  test('is too much below the floor, with both figures', () => {
    expect(judged({ ratio: 0.949 })).toEqual([
      'telemetry leaves 0.949 of the throughput of hits; 0.95 is the least'
    ])
  })

  test.each([
    ['metrics that nobody could read', { scrapes: 1 }, 'its metrics could not be read'],
    ['traces that never arrived', { traces: 0 }, 'no traces arrived']
  ])('is not measured with %s', (_, heard, sentence) => {
    expect(judged({}, heard)).toEqual([expect.stringContaining(sentence)])
  })

  test('is not measured with errors, or when the application was asked', () => {
    expect(judged({ errors: 2 })).toEqual([expect.stringContaining('2 errors')])
    expect(judged({ originShare: 0.5 })).toEqual([expect.stringContaining('50.0 %')])
  })

  test('is shown beside the processor time of a hit', () => {
    const rows = costTable([
      result(UNTOLD, { cpu: 14 }),
      result(TOLD, { cpu: 14.7, ratio: 0.97, requestsPerSecond: 58_200 })
    ])
    expect(rows.at(-1)).toEqual([TOLD, '58,200', '0.970', '14.70', '1.050', '2.00'])
  })
})

describe('the options', () => {
  test('of a smoke test are short, and its floor is generous', () => {
    expect(costOptions(['--smoke'])).toEqual({ seconds: 1, rounds: 4, floor: 0.7 })
    expect(costOptions([])).toEqual({ seconds: 2, rounds: 20, floor: 0.95 })
    expect(costOptions(['--help'])).toBeUndefined()
  })

  test.each(['0', '-1', 'many', '1000'])('--rounds %s is refused with the range', (rounds) => {
    expect(() => costOptions([`--rounds=${rounds}`])).toThrow('from 1 to 999')
  })
})
