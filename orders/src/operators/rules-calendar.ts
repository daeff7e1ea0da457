/** The part of a rules file that says when is worked. */
import { WEEKDAYS } from './calendar.ts'
import type { CalendarRules, Shift } from './calendar.ts'
import { recordOf } from './rules-reader.ts'
import type { Reader } from './rules-reader.ts'

const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`
const SHIFT = new RegExp(`^(${TIME})-(${TIME}|24:00)$`)

/** `week` names every day: a forgotten one would look like a day off. */
export function calendarOf(reader: Reader): CalendarRules {
  reader.only(['timeZone', 'week', 'days'])
  const week = reader.at('week')
  week.only(WEEKDAYS)
  const calendar = {
    timeZone: timeZoneOf(reader.at('timeZone')),
    week: recordOf(WEEKDAYS, (day): readonly Shift[] => shiftsOf(week.at(day))),
    days: daysOf(reader.at('days'))
  }
  if (WEEKDAYS.every((day) => calendar.week[day].length === 0))
    week.problem('has no shift at all; nothing would come due')
  return calendar
}

function timeZoneOf(reader: Reader): string {
  const name = reader.matching(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/, 'an IANA time zone such as Europe/Moscow')
  if (name !== '' && !isTimeZone(name))
    reader.problem(`is no IANA time zone: "${name}"; write one such as Europe/Moscow`)
  return name
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Holidays and short days; the key is a date. */
function daysOf(reader: Reader): Record<string, readonly Shift[]> {
  if (reader.isMissing) return {}
  return Object.fromEntries(
    reader.keys().map((date) => {
      const day = reader.at(date)
      if (!isDate(date)) day.problem('is no date; write it like 2026-12-31')
      return [date, shiftsOf(day)]
    })
  )
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
  )
}

/** `[09:00-13:00, 14:00-18:00]`; `[]` is a day off. */
function shiftsOf(reader: Reader): Shift[] {
  const shifts = reader.list().map((entry) => {
    const [from = '', to = ''] = entry.matching(SHIFT, 'a shift such as 09:00-18:00').split('-')
    if (from !== '' && from >= to)
      entry.problem(`ends before it begins; write a night as two shifts, to 24:00 and from 00:00`)
    return { from, to }
  })
  const overlapping = shifts.find((shift, index) => shift.from < (shifts[index - 1]?.to ?? ''))
  if (overlapping !== undefined)
    reader.problem(
      `has the shift ${overlapping.from}-${overlapping.to}, which begins before the one in front of it ends`
    )
  return shifts
}
