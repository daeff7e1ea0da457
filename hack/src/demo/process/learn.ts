/** How long until an operator knows of a new order: by looking at the page of the MES again and again, and by the live page. */
import { setTimeout as delay } from 'node:timers/promises'
import { urlOf } from '../../company/plan.ts'
import type { CompanyPlan } from '../../company/plan.ts'
import { followFeed } from './feed.ts'
import type { SeenOrder } from './feed.ts'

export interface Learning {
  readonly orders: readonly number[]
  /** Median and longest milliseconds until it was seen by who reloads every `reloadSeconds`. */
  readonly reloaded: Spread
  /** The same on the live page. */
  readonly pushed: Spread
  readonly reloadSeconds: number
}

export interface Spread {
  readonly median: number
  readonly longest: number
}

/** The operators of the load tests look every five seconds. */
const RELOAD_SECONDS = 5
const ORDERS = 8
const PATIENCE_MS = 60_000

/** @param straight base URL of the MES without its tier: what operators had */
export async function measureLearning(
  plan: CompanyPlan,
  straight: string,
  signal: AbortSignal
): Promise<Learning> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal, AbortSignal.timeout(PATIENCE_MS)])
  const seen = { reloaded: new Map<number, number>(), pushed: new Map<number, number>() }
  const watching = Promise.all([
    reload(straight, seen.reloaded, until),
    followFeed(plan, (order) => takeable(order) && note(seen.pushed, [order]), until)
  ])
  try {
    const approved = await approve(plan, straight, until)
    const orders = [...approved.keys()]
    while (!orders.every((id) => seen.reloaded.has(id) && seen.pushed.has(id))) {
      until.throwIfAborted()
      await delay(20)
    }
    const spread = (at: ReadonlyMap<number, number>): Spread =>
      spreadOf(orders.map((id) => (at.get(id) ?? 0) - (approved.get(id) ?? 0)))
    const learnt = { reloaded: spread(seen.reloaded), pushed: spread(seen.pushed) }
    return { orders, ...learnt, reloadSeconds: RELOAD_SECONDS }
  } finally {
    over.abort()
    await watching
  }
}

const takeable = ({ status }: SeenOrder): boolean => status === 'MANUFACTURING_APPROVED'

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)] ?? NaN, longest: sorted.at(-1) ?? NaN }
}

interface Page {
  readonly orders: readonly { readonly id: number }[]
}

/** At moments that have nothing to do with the reloads. @returns when the MES had said yes, by the order */
async function approve(
  plan: CompanyPlan,
  straight: string,
  signal: AbortSignal
): Promise<ReadonlyMap<number, number>> {
  const { orders } = await json<Page>(`${straight}/api/orders?status=PRICE_CALCULATED&page=1`, { signal })
  if (orders.length < ORDERS) throw new Error(`only ${orders.length} orders wait for their approval`)
  const approved = new Map<number, number>()
  for (const { id } of orders.slice(0, ORDERS)) {
    await json(`${urlOf(plan, 'mes-api')}/api/orders/${id}/status`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: 'MANUFACTURING_APPROVED' }),
      signal
    })
    approved.set(id, performance.now())
    await delay((RELOAD_SECONDS * 1000) / ORDERS + 37, undefined, { signal })
  }
  return approved
}

async function reload(straight: string, seen: Map<number, number>, signal: AbortSignal): Promise<void> {
  await untilOver(signal, async () => {
    const began = performance.now()
    const { orders } = await json<Page>(`${straight}/api/orders?status=MANUFACTURING_APPROVED&page=1`, {
      signal
    })
    note(seen, orders)
    await delay(Math.max(0, RELOAD_SECONDS * 1000 - (performance.now() - began)), undefined, { signal })
  })
}

function note(seen: Map<number, number>, orders: readonly { readonly id: number }[]): void {
  const now = performance.now()
  for (const { id } of orders) if (!seen.has(id)) seen.set(id, now)
}

async function untilOver(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  try {
    while (!signal.aborted) await act()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function json<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`)
  return JSON.parse(text) as T
}
