import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import type { OrderState } from './data/states.ts'
import { ApiError } from './errors.ts'
import type { Service } from './service.ts'
import type { ActiveSpan } from './tracing.ts'

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

export interface MesApiClientOptions {
  /** Base URL of the MES API, straight or through its tier. */
  readonly url: string
  /** Milliseconds in which an answer must be complete. */
  readonly deadlineMs: number
}

interface Call {
  readonly method: 'GET' | 'PATCH'
  readonly route: string
  readonly path: string
  readonly body?: object
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

type Result = 'ok' | 'refused' | 'failed' | 'timeout'

const DEPENDENCY = 'mes-api'

/** The MES did not answer in time, or not with an answer. */
export class MesUnavailable extends Error {
  override readonly name = 'MesUnavailable'
  readonly result: Result

  constructor(result: Result, message: string) {
    super(message)
    this.result = result
  }
}

/** Asks the MES API for orders, within the trace of the request that needs it. */
export class MesApiClient {
  readonly #options: MesApiClientOptions
  readonly #service: Pick<Service, 'tracing' | 'metrics'>
  readonly #agent = new Agent()
  readonly #base: URL

  constructor(service: Pick<Service, 'tracing' | 'metrics'>, options: MesApiClientOptions) {
    this.#service = service
    this.#options = options
    this.#base = new URL(options.url)
  }

  /** Undefined when the MES has no such order. @throws MesUnavailable */
  async order(orderId: number): Promise<MesOrder | undefined> {
    const route = '/api/orders/:id'
    const { status, body } = await this.#call({ method: 'GET', route, path: `/api/orders/${orderId}` })
    if (status === 404) return undefined
    if (status >= 400) throw new MesUnavailable('refused', `it answered ${status}`)
    return body as MesOrder
  }

  /** Moves an order on. @throws MesUnavailable; ApiError with the MES's own sentence when it may not move there */
  async move(orderId: number, status: OrderState): Promise<MesOrder> {
    const route = '/api/orders/:id/status'
    const path = `/api/orders/${orderId}/status`
    const answer = await this.#call({ method: 'PATCH', route, path, body: { status } })
    if (answer.status < 400) return answer.body as MesOrder
    const { message = `the MES answered ${answer.status}` } = answer.body as { message?: string }
    throw new ApiError(answer.status === 404 ? 'order_not_found' : 'wrong_transition', message)
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  /** An answer below 500. @throws MesUnavailable */
  async #call(call: Call): Promise<Answer> {
    const attributes = {
      'http.request.method': call.method,
      'url.template': call.route,
      'server.address': this.#base.hostname
    }
    const started = performance.now()
    let result: Result = 'failed'
    try {
      const answer = await this.#service.tracing.child(`${call.method} ${call.route}`, attributes, (span) =>
        this.#send(call, span)
      )
      result = answer.status < 400 ? 'ok' : 'refused'
      return answer
    } catch (error) {
      const unavailable = explained(error)
      result = unavailable.result
      throw unavailable
    } finally {
      const seconds = (performance.now() - started) / 1000
      this.#service.metrics.dependencies.observe({ dependency: DEPENDENCY, result }, seconds)
    }
  }

  async #send({ method, path, body }: Call, span: ActiveSpan | undefined): Promise<Answer> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await this.#agent.request({
      origin: this.#base.origin,
      method,
      path: this.#base.pathname.replace(/\/$/, '') + path,
      headers: { accept: 'application/json', ...json, ...span?.headers() },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(this.#options.deadlineMs)
    })
    const { statusCode: status } = response
    span?.set({ 'http.response.status_code': status })
    return { status, body: await bodyOf(response) }
  }
}

async function bodyOf(response: Dispatcher.ResponseData): Promise<unknown> {
  if (response.statusCode < 500) return await response.body.json()
  await response.body.dump()
  throw new MesUnavailable('failed', `it answered ${response.statusCode}`)
}

function explained(error: unknown): MesUnavailable {
  if (error instanceof MesUnavailable) return error
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown }
  return new MesUnavailable(name === 'TimeoutError' ? 'timeout' : 'failed', String(message))
}

/** Whether the MES's order is the customer's of the shop: B2B orders count on their own, from the same numbers. */
export const isOf = (order: MesOrder, customerId: number): boolean =>
  order.source === 'SHOP' && order.customerRef === `C-${String(customerId).padStart(5, '0')}`
