/** Names under which an order's timers and notices are kept. */
import type { OrderState } from '../order.ts'

export const SENDER = 'operators'
export const TIMER_KIND = 'operators'

/** What a deadline is about: the stay in a state, or the date promised to the customer. */
export type Matter = OrderState | 'promise'

/** Of its timers and its notices: taken back when the order moves on. */
export const subjectOf = (orderId: number, matter: Matter): string => `operators/order/${orderId}/${matter}`
