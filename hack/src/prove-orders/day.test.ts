import { describe, expect, test } from '@jest/globals'
import { dayOf } from './day.ts'
import { mannerOf } from './told.ts'

const carrier = { delivers: () => Promise.resolve() }

describe('a bad day', () => {
  test('is the same for the same seed and another for another', () => {
    const order = (seed: number) => dayOf(100, seed, carrier).journeys.map(({ writes }) => writes[0]?.values)
    expect(order(7)).toEqual(order(7))
    expect(order(7)).not.toEqual(order(8))
  })

  test('has each order once: passing, delivered by the carrier, dwelling, or bought in the shop', () => {
    const { first, journeys, dwelling, known } = dayOf(250, 1, carrier)
    const all = [...first, ...journeys].map(({ writes }) => writes[0]?.values[1])
    const numbers = all.filter((value) => value !== undefined)
    expect(new Set(numbers).size).toBe(250)
    expect(all.length - numbers.length).toBe(25)
    expect(journeys.filter(({ then }) => then !== undefined).length).toBeGreaterThan(40)
    expect(known).toEqual(dwelling.slice(0, known.length))
    expect(dwelling).toHaveLength(10)
  })

  test('the chat’s bad manners go by the seed and the message', () => {
    const manners = Array.from({ length: 1000 }, (_, index) => mannerOf(3, `key ${index}`))
    expect(manners).toEqual(Array.from({ length: 1000 }, (_, index) => mannerOf(3, `key ${index}`)))
    for (const bad of ['Refuses', 'TakesSilently'])
      expect(manners.filter((manner) => manner === bad).length / 1000).toBeCloseTo(0.1, 1)
  })
})
