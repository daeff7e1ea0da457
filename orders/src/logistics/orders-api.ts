/** The company's APIs, as far as logistics needs them. */

export interface OrdersApiOptions {
  /** Base URL of the CRM API: it sets CLOSED. */
  readonly crmUrl: string
  /** Base URL of the MES API: it knows every order, and closes those that the CRM does not know (B2B). */
  readonly mesUrl: string
  /** Headers of the current trace. */
  readonly headers: () => Readonly<Record<string, string>>
  /** Milliseconds. Default 5000. */
  readonly timeoutMs?: number
}

/** `Closed`, also when it was before; `Later` with why not now: never an address or a text of an answer. */
export type Closing = { readonly kind: 'Closed' } | { readonly kind: 'Later'; readonly reason: string }

export type Known =
  { readonly kind: 'Known'; readonly entered: ReadonlyMap<string, number> } | { readonly kind: 'Unknown' }

interface Answer {
  readonly status: number
  readonly body: unknown
}

export class OrdersApi {
  readonly #options: OrdersApiOptions

  constructor(options: OrdersApiOptions) {
    this.#options = options
  }

  /** Asks the CRM first; an order that it does not know is a B2B client's, and the MES closes it. Idempotent. */
  async close(orderId: number): Promise<Closing> {
    const { crmUrl, mesUrl } = this.#options
    const crm = await this.#ask('POST', `${crmUrl}/api/orders/${orderId}/close`)
    if (crm.status < 300) return { kind: 'Closed' }
    if (crm.status !== 404) return { kind: 'Later', reason: `the CRM answered ${crm.status}` }
    const mes = await this.#ask('PATCH', `${mesUrl}/api/orders/${orderId}/status`, { status: 'CLOSED' })
    if (mes.status < 300) return { kind: 'Closed' }
    const state = mes.status === 409 ? (await this.order(orderId)).kind : undefined
    if (state === 'Known' && (await this.#isClosed(orderId))) return { kind: 'Closed' }
    return { kind: 'Later', reason: `the MES answered ${mes.status}` }
  }

  /** When the order entered its states, in milliseconds. @throws when the MES does not answer */
  async order(orderId: number): Promise<Known> {
    const { status, body } = await this.#ask('GET', `${this.#options.mesUrl}/api/orders/${orderId}`)
    if (status === 404) return { kind: 'Unknown' }
    if (status !== 200) throw new Error(`the MES answered ${status}`)
    return { kind: 'Known', entered: enteredOf(body) }
  }

  async #isClosed(orderId: number): Promise<boolean> {
    const order = await this.order(orderId)
    return order.kind === 'Known' && order.entered.has('CLOSED')
  }

  async #ask(method: string, url: string, body?: object): Promise<Answer> {
    const { timeoutMs = 5000, headers } = this.#options
    const response = await fetch(url, {
      method,
      headers: { ...headers(), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs)
    })
    const text = await response.text()
    return { status: response.status, body: response.ok ? JSON.parse(text) : undefined }
  }
}

function enteredOf(card: unknown): ReadonlyMap<string, number> {
  const history = isObject(card) && Array.isArray(card.history) ? (card.history as unknown[]) : []
  return new Map(
    history.flatMap((each) =>
      isObject(each) && typeof each.status === 'string' && typeof each.changedAt === 'string'
        ? [[each.status, Date.parse(each.changedAt)] as const]
        : []
    )
  )
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
