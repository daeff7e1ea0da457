/** When a message may be sent: not in the customer's night. Reckons with clocks that are put forward and back. */
import { Temporal } from 'temporal-polyfill'
import type { Preferences } from './contact.ts'

type Quiet = Pick<Preferences, 'timeZone' | 'quietFrom' | 'quietTo'>

/** Whether a local time lies within the quiet hours; `from` belongs to them, `to` does not. */
function isQuiet(time: Temporal.PlainTime, from: Temporal.PlainTime, to: Temporal.PlainTime): boolean {
  const isAfterFrom = Temporal.PlainTime.compare(time, from) >= 0
  const isBeforeTo = Temporal.PlainTime.compare(time, to) < 0
  return Temporal.PlainTime.compare(from, to) <= 0 ? isAfterFrom && isBeforeTo : isAfterFrom || isBeforeTo
}

/** The moment itself, or the end of the quiet hours that it lies in. @param at milliseconds since 1970 */
export function notInQuietHours(at: number, { timeZone, quietFrom, quietTo }: Quiet): number {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
  const [from, to] = [Temporal.PlainTime.from(quietFrom), Temporal.PlainTime.from(quietTo)]
  if (!isQuiet(local.toPlainTime(), from, to)) return at
  const today = local.toPlainDate().toZonedDateTime({ timeZone, plainTime: to })
  const end =
    Temporal.ZonedDateTime.compare(today, local) > 0
      ? today
      : local.toPlainDate().add({ days: 1 }).toZonedDateTime({ timeZone, plainTime: to })
  return end.epochMilliseconds
}
