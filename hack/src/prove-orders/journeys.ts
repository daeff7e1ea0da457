/** What is written of one order, in this order. */
import { ORDER_STATES, rankOf } from '@alexandrite/orders'
import type { OrderState } from '@alexandrite/orders'

export interface Write {
  readonly text: string
  readonly values: readonly unknown[]
}

export interface Journey {
  readonly writes: readonly Write[]
  /** What others do once it is written. */
  readonly then?: () => Promise<void>
}

/** Numbers of the MES's orders begin with it; those of the past do not. */
export const NUMBER = 'P-'
/** An order that the MES takes back to a state before its own. */
export const BACKWARD = 40_000_001
/** An order whose event has a state that nobody knows. */
export const UNKNOWN = 40_000_002

/** Where an order waits that nobody takes. */
export const DWELLS_IN = 'MANUFACTURING_APPROVED' satisfies OrderState

/** Each statement may be repeated: one that was committed without an answer does nothing the second time. */
const CREATE = `INSERT INTO mes.orders (id, number, source, customer_ref, material_id, quantity, due_at, created_at)
VALUES ($1, $2, 'B2B', $3, 1, 1, now() + interval '21 days', now()) ON CONFLICT DO NOTHING`
const ENTER = `INSERT INTO mes.order_status_history (order_id, status, changed_at)
VALUES ($1, $2::mes.order_status, clock_timestamp()) ON CONFLICT DO NOTHING`
const SHOP_CREATE = `INSERT INTO shop.orders (id, customer_id, material_id, quantity, status, created_at)
VALUES ($1, 1, 1, 1, 'INITIATED', now()) ON CONFLICT DO NOTHING`
const SHOP_ENTER = `UPDATE shop.orders SET status = $2 WHERE id = $1 AND status = $3`

export const enter = (order: number, status: OrderState): Write => ({ text: ENTER, values: [order, status] })

/** A customer whom nobody knows, unless it is said who. */
const create = (order: number, customer = 'nobody'): Write => ({
  text: CREATE,
  values: [order, `${NUMBER}${order}`, customer]
})

const until = (last: OrderState): readonly OrderState[] => ORDER_STATES.slice(0, rankOf(last) + 1)

/** Through all states without a stop. */
export const passing = (order: number): Journey => ({
  writes: [create(order), ...ORDER_STATES.map((state) => enter(order, state))]
})

/** Until the carrier has it, who says the rest. */
export const shipped = (order: number, carrier: () => Promise<void>): Journey => ({
  writes: [create(order), ...until('SHIPPED').map((state) => enter(order, state))],
  then: carrier
})

/** Until nobody takes it. */
export const dwelling = (order: number, customer?: string): Journey => ({
  writes: [create(order, customer), ...until(DWELLS_IN).map((state) => enter(order, state))]
})

/** What dwelled goes on to its end. */
export const goingOn = (order: number): Journey => ({
  writes: ORDER_STATES.slice(rankOf(DWELLS_IN) + 1).map((state) => enter(order, state))
})

/** An order of the Shop's through all states. */
export const bought = (order: number): Journey => ({
  writes: [
    { text: SHOP_CREATE, values: [order] },
    ...ORDER_STATES.slice(1).map((state, index) => ({
      text: SHOP_ENTER,
      values: [order, state, ORDER_STATES[index]]
    }))
  ]
})
