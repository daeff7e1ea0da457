import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { awaitsAcceptance, hear, MILESTONES } from './parcel.ts'
import type { Milestone, Parcel } from './parcel.ts'

type Report = readonly [milestone: Milestone, at: number]

function hearAll(reports: readonly Report[]) {
  let parcel: Parcel = {}
  const lags: number[] = []
  let deliveries = 0
  for (const [milestone, at] of reports) {
    const heard = hear(parcel, milestone, at)
    parcel = heard.parcel
    if (heard.lag !== undefined) lags.push(heard.lag)
    if (heard.delivered) deliveries++
  }
  return { parcel, lags, deliveries }
}

const ONCE: readonly Report[] = [
  ['packed', 10],
  ['handed', 20],
  ['accepted', 50],
  ['delivered', 90]
]

describe('a piece', () => {
  it('is the same in whichever order, and however often, one hears of it', () => {
    const anyOrder = fc.shuffledSubarray([...ONCE, ...ONCE, ...ONCE], { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(anyOrder, (reports) => {
        expect(hearAll(reports)).toEqual({
          parcel: { packed: 10, handed: 20, accepted: 50, delivered: 90 },
          lags: [30],
          deliveries: 1
        })
      })
    )
  })

  it('was accepted at once when the carrier’s clock is behind ours', () => {
    expect(hearAll([['handed', 20], ['accepted', 15]]).lags).toEqual([0]) // prettier-ignore
  })

  it('waits from its hand-over until the carrier says anything', () => {
    fc.assert(
      fc.property(fc.subarray([...MILESTONES]), (known) => {
        const { parcel } = hearAll(known.map((milestone) => [milestone, 1] as const))
        const waits = known.includes('handed') && !known.includes('accepted') && !known.includes('delivered')
        expect(awaitsAcceptance(parcel)).toBe(waits)
      })
    )
  })
})
