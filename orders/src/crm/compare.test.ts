import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { agreed, verdict } from './compare.ts'
import type { Verdict } from './compare.ts'
import type { ReadOrder } from './read-order.ts'

/** A version has one content, as in the source. */
const at = (version: number, quantity = version): ReadOrder => ({
  id: 7,
  customerId: 1,
  status: 'SUBMITTED',
  createdAt: '2026-11-01T00:00:00.000Z',
  quantity,
  version
})

type Sides = readonly [source: ReadOrder | undefined, model: ReadOrder | undefined]
const look = ([source, model]: Sides) => ({ source, model })

describe('two looks at an order', () => {
  it.each<[string, Sides, Sides, Verdict]>([
    ['the copy caught up', [at(2), at(1)], [at(2), at(2)], 'Agreed'],
    ['it was removed on both sides', [undefined, at(1)], [undefined, undefined], 'Agreed'],
    ['a new order arrived', [at(1), undefined], [at(1), at(1)], 'Agreed'],
    ['the source goes on and the copy follows', [at(2), at(1)], [at(5), at(3)], 'UnderWay'],
    ['the copy was read later than the source', [at(2), at(3)], [at(4), at(5)], 'UnderWay'],
    ['an order was made between the readings', [undefined, at(1)], [at(1), at(2)], 'UnderWay'],
    ['the copy never came', [at(1), undefined], [at(1), undefined], 'missing'],
    ['the copy stayed behind', [at(2), at(1)], [at(2), at(1)], 'stale'],
    ['the copy moved, but not as far as it must', [at(3), at(1)], [at(9), at(2)], 'stale'],
    ['nobody made this order', [undefined, at(1)], [undefined, at(1)], 'extra'],
    ['the versions of the source began anew', [at(1), at(9)], [at(2), at(9)], 'ahead'],
    ['one version, two contents', [at(2), at(2, 99)], [at(2), at(2, 99)], 'different'],
    ['changed behind the back of the triggers', [at(0, 5), at(0)], [at(0, 5), at(0)], 'different']
  ])('%s', (_, first, second, expected) => {
    expect(verdict(look(first), look(second))).toBe(expected)
  })

  it('never accuse a copy that follows within the time between them, whatever happens meanwhile', () => {
    // The source's version at four moments; the copy lags by less than the time from the first look to the second.
    const moments = fc
      .array(fc.nat(20), { minLength: 4, maxLength: 4 })
      .map((all) => all.sort((a, b) => a - b))
    fc.assert(
      fc.property(moments, fc.nat(20), fc.nat(20), ([s1 = 0, m1 = 0, s2 = 0, m2 = 0], lag1, lag2) => {
        const copy1 = at(Math.max(0, m1 - lag1))
        const copy2 = at(Math.max(s1, copy1.version, m2 - lag2))
        const second = look([at(s2), copy2])
        expect(verdict(look([at(s1), copy1]), second)).toBe(agreed(second) ? 'Agreed' : 'UnderWay')
      })
    )
  })
})
