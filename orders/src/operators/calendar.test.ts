import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { recordOf } from './rules-reader.ts'
import { WEEKDAYS, WorkingTime } from './calendar.ts'
import type { Shift } from './calendar.ts'

const HOUR = 3_600_000
const every = (...shifts: Shift[]) => recordOf(WEEKDAYS, () => shifts)
const shift = (from: string, to: string): Shift => ({ from, to })
const at = (text: string): Date => new Date(text)

const moscow = new WorkingTime({
  timeZone: 'Europe/Moscow',
  week: { ...every(shift('09:00', '13:00'), shift('14:00', '18:00')), saturday: [], sunday: [] },
  days: { '2026-12-31': [shift('09:00', '13:00')], '2027-01-01': [] }
})
const berlinNight = new WorkingTime({
  timeZone: 'Europe/Berlin',
  week: every(shift('00:00', '06:00')),
  days: {}
})

describe('working time', () => {
  it.each([
    ['within a shift', '2026-12-07T10:00+03:00', 2, '2026-12-07T12:00+03:00'],
    ['over a break', '2026-12-07T12:00+03:00', 2, '2026-12-07T15:00+03:00'],
    ['to the end of a shift and not past it', '2026-12-07T09:00+03:00', 8, '2026-12-07T18:00+03:00'],
    ['from before work', '2026-12-07T03:00+03:00', 1, '2026-12-07T10:00+03:00'],
    ['over a weekend', '2026-12-11T17:00+03:00', 2, '2026-12-14T10:00+03:00'],
    ['over a short day, a holiday and a weekend', '2026-12-31T12:00+03:00', 2, '2027-01-04T10:00+03:00']
  ])('is added %s', (_says, from, hours, to) => {
    expect(moscow.add(at(from), hours * HOUR)).toEqual(at(to))
  })

  it.each([
    ['has an hour less on the day on which the clock is set forward', '2026-03-29', 5],
    ['has an hour more on the day on which it is set back', '2026-10-25', 7],
    ['is as long as it looks on other days', '2026-06-01', 6]
  ])('of a night %s', (_says, date, hours) => {
    const noonBefore = new Date(at(`${date}T12:00Z`).getTime() - 24 * HOUR)
    expect(berlinNight.between(noonBefore, at(`${date}T12:00Z`))).toBe(hours * HOUR)
  })

  it('has nothing of a shift within the hour that a day does not have, and counts touching shifts once', () => {
    const gap = new WorkingTime({
      timeZone: 'Europe/Berlin',
      week: every(shift('02:00', '02:30'), shift('02:30', '03:15')),
      days: {}
    })
    // 02:00 to 03:00 do not exist; 02:30 is read as 03:30, past the end of the second shift.
    expect(gap.between(at('2026-03-29T00:00Z'), at('2026-03-29T12:00Z'))).toBeLessThanOrEqual(0.75 * HOUR)
  })

  it('says so when there is none', () => {
    const never = new WorkingTime({ timeZone: 'UTC', week: every(), days: {} })
    expect(() => never.add(at('2026-12-07T00:00Z'), HOUR)).toThrow(
      'the calendar has less than 1 working hours in 800 days'
    )
    expect(() => never.subtract(at('2026-12-07T00:00Z'), HOUR)).toThrow(RangeError)
  })

  const minutes = (from: number, to: number) => fc.integer({ min: from, max: to })
  const clock = (minute: number): string =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  /** One to three shifts of a day, in order, without overlap. */
  const shifts = fc
    .uniqueArray(minutes(0, 48), { minLength: 2, maxLength: 6 })
    .map((times) => times.map((half) => half * 30).toSorted((a, b) => a - b))
    .map((times) =>
      times.flatMap((to, index) => (index % 2 === 1 ? [shift(clock(times[index - 1] ?? 0), clock(to))] : []))
    )
  const calendars = fc
    .record({
      timeZone: fc.constantFrom(
        'Europe/Moscow',
        'Europe/Berlin',
        'America/New_York',
        'Australia/Lord_Howe',
        'UTC'
      ),
      shifts,
      off: fc.constantFrom(...WEEKDAYS)
    })
    .map(
      ({ timeZone, shifts: daily, off }) =>
        new WorkingTime({ timeZone, week: { ...every(...daily), [off]: [] }, days: {} })
    )
  // Both days of daylight saving of each zone lie within.
  const instants = fc
    .integer({ min: 0, max: 366 * 24 * 60 })
    .map((n) => new Date(at('2026-01-01Z').getTime() + n * 60_000))
  const durations = fc.integer({ min: 1, max: 20 * 60 }).map((n) => n * 60_000)

  it('between an instant and what is added to it is what was added, in every zone and on every day', () => {
    fc.assert(
      fc.property(calendars, instants, durations, (time, start, ms) => {
        expect(time.between(start, time.add(start, ms))).toBe(ms)
      }),
      { numRuns: 200 }
    )
  })

  it('between what is subtracted and an instant is what was subtracted', () => {
    fc.assert(
      fc.property(calendars, instants, durations, (time, end, ms) => {
        expect(time.between(time.subtract(end, ms), end)).toBe(ms)
      }),
      { numRuns: 200 }
    )
  })

  it('grows: later starts and longer times never end earlier, and what is between adds up', () => {
    fc.assert(
      fc.property(calendars, instants, instants, durations, (time, one, other, ms) => {
        const [early, late] = one < other ? [one, other] : [other, one]
        expect(time.add(early, ms).getTime()).toBeLessThanOrEqual(time.add(late, ms).getTime())
        expect(time.add(early, ms).getTime()).toBeLessThan(time.add(early, ms + 60_000).getTime())
        const end = new Date(late.getTime() + 72 * HOUR)
        expect(time.between(early, late) + time.between(late, end)).toBe(time.between(early, end))
      }),
      { numRuns: 100 }
    )
  })
})
