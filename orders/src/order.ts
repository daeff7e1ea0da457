/** What this room knows of an order: its ten states, strictly in this order. */
import { ORDER_STATES } from '@alexandrite/catalogue'

export { ORDER_STATES }
export type OrderState = (typeof ORDER_STATES)[number]

/** Position in the order of states, from 0. */
export const rankOf = (state: OrderState): number => ORDER_STATES.indexOf(state)

export const isOrderState = (value: unknown): value is OrderState =>
  typeof value === 'string' && (ORDER_STATES as readonly string[]).includes(value)

/** No further state follows, and nobody is told anything of it any more. */
export const CLOSED = 'CLOSED' satisfies OrderState
/** Orders in this state wait for an operator to take them. */
export const TAKEABLE = 'MANUFACTURING_APPROVED' satisfies OrderState
/** The state that taking an order leads to. */
export const TAKEN = 'MANUFACTURING_STARTED' satisfies OrderState
