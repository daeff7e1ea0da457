const IMF = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const RFC850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

const finite = (time: number): number | undefined => (Number.isFinite(time) ? time : undefined)

/** RFC 9110 §5.6.7: a two-digit year more than 50 years ahead means the past century. */
const fullYear = (twoDigits: number): number => {
  const now = new Date().getUTCFullYear()
  const year = now - (now % 100) + twoDigits
  return year > now + 50 ? year - 100 : year
}

/** Milliseconds since the epoch of an HTTP date in any of its three forms; undefined when it is none. */
export const parseHttpDate = (value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  if (IMF.test(value)) return finite(Date.parse(value))
  if (ASCTIME.test(value)) return finite(Date.parse(`${value} GMT`))
  const parts = RFC850.exec(value)
  if (!parts) return undefined
  const [, day = '', month = '', year = '', time = ''] = parts
  return finite(Date.parse(`${day} ${month} ${fullYear(Number(year))} ${time} GMT`))
}
