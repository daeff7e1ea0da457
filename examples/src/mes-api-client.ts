import type { OrderState } from './data/states.ts'
import { ApiError } from './errors.ts'
import type { Service } from './service.ts'
import { ServiceClient, ServiceUnavailable } from './service-client.ts'
import type { ServiceClientOptions } from './service-client.ts'

/** What other services read of the MES's order card. */
export interface MesOrder {
  readonly id: number
  readonly source: 'SHOP' | 'B2B'
  readonly customerRef: string
  readonly status: OrderState
  /** ISO 8601. */
  readonly changedAt: string
  readonly dueAt: string
}

const DEPENDENCY = 'mes-api'

/** Asks the MES API for orders, within the trace of the request that needs it. */
export class MesApiClient {
  readonly #client: ServiceClient

  constructor(
    service: Pick<Service, 'tracing' | 'metrics'>,
    options: Pick<ServiceClientOptions, 'url' | 'deadlineMs'>
  ) {
    this.#client = new ServiceClient(service, { dependency: DEPENDENCY, ...options })
  }

  /** Undefined when the MES has no such order. @throws ServiceUnavailable */
  async order(orderId: number): Promise<MesOrder | undefined> {
    const route = '/api/orders/:id'
    const { status, body } = await this.#client.call({ method: 'GET', route, path: `/api/orders/${orderId}` })
    if (status === 404) return undefined
    if (status >= 400) throw new ServiceUnavailable(DEPENDENCY, 'refused', `it answered ${status}`)
    return body as MesOrder
  }

  /** Moves an order on. @throws ServiceUnavailable; ApiError with the MES's own sentence when it may not move there */
  async move(orderId: number, status: OrderState): Promise<MesOrder> {
    const route = '/api/orders/:id/status'
    const path = `/api/orders/${orderId}/status`
    const answer = await this.#client.call({ method: 'PATCH', route, path, body: { status } })
    if (answer.status < 400) return answer.body as MesOrder
    const { message = `the MES answered ${answer.status}` } = answer.body as { message?: string }
    throw new ApiError(answer.status === 404 ? 'order_not_found' : 'wrong_transition', message)
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

/** Whether the MES's order is the customer's of the shop: B2B orders count on their own, from the same numbers. */
export const isOf = (order: MesOrder, customerId: number): boolean =>
  order.source === 'SHOP' && order.customerRef === `C-${String(customerId).padStart(5, '0')}`
