import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { makeFeed } from './feeder.ts'
import { actsOf } from './plan.ts'
import { PROFILE_NAMES, PROFILES } from './profiles.ts'
import { RefusedRun } from './refusal.ts'
import type { Stock } from './stock.ts'

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

const stock: Stock = {
  orders: {
    takeable: range(1000, 40),
    started: range(2000, 30),
    completed: range(3000, 30),
    packaging: range(4000, 30),
    priced: range(5000, 30),
    shipped: range(6000, 30)
  },
  operators: range(1, 40),
  materials: range(1, 10),
  items: range(1, 72),
  categories: ['Brooch', 'Ring']
}
const gate = { profile: PROFILES.gate, seconds: 60, scale: 1 }

describe('the feeder', () => {
  it('makes the same acts of the same seed and data, and others of another seed', () => {
    expect(makeFeed(gate, 7, stock)).toEqual(makeFeed(gate, 7, stock))
    expect(makeFeed(gate, 7, stock)).not.toEqual(makeFeed(gate, 8, stock))
  })

  it('begins a longer run as a shorter one: the acts of both are the same', () => {
    const longer = makeFeed({ ...gate, seconds: 120 }, 7, stock)
    const shorter = makeFeed(gate, 7, stock)
    expect(longer.customers.slice(0, shorter.customers.length)).toEqual(shorter.customers)
    expect(longer.operators.slice(0, shorter.operators.length)).toEqual(shorter.operators)
  })

  it('lets no order be raced for, moved, approved or closed twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const { operators, crm } = makeFeed(gate, seed, stock)
        const used = [
          ...operators.flatMap((act) => ('order' in act ? [act.order] : [])),
          ...crm.flatMap((act) => ('order' in act ? [act.order] : []))
        ]
        expect(new Set(used).size).toBe(used.length)
      }),
      { numRuns: 30 }
    )
  })

  it('lets operators look on when no order is left to race for', () => {
    const few = { ...stock, orders: { ...stock.orders, takeable: [1000] } }
    const { operators } = makeFeed({ ...gate, seconds: 600 }, 1, few)
    expect(operators.filter(({ kind }) => kind === 'race')).toHaveLength(1)
  })

  it('thinks between a tenth and three times of the mean', () => {
    for (const { thinkMs } of makeFeed(gate, 3, stock).operators) {
      expect(thinkMs).toBeGreaterThanOrEqual(200)
      expect(thinkMs).toBeLessThanOrEqual(6000)
    }
  })

  it.each([
    [
      'operators',
      { ...stock, orders: { ...stock.orders, takeable: [] } },
      'orders in MANUFACTURING_APPROVED'
    ],
    ['customers', { ...stock, items: [] }, 'items of the catalogue'],
    ['b2b', { ...stock, materials: [] }, 'materials']
  ])('refuses a run whose %s would have no data', (user, empty, what) => {
    expect(() => makeFeed(gate, 1, empty)).toThrow(RefusedRun)
    expect(() => makeFeed(gate, 1, empty)).toThrow(
      `the scenario "${user}" has no data: the target has no ${what}`
    )
  })
})

describe('profiles', () => {
  it.each(PROFILE_NAMES)('%s: stages fill the run, faults lie in it one after the other', (name) => {
    const { stages, faults } = PROFILES[name]
    expect(stages.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
    const times = faults.flatMap(({ from, to }) => [from, to])
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.every((time) => time >= 0 && time < 1)).toBe(true)
  })

  it('need as many acts as there will be arrivals', () => {
    const { customers } = actsOf({ profile: PROFILES.smoke, seconds: 60, scale: 2 })
    expect(customers).toBe(370)
  })
})
