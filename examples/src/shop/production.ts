import { rankOf } from '../data/states.ts'
import type { OrderState } from '../data/states.ts'
import { isOf } from '../mes-api-client.ts'
import type { MesApiClient } from '../mes-api-client.ts'
import type { Service } from '../service.ts'
import type { ShopOrder } from './orders.ts'

/** How far the MES is with an order of the shop. */
export interface Production {
  readonly status: OrderState
  /** ISO 8601. */
  readonly changedAt: string
  readonly dueAt: string
}

/** Before that the MES has nothing to do with an order. */
const FIRST_OF_MES: OrderState = 'SUBMITTED'

/**
 * The progress of a customer's order. Null when the MES does not know the order, or does not say in time: the page is
 * shown without it.
 */
export async function production(
  { app }: Pick<Service, 'app'>,
  mes: MesApiClient | undefined,
  { order, customerId }: { readonly order: ShopOrder; readonly customerId: number }
): Promise<Production | null> {
  if (mes === undefined || rankOf(order.status) < rankOf(FIRST_OF_MES)) return null
  try {
    const found = await mes.order(order.id)
    if (found === undefined || !isOf(found, customerId)) return null
    const { status, changedAt, dueAt } = found
    return { status, changedAt, dueAt }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    app.log.warn({ reason }, 'the MES does not say how far an order is; its page is shown without that')
    return null
  }
}
