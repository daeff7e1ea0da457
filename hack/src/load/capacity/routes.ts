/** THE list of routes whose knee is looked for. */
import { objectives } from '@alexandrite/catalogue'
import { below } from '@alexandrite/loadtest/statistics/index'
import type { Random } from '@alexandrite/loadtest/statistics/index'
import type { Addresses } from '../../demo/tiers.ts'

export interface Route {
  readonly name: string
  readonly api: keyof Addresses
  readonly path: (random: Random, orders: number) => string
  /** Requests a second of the first step. */
  readonly from: number
  /** Name of the catalogue's objective that it must keep. */
  readonly objective: string
}

/** Those that operators look at. */
export const STATES = [
  'MANUFACTURING_APPROVED',
  'MANUFACTURING_STARTED',
  'PACKAGING',
  'SHIPPED',
  'SUBMITTED'
] as const

const ORDER_PAGE = 'mes-order-page-latency'
export const ORDER_PAGE_ROUTE = 'mes GET /api/orders'

export const ROUTES: readonly Route[] = [
  {
    name: ORDER_PAGE_ROUTE,
    api: 'mes',
    path: (random) => `/api/orders?status=${STATES[below(random, STATES.length)] ?? ''}`,
    from: 0.5,
    objective: ORDER_PAGE
  },
  {
    name: 'mes GET /api/orders/:id',
    api: 'mes',
    path: (random, orders) => `/api/orders/${1 + below(random, orders)}`,
    from: 50,
    objective: ORDER_PAGE
  },
  {
    name: 'shop GET /api/catalogue',
    api: 'shop',
    path: (random) => `/api/catalogue?page=${1 + below(random, 5)}`,
    from: 50,
    objective: 'shop-latency'
  }
]

/** What the catalogue promises of latency, in milliseconds. @throws when it has no such objective */
export function limitOf(name: string): number {
  const found = objectives.find((objective) => objective.name === name)
  if (found?.indicator.kind !== 'Latency') throw new Error(`the catalogue has no latency objective "${name}"`)
  return found.indicator.thresholdSeconds * 1000
}
