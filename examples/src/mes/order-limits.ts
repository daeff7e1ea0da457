import { ConfigError } from '../config.ts'
import { isOrderState, ORDER_STATES } from '../data/states.ts'
import type { OrderState } from '../data/states.ts'

/** Seconds that an order may stay in a state before it counts as stuck; a state without a limit never does. */
export type OrderLimits = ReadonlyMap<OrderState, number>

const HOUR = 3600
const UNITS: Readonly<Record<string, number>> = { m: 60, h: HOUR, d: 24 * HOUR }

/** The case's limit for states in which an order waits for somebody of the company. */
const WAITING = 2 * HOUR
/** The promised lead time, for states in which something takes its time: making a piece, and its way. */
const WORKING = 21 * 24 * HOUR

/** In the first two states an order waits for its customer, in the last one for nobody. */
export const DEFAULT_LIMITS: OrderLimits = new Map([
  ['SUBMITTED', WAITING],
  ['PRICE_CALCULATED', WAITING],
  ['MANUFACTURING_APPROVED', WAITING],
  ['MANUFACTURING_STARTED', WORKING],
  ['MANUFACTURING_COMPLETED', WAITING],
  ['PACKAGING', WAITING],
  ['SHIPPED', WORKING]
])

/** Reads `SUBMITTED=30m,SHIPPED=14d` over the defaults. @throws ConfigError */
export function orderLimits(text = ''): OrderLimits {
  const limits = new Map(DEFAULT_LIMITS)
  for (const entry of text.split(',').filter(Boolean)) limits.set(...limit(entry))
  return limits
}

function limit(entry: string): [OrderState, number] {
  const [, state, amount, unit = ''] = /^\s*(\w+)=(\d+)([mhd])\s*$/.exec(entry) ?? []
  const seconds = Number(amount) * (UNITS[unit] ?? Number.NaN)
  if (isOrderState(state) && seconds > 0) return [state, seconds]
  throw new ConfigError(
    `ORDER_LIMITS has "${entry}"; write STATE=2h (or m, d) with a state of ${ORDER_STATES.join(', ')}.`
  )
}
