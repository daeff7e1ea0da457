/**
 * When a customer is told that the date of an order has moved: a pure state machine. It tells once a change, never of a
 * closed order, and does not flap: a date counts as moved when it has stayed moved for a while.
 */
import { CLOSED } from '../order.ts'
import type { OrderState } from '../order.ts'
import type { Estimate } from './model.ts'
import type { Milliseconds } from './passage.ts'

export interface ShiftRules {
  /** An estimate so much later than the promise is a delay. */
  readonly later: Milliseconds
  /** An estimate so much earlier is worth a message; larger than `later`, so that a date does not go back and forth. */
  readonly earlier: Milliseconds
  /** For how long the estimate must have stayed on the same side. */
  readonly settle: Milliseconds
  /** The least time between two messages about one order. */
  readonly pause: Milliseconds
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
export const SHIFT_RULES: ShiftRules = { later: 2 * DAY, earlier: 4 * DAY, settle: 6 * HOUR, pause: DAY }

type Side = 'Later' | 'Earlier' | 'NoDate'

/** What is known of one order's promise; `Ended` for ever once it is closed. */
export type Promised =
  | {
      readonly kind: 'Open'
      /** Delivery that the customer was told, or would have been told when asking. */
      readonly date: Milliseconds
      /** How many messages the customer was sent about it. */
      readonly told: number
      readonly toldAt?: Milliseconds
      /** The customer knows that no date can be named at present. */
      readonly dateless: boolean
      /** On which side of the promise the estimate is, and since when. */
      readonly drift?: { readonly side: Side; readonly since: Milliseconds }
    }
  | { readonly kind: 'Ended'; readonly told: number }

export interface Observation {
  readonly now: Milliseconds
  readonly state: OrderState
  readonly estimate: Estimate
}

/** What the customer is told; `number` counts the messages of one order from 1 and makes the message's key. */
export type Telling =
  | {
      readonly kind: 'Later' | 'Earlier'
      readonly number: number
      readonly date: Milliseconds
      readonly before: Milliseconds
    }
  | { readonly kind: 'NoDate'; readonly number: number; readonly before: Milliseconds }

export interface Decision {
  readonly promised: Promised
  readonly telling?: Telling
}

/** The first promise, and later ones, are for the end of a day (UTC): nobody waits for an hour. */
export const endOfDay = (at: Milliseconds): Milliseconds => Math.ceil(at / DAY) * DAY

/** A promise made of an estimate; nothing is told. */
export function firstPromise({ now, state, estimate }: Observation, fallback: Milliseconds): Promised {
  if (state === CLOSED) return { kind: 'Ended', told: 0 }
  const known = estimate.kind === 'Known'
  return {
    kind: 'Open',
    date: known ? endOfDay(now + estimate.remaining) : fallback,
    told: 0,
    dateless: !known
  }
}

export function decide(promised: Promised, observation: Observation, rules: ShiftRules): Decision {
  if (promised.kind === 'Ended') return { promised }
  if (observation.state === CLOSED) return { promised: { kind: 'Ended', told: promised.told } }
  const { now, estimate } = observation
  const side = sideOf(promised, observation, rules)
  if (side === undefined) return { promised: settled(promised) }
  const since = promised.drift?.side === side ? promised.drift.since : now
  const drifting = { ...promised, drift: { side, since } }
  const isPaused = promised.toldAt !== undefined && now - promised.toldAt < rules.pause
  if (isPaused || now - since < rules.settle) return { promised: drifting }
  return told(drifting, { side, now, estimate })
}

type Open = Extract<Promised, { kind: 'Open' }>

function settled({ drift: _, ...promised }: Open): Promised {
  return promised
}

/** Undefined while what the customer knows is near enough. */
function sideOf(
  { date, dateless }: Open,
  { now, estimate }: Observation,
  rules: ShiftRules
): Side | undefined {
  if (estimate.kind === 'BeyondHistory') return dateless ? undefined : 'NoDate'
  const difference = endOfDay(now + estimate.remaining) - date
  // Whoever was told that there is no date is glad of any.
  if (dateless) return difference >= 0 ? 'Later' : 'Earlier'
  if (difference > rules.later) return 'Later'
  return -difference > rules.earlier ? 'Earlier' : undefined
}

interface Finding {
  readonly side: Side
  readonly now: Milliseconds
  readonly estimate: Estimate
}

function told(promised: Open, { side, now, estimate }: Finding): Decision {
  const number = promised.told + 1
  const { date: before } = promised
  const open = { kind: 'Open', told: number, toldAt: now } as const
  if (estimate.kind === 'BeyondHistory' || side === 'NoDate')
    return {
      promised: { ...open, date: before, dateless: true },
      telling: { kind: 'NoDate', number, before }
    }
  const date = endOfDay(now + estimate.remaining)
  return { promised: { ...open, date, dateless: false }, telling: { kind: side, number, date, before } }
}
