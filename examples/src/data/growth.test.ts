import { describe, expect, it } from '@jest/globals'
import { months } from './growth.ts'

const until = new Date('2026-11-01T00:00:00Z')

describe('the growth of the company', () => {
  it('adds 100 orders a month', () => {
    const counts = months(200_000, until).map((month) => month.orders)
    expect(counts.slice(1).every((count, i) => count - (counts[i] ?? 0) === 100)).toBe(true)
  })

  it('reaches 200,000 orders in five years', () => {
    const all = months(200_000, until)
    expect(all).toHaveLength(60)
    expect(all.reduce((sum, month) => sum + month.orders, 0)).toBe(201_000)
    expect(all[0]?.start.toISOString()).toBe('2021-11-01T00:00:00.000Z')
  })

  it('has months that follow each other without a gap up to the end', () => {
    const all = months(5000, until)
    expect(all.at(-1)?.end).toEqual(until)
    expect(all.slice(1).every((month, i) => month.start.getTime() === all[i]?.end.getTime())).toBe(true)
  })
})
