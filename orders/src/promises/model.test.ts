import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { coverage, worst } from './calibration.ts'
import { mature, PromiseModel } from './model.ts'
import type { Passage } from './passage.ts'
import { leaning, quantile } from './pooling.ts'
import { reasonOf } from './reason.ts'
import { sizeClassOf } from './sizes.ts'
import type { SizeClass } from './sizes.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** An order made at 0 that was approved a day later and then took so many days in all, a fifth of them in each state. */
const passage = (orderId: number, days: number, size: SizeClass = 'small'): Passage => ({
  orderId,
  size,
  entered: [0, 1, 2, 3, ...[0, 1, 2, 3, 4, 5].map((fifths) => DAY + (days * fifths * DAY) / 5)]
})
const hundred = (size: SizeClass = 'small'): Passage[] =>
  Array.from({ length: 100 }, (_, i) => passage(i, i + 1, size))

function quantileOf(own: readonly number[], base: readonly number[], level: number): number | undefined {
  const mixed = leaning(own, base, 50)
  return mixed && quantile(mixed, level)
}

describe('quantiles', () => {
  it.each([
    [0.01, 1],
    [0.5, 50],
    [0.9, 90],
    [1, 100]
  ])('the share %f of 1…100 does not exceed %i', (level, value) => {
    expect(
      quantileOf(
        Array.from({ length: 100 }, (_, i) => 100 - i),
        [],
        level
      )
    ).toBe(value)
  })

  it('grow with their level and lie within the samples, leaning or not', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 50 })
    const level = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(samples, samples, level, level, (own, all, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((each) => quantileOf(own, all, each))
        expect(low).toBeLessThanOrEqual(high ?? -1)
        expect([...own, ...all]).toContain(low)
        expect(leaning(own, all, 10)?.upTo.at(-1)).toBeCloseTo(1, 6)
      })
    )
  })

  it('of no samples are those of what they lean on; of many, nearly their own', () => {
    expect(quantileOf([], [100], 0.5)).toBe(100)
    expect(quantileOf(new Array<number>(1000).fill(1), [100], 0.9)).toBe(1)
  })
})

describe('the model', () => {
  it('says how long orders took that stayed as long', () => {
    const model = new PromiseModel(hundred())
    const asked = (age: number) =>
      model.estimate({ state: 'MANUFACTURING_APPROVED', size: 'small', age }, 0.5)
    expect(asked(0)).toEqual({ kind: 'Known', remaining: 50 * DAY })
    // Whoever is still there after ten days takes more than fifty in all: fifty to a hundred.
    expect(asked(10 * DAY)).toEqual({ kind: 'Known', remaining: 65 * DAY })
  })

  it('names no date where hardly anybody stayed so long', () => {
    const asked = new PromiseModel(hundred()).estimate(
      { state: 'MANUFACTURING_APPROVED', size: 'small', age: 30 * DAY },
      0.5
    )
    expect(asked).toEqual({ kind: 'BeyondHistory' })
    expect(new PromiseModel([]).estimate({ state: 'SHIPPED', size: 'small', age: 0 }, 0.5)).toEqual({
      kind: 'BeyondHistory'
    })
  })

  it('lets a small group lean on all sizes', () => {
    const few = [passage(1000, 300, 'large'), passage(1001, 300, 'large')]
    const model = new PromiseModel([...hundred(), ...few])
    const large = model.estimate({ state: 'MANUFACTURING_APPROVED', size: 'large', age: 0 }, 0.5)
    expect(large.kind === 'Known' && large.remaining / DAY).toBeLessThan(60)
  })

  it('learns nothing from orders that are young: only their quick ones have arrived', () => {
    const young = { ...passage(1, 2), entered: [95 * DAY] }
    expect(mature([passage(2, 3), young], 100 * DAY, 90 * DAY).map(({ orderId }) => orderId)).toEqual([2])
  })

  it('keeps its word about orders like those it learnt from', () => {
    const learnt = Array.from({ length: 2000 }, (_, i) => passage(i, 1 + ((i * 37) % 100)))
    const asked = Array.from({ length: 1000 }, (_, i) => passage(i, 1 + ((i * 61) % 100)))
    const levels = [0.5, 0.9]
    const off = worst(coverage(new PromiseModel(learnt), asked, levels), levels, 100)
    expect(off?.distance).toBeLessThan(0.08)
  })
})

describe('the reason', () => {
  const model = new PromiseModel(hundred())
  it.each([
    [[0, 1, 2, 3, 0], 60, 'Queue'],
    [[0, 1, 2, 3, 0, 1 * DAY], 60, 'Production'],
    [[0, 1, 2, 3, 0, 1 * DAY, 40 * DAY], 41, 'Production'],
    [[0, 1, 2, 3, 0, 1 * DAY, 2 * DAY], 60, 'Packing'],
    [[0, 1, 2, 3, 0, 1 * DAY, 2 * DAY, 3 * DAY, 4 * DAY], 60, 'Carrier'],
    [[0, 1, 2, 3, 0], 1, 'Other']
  ])('of the way %j, seen on day %i, is %s', (entered, day, reason) => {
    expect(reasonOf(model, { orderId: 1, size: 'small', entered }, day * DAY)).toBe(reason)
  })
})

describe('sizes', () => {
  it.each([
    [undefined, 'unknown'],
    [0, 'unknown'],
    [149_999, 'small'],
    [150_000, 'medium'],
    [600_000, 'large']
  ])('%s polygons are %s', (polygons, size) => expect(sizeClassOf(polygons)).toBe(size))
})
