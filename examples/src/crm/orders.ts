import { ApiError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { isOf } from '../mes-api-client.ts'
import type { MesApiClient, MesOrder } from '../mes-api-client.ts'
import { ServiceUnavailable } from '../service-client.ts'
import type { CrmOrder, CrmState, OrderReads, OrderWrites } from './stores.ts'

export type { CrmOrder } from './stores.ts'

/** What the CRM and the MES say of one order. */
export interface CrmOrderCard extends CrmOrder {
  readonly production: Pick<MesOrder, 'status' | 'changedAt' | 'dueAt'>
}

/** One order, with what the MES says of it. */
export async function orderCard(
  reads: OrderReads,
  mes: MesApiClient,
  orderId: number
): Promise<CrmOrderCard> {
  const order = await orderOf(reads, orderId)
  return card(order, await ofMes(mes, order))
}

/**
 * Sets a state that the CRM sets: the MES first, whose rules count, then the Shop. When the second step is lost,
 * the same request again makes up for it.
 */
export async function setState(
  { reads, writes }: { readonly reads: OrderReads; readonly writes: OrderWrites },
  mes: MesApiClient,
  { orderId, status }: { readonly orderId: number; readonly status: CrmState }
): Promise<CrmOrderCard> {
  const order = await orderOf(reads, orderId)
  const before = await ofMes(mes, order)
  const after = before.status === status ? before : await asked(() => mes.move(orderId, status))
  await asked(() => writes.setState({ orderId, status }))
  return card({ ...order, status }, after)
}

async function orderOf(reads: OrderReads, orderId: number): Promise<CrmOrder> {
  const order = await asked(() => reads.order(orderId))
  if (order === undefined) throw new ApiError('order_not_found', `The shop has no order ${orderId}.`)
  return order
}

async function ofMes(mes: MesApiClient, { id, customerId }: CrmOrder): Promise<MesOrder> {
  const order = await asked(() => mes.order(id))
  if (order !== undefined && isOf(order, customerId)) return order
  throw new ApiError('order_not_found', `The MES has no order ${id} of the shop.`)
}

const AWAY: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  'mes-api': ['mes_unavailable', 'The MES'],
  'shop-api': ['shop_unavailable', 'The Shop'],
  'crm-read-model': ['read_model_unavailable', 'The read model of orders']
}

/** A service that does not answer is no fault of the request. */
export async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const away = error instanceof ServiceUnavailable ? AWAY[error.dependency] : undefined
    if (away === undefined) throw error
    throw new ApiError(away[0], `${away[1]} does not answer; try again in a few seconds.`)
  }
}

const card = (order: CrmOrder, { status, changedAt, dueAt }: MesOrder): CrmOrderCard => ({
  ...order,
  production: { status, changedAt, dueAt }
})
