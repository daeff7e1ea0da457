/** Deadlines of seconds: somebody is told of an order that dwells within the run. */
import { ORDER_STATES } from '@alexandrite/orders'
import { WEEKDAYS } from '@alexandrite/orders/operators/calendar'
import { DWELLS_IN } from './journeys.ts'

const states = ORDER_STATES.map((state) =>
  state === DWELLS_IN
    ? `  ${state}: { limit: 0.15m, dueSoon: 0.5, escalateAfter: 0.15m }`
    : `  ${state}: none`
)

/** Of every order that dwells: what is told of it, each once. */
export const RULES = `calendar:
  timeZone: Europe/Moscow
  week:
${WEEKDAYS.map((day) => `    ${day}: [00:00-24:00]`).join('\n')}
states:
${states.join('\n')}
promise: { dueSoon: 1h, escalateAfter: never }
tell:
  new: [{ channel: chat, to: operators }]
  due-soon: [{ channel: chat, to: operators }]
  overdue: [{ channel: chat, to: operators }, { channel: email, to: lead }]
  escalated: [{ channel: chat, to: lead }, { channel: email, to: lead }]
digestSeconds: 2
`

/** The same without the state in which orders dwell: nobody could tell whether its deadline was forgotten. */
export const RULES_WITH_A_HOLE = RULES.replace(/^ {2}MANUFACTURING_APPROVED:.*\n/m, '')

/** Level, channel and group of what is told of an order that dwells. */
export const TOLD_OF_EACH = [
  ['new', 'chat', 'operators'],
  ['due-soon', 'chat', 'operators'],
  ['overdue', 'chat', 'operators'],
  ['overdue', 'email', 'lead'],
  ['escalated', 'chat', 'lead'],
  ['escalated', 'email', 'lead']
] as const

export const TIMED_LEVELS = ['due-soon', 'overdue', 'escalated'] as const
