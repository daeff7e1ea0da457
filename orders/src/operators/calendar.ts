/** Working time: which instants are worked, and how much of it lies between two of them. */
import { Temporal } from 'temporal-polyfill'

/** Monday first, as ISO 8601 has it. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday'
] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** From and to, local time as `09:00`; `24:00` is the end of the day. Neither overlap nor cross midnight. */
export interface Shift {
  readonly from: string
  readonly to: string
}

export interface CalendarRules {
  /** IANA name, such as Europe/Moscow. */
  readonly timeZone: string
  readonly week: Readonly<Record<Weekday, readonly Shift[]>>
  /** Days that differ, by date as `2026-12-31`: no shifts on a holiday, others on a short day. */
  readonly days: Readonly<Record<string, readonly Shift[]>>
}

/** Milliseconds since 1970; `from` is worked, `to` is not. */
interface Interval {
  readonly from: number
  readonly to: number
}

/** A year and some: further ahead nothing is looked for. */
const HORIZON_DAYS = 800

/**
 * Working time by a calendar. Hours are real ones: on the day on which the clock is set forward during a shift, the shift
 * is an hour shorter, and on the day on which it is set back, an hour longer.
 */
export class WorkingTime {
  readonly #rules: CalendarRules
  readonly #days = new Map<string, readonly Interval[]>()

  constructor(rules: CalendarRules) {
    this.#rules = rules
  }

  /**
   * The instant at which `ms` of working time have passed since `start`. Without time to pass: `start` itself.
   * @throws RangeError when the calendar has not as much in the next two years
   */
  add(start: Date, ms: number): Date {
    if (ms <= 0) return start
    let left = ms
    for (const { from, to } of this.#from(start.getTime())) {
      if (to - from >= left) return new Date(from + left)
      left -= to - from
    }
    throw new RangeError(`the calendar has less than ${ms / 3_600_000} working hours in ${HORIZON_DAYS} days`)
  }

  /** The latest instant from which `ms` of working time pass until `end`. @throws RangeError as `add` */
  subtract(end: Date, ms: number): Date {
    if (ms <= 0) return end
    let left = ms
    for (const { from, to } of this.#until(end.getTime())) {
      if (to - from >= left) return new Date(to - left)
      left -= to - from
    }
    throw new RangeError(`the calendar has less than ${ms / 3_600_000} working hours in ${HORIZON_DAYS} days`)
  }

  /** Milliseconds of working time from `start` to `end`; 0 when `end` is not later. */
  between(start: Date, end: Date): number {
    let sum = 0
    for (const { from, to } of this.#from(start.getTime())) {
      if (from >= end.getTime()) break
      sum += Math.min(to, end.getTime()) - from
    }
    return sum
  }

  /** What is worked from an instant on, in order, up to the horizon. */
  *#from(start: number): Generator<Interval> {
    let date = this.#date(start)
    for (let day = 0; day < HORIZON_DAYS; day += 1, date = date.add({ days: 1 })) {
      for (const { from, to } of this.#of(date)) if (to > start) yield { from: Math.max(from, start), to }
    }
  }

  /** What is worked until an instant, the latest first. */
  *#until(end: number): Generator<Interval> {
    let date = this.#date(end)
    for (let day = 0; day < HORIZON_DAYS; day += 1, date = date.subtract({ days: 1 })) {
      for (const { from, to } of this.#of(date).toReversed())
        if (from < end) yield { from, to: Math.min(to, end) }
    }
  }

  #date(instant: number): Temporal.PlainDate {
    return Temporal.Instant.fromEpochMilliseconds(instant)
      .toZonedDateTimeISO(this.#rules.timeZone)
      .toPlainDate()
  }

  #of(date: Temporal.PlainDate): readonly Interval[] {
    const name = date.toString()
    const known = this.#days.get(name)
    if (known !== undefined) return known
    const weekday = WEEKDAYS[date.dayOfWeek - 1]
    const shifts = this.#rules.days[name] ?? (weekday === undefined ? [] : this.#rules.week[weekday])
    const intervals = shifts
      .map(({ from, to }) => ({ from: this.#instant(date, from), to: this.#instant(date, to) }))
      // Of a shift within the hour that a day does not have, nothing is left.
      .filter(({ from, to }) => to > from)
    this.#days.set(name, apart(intervals))
    return this.#days.get(name) ?? []
  }

  /** A time that the day does not have is that of the clock before it was set; of two such times, the first. */
  #instant(date: Temporal.PlainDate, time: string): number {
    const [day, wall] = time === '24:00' ? [date.add({ days: 1 }), '00:00'] : [date, time]
    return day
      .toPlainDateTime(Temporal.PlainTime.from(wall))
      .toZonedDateTime(this.#rules.timeZone, { disambiguation: 'compatible' }).epochMilliseconds
  }
}

/** In order, and none reaches into the next: where the clock is set forward, shifts that touch would overlap. */
function apart(intervals: readonly Interval[]): Interval[] {
  const kept: Interval[] = []
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const start = Math.max(from, kept.at(-1)?.to ?? from)
    if (to > start) kept.push({ from: start, to })
  }
  return kept
}
