/** The states of an order, strictly in this order: no state is skipped, none is entered twice. */
export const ORDER_STATES = [
  'INITIATED',
  'FILE_UPLOADED',
  'SUBMITTED',
  'PRICE_CALCULATED',
  'MANUFACTURING_APPROVED',
  'MANUFACTURING_STARTED',
  'MANUFACTURING_COMPLETED',
  'PACKAGING',
  'SHIPPED',
  'CLOSED'
] as const

export type OrderState = (typeof ORDER_STATES)[number]

/** Orders in this state wait for an operator to take them. */
export const TAKEABLE: OrderState = 'MANUFACTURING_APPROVED'
/** The state that taking an order leads to. */
export const TAKEN: OrderState = 'MANUFACTURING_STARTED'

/** Position in the order of states, from 0. */
export const rankOf = (state: OrderState): number => ORDER_STATES.indexOf(state)

/** The one state that may follow, or undefined after CLOSED. */
export const nextState = (state: OrderState): OrderState | undefined => ORDER_STATES[rankOf(state) + 1]

export const isOrderState = (value: unknown): value is OrderState =>
  typeof value === 'string' && (ORDER_STATES as readonly string[]).includes(value)
