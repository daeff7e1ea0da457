/** What there is to work with, asked of the target before the run. */
import { RefusedRun } from './refusal.ts'
import type { Target } from './units.ts'

/** States of the MES whose orders are needed, each for what happens to them. */
export const STATES = {
  takeable: 'MANUFACTURING_APPROVED',
  started: 'MANUFACTURING_STARTED',
  completed: 'MANUFACTURING_COMPLETED',
  packaging: 'PACKAGING',
  priced: 'PRICE_CALCULATED',
  shipped: 'SHIPPED'
} as const
export type StockState = keyof typeof STATES

export interface Stock {
  /** Ids of orders by state, those that entered it last first. */
  readonly orders: Readonly<Record<StockState, readonly number[]>>
  readonly operators: readonly number[]
  readonly materials: readonly number[]
  readonly items: readonly number[]
  readonly categories: readonly string[]
}

interface Listed {
  readonly id: number
  readonly source?: string
  readonly category?: string
}

/** Most pages that are read of one state. */
const MAX_PAGES = 8
const PATIENCE_MS = 60_000

/** Reads it. `wanted` is how many orders of a state the run will use up. @throws RefusedRun, naming what did not answer */
export async function readStock(target: Target, wanted: number, signal: AbortSignal): Promise<Stock> {
  const ask = (url: string) => listOf(url, signal)
  const orders: Partial<Record<StockState, readonly number[]>> = {}
  // One after the other: the look-up must not be a load of its own.
  for (const [state, status] of Object.entries(STATES) as [StockState, string][]) {
    const all = await ordersIn(`${target.mes}/api/orders?status=${status}`, wanted, ask)
    // The CRM knows orders of the shop only.
    const usable =
      state === 'priced' || state === 'shipped' ? all.filter(({ source }) => source === 'SHOP') : all
    orders[state] = usable.map(({ id }) => id)
  }
  const items = [1, 2, 3].map((page) => ask(`${target.shop}/api/catalogue?page=${page}`))
  const catalogue = (await Promise.all(items)).flat()
  return {
    orders: orders as Stock['orders'],
    operators: (await ask(`${target.mes}/api/operators`)).map(({ id }) => id),
    materials: (await ask(`${target.mes}/api/materials`)).map(({ id }) => id),
    items: catalogue.map(({ id }) => id),
    categories: [...new Set(catalogue.flatMap(({ category }) => category ?? []))].sort()
  }
}

async function ordersIn(
  url: string,
  wanted: number,
  ask: (url: string) => Promise<Listed[]>
): Promise<Listed[]> {
  const found: Listed[] = []
  for (let page = 1; page <= MAX_PAGES && found.length < wanted; page++) {
    const more = await ask(`${url}&page=${page}`)
    found.push(...more)
    if (more.length === 0) break
  }
  return found
}

async function listOf(url: string, signal: AbortSignal): Promise<Listed[]> {
  const body = await jsonOf(url, signal)
  const list = Array.isArray(body) ? body : Object.values(body ?? {}).find(Array.isArray)
  if (!isListed(list))
    throw new RefusedRun(
      `${url} answers with something else than a list of things with ids; is this the address of the API that the option names?`
    )
  return list
}

const isListed = (list: unknown): list is Listed[] =>
  Array.isArray(list) &&
  list.every((item: unknown) => typeof item === 'object' && item !== null && 'id' in item)

async function jsonOf(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    return await response.json()
  } catch (error) {
    signal.throwIfAborted()
    throw new RefusedRun(`${url} does not answer as it should before the run: ${reasonOf(error)}.`, {
      cause: error
    })
  }
}

/** fetch hides what happened in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { readonly cause?: unknown; readonly message?: unknown }
  return cause instanceof Error && cause.message !== '' ? cause.message : String(message ?? error)
}
