import { describe, expect, test } from '@jest/globals'
import { bothAway, latenessOf, union } from './absences.ts'

const span = (from: number, to: number) => ({ from, to })

describe('absences', () => {
  test('that overlap are one', () => {
    expect(union([span(5, 8), span(0, 2), span(7, 9), span(1, 3)])).toEqual([span(0, 3), span(5, 9)])
  })

  test('of two that do the same work count while both are away', () => {
    expect(bothAway([span(0, 10), span(20, 30)], [span(5, 25)])).toEqual([span(5, 10), span(20, 25)])
    expect(bothAway([span(0, 10)], [span(10, 20)])).toEqual([])
  })
})

describe('how late a timer fired', () => {
  test.each([
    ['in time', { from: 100, firedAt: 90 }, [], 0],
    ['while nothing was away', { from: 100, firedAt: 400 }, [], 300],
    ['after an absence that began before it was due', { from: 100, firedAt: 400 }, [span(0, 350)], 50],
    ['after two absences', { from: 100, firedAt: 400 }, [span(150, 200), span(300, 390)], 160],
    ['before an absence', { from: 100, firedAt: 150 }, [span(150, 900)], 50],
    ['within an absence, which excuses all of it', { from: 100, firedAt: 150 }, [span(0, 900)], 0]
  ])('%s', (_, firing, away, late) => {
    expect(latenessOf(firing, away)).toBe(late)
  })
})
