import { describe, expect, test } from '@jest/globals'
import { SeenBefore } from './seen-before.ts'

const head = (n: number): string => `GET /orders/${n} HTTP/1.1\r\nHost: shop.example`

/** The share of so many texts, asked for in turns, that is known when it comes again. */
const known = (texts: number): number => {
  const seen = new SeenBefore(8192)
  for (let n = 0; n < texts; n += 1) seen.see(head(n))
  const again = Array.from({ length: texts }, (_, n) => seen.see(head(n)))
  return again.filter(Boolean).length / texts
}

describe('texts seen before', () => {
  test('what comes a second time is known, what comes once is not', () => {
    const seen = new SeenBefore(8192)
    expect([seen.see('a'), seen.see('b'), seen.see('a'), seen.see('a'), seen.see('c')]).toEqual([
      false,
      false,
      true,
      true,
      false
    ])
  })

  test.each([
    { texts: 100, least: 0.98, most: 1 },
    { texts: 1000, least: 0.85, most: 1 },
    { texts: 100_000, least: 0, most: 0.05 }
  ])('of $texts in turns, $least to $most are known', ({ texts, least, most }) => {
    expect(known(texts)).toBeGreaterThanOrEqual(least)
    expect(known(texts)).toBeLessThanOrEqual(most)
  })
})
