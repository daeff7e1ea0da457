/*
 * The three forms of an HTTP date (RFC 9110 §5.6.7). A cache compares them without regard to case and takes no
 * zone but GMT (RFC 9111 §4.2).
 */
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})`
const FORMS = [
  String.raw`(?:mon|tue|wed|thu|fri|sat|sun), (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) ${TIME} gmt`,
  String.raw`(?:mon|tues|wednes|thurs|fri|satur|sun)day, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) ${TIME} gmt`,
  String.raw`(?:mon|tue|wed|thu|fri|sat|sun) (?<month>[a-z]{3}) (?<day>[ \d]\d) ${TIME} (?<year>\d{4})`
].map((form) => new RegExp(`^${form}$`, 'i'))

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** RFC 9110 §5.6.7: a two-digit year more than 50 years ahead means the past century. */
const fullYear = (twoDigits: number): number => {
  const now = new Date().getUTCFullYear()
  const year = now - (now % 100) + twoDigits
  return year > now + 50 ? year - 100 : year
}

const partsOf = (value: string): Partial<Record<string, string>> | undefined => {
  for (const form of FORMS) {
    const groups = form.exec(value)?.groups
    if (groups) return groups
  }
  return undefined
}

const yearOf = (digits: string): number => (digits.length === 2 ? fullYear(Number(digits)) : Number(digits))

/** Undefined for a day that its month has not: Date.UTC would take 31 Feb for 3 March. */
const utc = (year: number, month: number, day: number): number | undefined => {
  const date = new Date(Date.UTC(2000, month, day))
  date.setUTCFullYear(year, month, day)
  return month >= 0 && date.getUTCDate() === day && date.getUTCMonth() === month ? date.getTime() : undefined
}

/** A leap second is the second before it: never later than it was (RFC 9111 §4.2). */
const timeOfDay = (hour: number, minute: number, second: number): number | undefined =>
  hour > 23 || minute > 59 || second > 60
    ? undefined
    : ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000

const parse = (value: string): number | undefined => {
  const parts = partsOf(value)
  if (!parts) return undefined
  const { year = '', month = '', day, hour, minute, second } = parts
  const midnight = utc(yearOf(year), MONTHS.indexOf(month.toLowerCase()), Number(day))
  const time = timeOfDay(Number(hour), Number(minute), Number(second))
  return midnight === undefined || time === undefined ? undefined : midnight + time
}

/** Answers of one second have the same Date, and those of one day often the same Last-Modified. */
const parsed = new Map<string, number | undefined>()
const MAX_PARSED = 512
/** Of the form that everyone sends, which means the same in every year. */
const REMEMBERED_LENGTH = 'Sun, 06 Nov 1994 08:49:37 GMT'.length

/** Milliseconds since the epoch of an HTTP date in any of its three forms; undefined when it is none. */
export const parseHttpDate = (value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  if (value.length !== REMEMBERED_LENGTH) return parse(value)
  if (parsed.has(value)) return parsed.get(value)
  const time = parse(value)
  if (parsed.size >= MAX_PARSED) parsed.clear()
  parsed.set(value, time)
  return time
}
