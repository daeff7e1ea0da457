/** The services that the CRM asks instead of the Shop's tables: its read model, and the Shop API for writes. */
import { ApiError } from '../errors.ts'
import type { Service } from '../service.ts'
import { ServiceClient, ServiceUnavailable } from '../service-client.ts'
import type { Answer } from '../service-client.ts'
import type { CrmOrder, OrderReads, OrderWrites } from './stores.ts'

export interface Address {
  readonly url: string
  /** Sent as "Authorization: Bearer TOKEN". */
  readonly token: string | undefined
}

export interface Report {
  readonly step: string
  readonly compared: number
  readonly different: number
}

const DEADLINE_MS = 2000
const READ_MODEL = 'crm-read-model'
const SHOP = 'shop-api'

/** The CRM's own copy of orders. */
export class ReadModelClient implements OrderReads {
  readonly #client: ServiceClient

  constructor(service: Pick<Service, 'tracing' | 'metrics'>, address: Address) {
    this.#client = new ServiceClient(service, { dependency: READ_MODEL, deadlineMs: DEADLINE_MS, ...address })
  }

  async customerOrders(customerId: number): Promise<readonly CrmOrder[]> {
    const route = '/v1/customers/:id/orders'
    const answer = await this.#client.call({
      method: 'GET',
      route,
      path: `/v1/customers/${customerId}/orders`
    })
    return (expected(READ_MODEL, answer) as { readonly orders: readonly CrmOrder[] }).orders
  }

  /** A quite new order may not have arrived yet: then the read model looks after it. */
  async order(orderId: number): Promise<CrmOrder | undefined> {
    const route = '/v1/orders/:id'
    const answer = await this.#client.call({ method: 'GET', route, path: `/v1/orders/${orderId}` })
    if (answer.status === 404) return await this.refresh(orderId)
    return expected(READ_MODEL, answer) as CrmOrder
  }

  /** Has the order read from where it was made: whoever has just changed it sees the change. */
  async refresh(orderId: number): Promise<CrmOrder | undefined> {
    const route = '/v1/orders/:id/refresh'
    const answer = await this.#client.call({ method: 'POST', route, path: `/v1/orders/${orderId}/refresh` })
    return answer.status === 404 ? undefined : (expected(READ_MODEL, answer) as CrmOrder)
  }

  /** Says what this process does, and learns what it should do. */
  async step(instance: string, report: Report): Promise<unknown> {
    const route = '/v1/migration/instances/:id'
    const path = `/v1/migration/instances/${encodeURIComponent(instance)}`
    const answer = await this.#client.call({ method: 'PUT', route, path, body: report })
    return (expected(READ_MODEL, answer) as { readonly step: unknown }).step
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

/** Writes go to the owner of the orders, whose rules count. */
export class ShopApiClient implements OrderWrites {
  readonly #client: ServiceClient

  constructor(service: Pick<Service, 'tracing' | 'metrics'>, address: Address) {
    this.#client = new ServiceClient(service, { dependency: SHOP, deadlineMs: DEADLINE_MS, ...address })
  }

  async setState({ orderId, status }: Parameters<OrderWrites['setState']>[0]): Promise<void> {
    const route = '/api/service/orders/:id/status'
    const path = `/api/service/orders/${orderId}/status`
    const answer = await this.#client.call({ method: 'PUT', route, path, body: { status } })
    if (answer.status === 404) throw new ApiError('order_not_found', `The shop has no order ${orderId}.`)
    if (answer.status === 409) throw new ApiError('wrong_transition', messageOf(answer))
    expected(SHOP, answer)
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

const messageOf = ({ status, body }: Answer): string =>
  (body as { readonly message?: string }).message ?? `it answered ${status}`

function expected(dependency: string, answer: Answer): unknown {
  if (answer.status < 400) return answer.body
  throw new ServiceUnavailable(dependency, 'refused', messageOf(answer))
}
