import type { Database } from '../database.ts'
import type { OrderState } from '../data/states.ts'
import { ApiError } from '../errors.ts'
import { isOf, MesUnavailable } from '../mes-api-client.ts'
import type { MesApiClient, MesOrder } from '../mes-api-client.ts'

/** An order as the CRM reads it out of the Shop's tables. */
export interface CrmOrder {
  readonly id: number
  readonly customerId: number
  readonly status: OrderState
  /** ISO 8601. */
  readonly createdAt: string
  readonly quantity: number
}

/** What the CRM and the MES say of one order. */
export interface CrmOrderCard extends CrmOrder {
  readonly production: Pick<MesOrder, 'status' | 'changedAt' | 'dueAt'>
}

const ORDERS_LIMIT = 100

const SELECT = `
SELECT id, customer_id AS "customerId", status, created_at AS "createdAt", quantity FROM shop.orders`

/** A customer's latest orders, the newest first. */
export async function customerOrders(db: Database, customerId: number): Promise<{ orders: CrmOrder[] }> {
  const text = `${SELECT} WHERE customer_id = $1 ORDER BY id DESC LIMIT ${ORDERS_LIMIT}`
  return { orders: await db.query<CrmOrder>({ name: 'crm.customer_orders', text, values: [customerId] }) }
}

/** One order, with what the MES says of it. */
export async function orderCard(db: Database, mes: MesApiClient, orderId: number): Promise<CrmOrderCard> {
  const order = await orderOf(db, orderId)
  return card(order, await ofMes(mes, order))
}

/**
 * Sets a state that the CRM sets: the MES first, whose rules count, then the Shop's row. When the second step is lost,
 * the same request again makes up for it.
 */
export async function setState(
  db: Database,
  mes: MesApiClient,
  { orderId, status }: { readonly orderId: number; readonly status: OrderState }
): Promise<CrmOrderCard> {
  const order = await orderOf(db, orderId)
  const before = await ofMes(mes, order)
  const after = before.status === status ? before : await asked(() => mes.move(orderId, status))
  const text = 'UPDATE shop.orders SET status = $2 WHERE id = $1'
  await db.query({ name: 'crm.set_state', text, values: [orderId, status] })
  return card({ ...order, status }, after)
}

async function orderOf(db: Database, orderId: number): Promise<CrmOrder> {
  const text = `${SELECT} WHERE id = $1`
  const [order] = await db.query<CrmOrder>({ name: 'crm.order', text, values: [orderId] })
  if (order === undefined) throw new ApiError('order_not_found', `The shop has no order ${orderId}.`)
  return order
}

async function ofMes(mes: MesApiClient, { id, customerId }: CrmOrder): Promise<MesOrder> {
  const order = await asked(() => mes.order(id))
  if (order !== undefined && isOf(order, customerId)) return order
  throw new ApiError('order_not_found', `The MES has no order ${id} of the shop.`)
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof MesUnavailable)) throw error
    throw new ApiError('mes_unavailable', 'The MES does not answer; try again in a few seconds.')
  }
}

const card = (order: CrmOrder, { status, changedAt, dueAt }: MesOrder): CrmOrderCard => ({
  ...order,
  production: { status, changedAt, dueAt }
})
