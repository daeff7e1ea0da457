import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { killsOf, meddlingOf } from './plan.ts'

const parts = ['relay', 'consumer', 'broker', 'database']

describe('the faults of a run', () => {
  test('are the same for the same seed and others for another', () => {
    const plan = (seed: number) => killsOf({ seed, transitions: 3000, parts, kills: 12 })
    expect(plan(7)).toEqual(plan(7))
    expect(plan(7)).not.toEqual(plan(8))
    expect(meddlingOf(7, { orderId: 1, version: 2 })).toEqual(meddlingOf(7, { orderId: 1, version: 2 }))
  })

  test('come in order, within the run, and spare no part', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 4, max: 50 }), (seed, kills) => {
        const plan = killsOf({ seed, transitions: 1000, parts, kills })
        expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).sort((a, b) => a - b))
        expect(plan.every(({ at }) => at >= 1 && at <= 1000)).toBe(true)
        expect([...new Set(plan.map(({ part }) => part))].sort()).toEqual([...parts].sort())
      })
    )
  })

  test('some deliveries are doubled, and each comes at least once', () => {
    const all = Array.from({ length: 1000 }, (_, index) => meddlingOf(3, { orderId: index, version: 1 }))
    expect(all.every(({ copies, lateMs }) => copies >= 1 && lateMs.length === copies)).toBe(true)
    const doubled = all.filter(({ copies }) => copies > 1).length
    expect(doubled).toBeGreaterThan(200)
    expect(doubled).toBeLessThan(400)
  })
})
