/** What other services of the company may do with orders of the Shop: set the states that are theirs to set. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Database } from '../database.ts'
import { rankOf } from '../data/states.ts'
import type { OrderState } from '../data/states.ts'
import { ApiError } from '../errors.ts'

/** The states that the CRM sets; those of the MES are in the MES. */
export const SERVICE_STATES = ['MANUFACTURING_APPROVED', 'CLOSED'] as const satisfies OrderState[]
export type ServiceState = (typeof SERVICE_STATES)[number]

/** An order as another service sees it. */
export interface ServiceOrder {
  readonly id: number
  readonly customerId: number
  readonly status: OrderState
  /** ISO 8601. */
  readonly createdAt: string
  readonly quantity: number
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** @throws ApiError unless the header brings the token; without a token of one's own, always */
export function authenticateService(token: string | undefined, authorization: string | undefined): void {
  const given = /^Bearer (\S{1,256})$/i.exec(authorization ?? '')?.[1]
  // Digests are compared: they are of one length, and take equally long however much of the token is right.
  if (token !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(token))) return
  throw new ApiError(
    'not_authenticated',
    'Send the token of the service as "Authorization: Bearer TOKEN".',
    'headers.authorization'
  )
}

const COLUMNS = 'id, customer_id AS "customerId", status, created_at AS "createdAt", quantity'

/** Moves an order on to a state; in that state already, nothing is written and the answer is the same. */
export async function setServiceState(
  db: Database,
  { orderId, status }: { readonly orderId: number; readonly status: ServiceState }
): Promise<ServiceOrder> {
  return await db.transaction(async (run) => {
    const [order] = await run<ServiceOrder>({
      name: 'shop.lock_service_order',
      text: `SELECT ${COLUMNS} FROM shop.orders WHERE id = $1 FOR UPDATE`,
      values: [orderId]
    })
    if (order === undefined) throw new ApiError('order_not_found', `The shop has no order ${orderId}.`)
    if (order.status === status) return order
    if (rankOf(order.status) > rankOf(status)) {
      throw new ApiError(
        'wrong_transition',
        `Order ${orderId} is in ${order.status}, which comes after ${status}.`
      )
    }
    await run({
      name: 'shop.set_service_state',
      text: 'UPDATE shop.orders SET status = $2 WHERE id = $1',
      values: [orderId, status]
    })
    return { ...order, status }
  })
}
