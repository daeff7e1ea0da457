/** The MES, asked through its cache tier, as the page's buttons need it. */
import type { Tracing } from '../service/tracing.ts'
import { isOrderState } from '../order.ts'
import type { OrderState } from '../order.ts'
import type { OrderChange } from './change.ts'

export interface MesOptions {
  /** Base URL of the tier, or of the MES itself. */
  readonly url: string
  readonly tracing: Tracing
  /** Milliseconds until an answer must have come. Default 5000. */
  readonly timeoutMs?: number
}

export interface Operator {
  readonly id: number
  readonly name: string
}

export type TakeOutcome =
  | { readonly kind: 'taken'; readonly change: OrderChange }
  /** Somebody else was quicker; who, is in `change`. */
  | { readonly kind: 'lost'; readonly change: OrderChange }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string }
  /** Whether the MES has done it is not known. */
  | { readonly kind: 'unknown' }

export interface Mes {
  take(orderId: number, operatorId: number): Promise<TakeOutcome>
  operators(): Promise<readonly Operator[]>
  /** A page of a state, those first that entered it last, without who has taken them. @throws when the MES does not answer */
  page(
    status: OrderState,
    page: number
  ): Promise<{ readonly changes: readonly OrderChange[]; readonly pages: number }>
  /** @throws when the MES does not answer, or does not know the order */
  card(orderId: number): Promise<OrderChange>
}

interface Request {
  readonly id?: number
  /** With its question mark; no part of the route. */
  readonly query?: string
  readonly body?: object
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

export function mesClient({ url, tracing, timeoutMs = 5000 }: MesOptions): Mes {
  const ask = async (
    method: 'GET' | 'POST',
    route: string,
    { id, query = '', body }: Request = {}
  ): Promise<Answer> => {
    const attributes = {
      'http.request.method': method,
      'url.template': route,
      'server.address': new URL(url).hostname
    }
    return await tracing.span(`${method} ${route}`, { kind: 'client', attributes }, async (span) => {
      const response = await fetch(`${url}${route.replace(':id', String(id))}${query}`, {
        method,
        headers: { ...tracing.headers(), ...(body !== undefined && { 'content-type': 'application/json' }) },
        signal: AbortSignal.timeout(timeoutMs),
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      span.setAttribute('http.response.status_code', response.status)
      return { status: response.status, body: await response.json() }
    })
  }
  return {
    take: async (orderId, operatorId) => {
      const answer = await ask('POST', '/api/orders/:id/take', { id: orderId, body: { operatorId } }).catch(
        () => undefined
      )
      if (answer === undefined || answer.status >= 500) return { kind: 'unknown' }
      if (answer.status === 200) return { kind: 'taken', change: changeOfCard(answer.body) }
      const { error, message } = fieldsOf(answer.body)
      if (error !== 'order_taken')
        return { kind: 'refused', status: answer.status, code: String(error), message: String(message) }
      const card = await ask('GET', '/api/orders/:id', { id: orderId }).catch(() => undefined)
      return card?.status === 200 ? { kind: 'lost', change: changeOfCard(card.body) } : { kind: 'unknown' }
    },
    page: async (state, page) => {
      const { status, body } = await ask('GET', '/api/orders', { query: `?status=${state}&page=${page}` })
      const { orders, pages } = fieldsOf(body)
      if (status !== 200 || !Array.isArray(orders))
        throw new Error(`the MES answered ${status} for its page of orders`)
      return { changes: orders.map(changeOfCard), pages: Number(pages) }
    },
    card: async (id) => {
      const { status, body } = await ask('GET', '/api/orders/:id', { id })
      if (status !== 200) throw new Error(`the MES answered ${status} for an order`)
      return changeOfCard(body)
    },
    operators: async () => {
      const { status, body } = await ask('GET', '/api/operators')
      if (status !== 200 || !Array.isArray(body))
        throw new Error(`the MES answered ${status} for its operators`)
      return body.map((each) => {
        const { id, name } = fieldsOf(each)
        return { id: Number(id), name: String(name) }
      })
    }
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** @throws when the MES answers with something that is no card of an order */
function changeOfCard(body: unknown): OrderChange {
  const { id, status, changedAt, number, dueAt, quantity, operatorId } = fieldsOf(body)
  if (typeof id !== 'number' || !isOrderState(status) || typeof changedAt !== 'string')
    throw new Error('the MES answered with no card of an order')
  return {
    orderId: id,
    status,
    at: new Date(changedAt),
    number: typeof number === 'string' ? number : undefined,
    promisedAt: typeof dueAt === 'string' ? new Date(dueAt) : undefined,
    quantity: typeof quantity === 'number' ? quantity : undefined,
    operatorId: typeof operatorId === 'number' ? operatorId : undefined
  }
}
