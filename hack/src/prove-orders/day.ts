/** Which orders a day has, and what becomes of each: a function of its options. */
import type { Carrier } from './carrier.ts'
import { customerOf } from './databases.ts'
import { bought, dwelling, passing, shipped } from './journeys.ts'
import type { Journey } from './journeys.ts'
import { chances } from './plan.ts'

/** Of so many orders one is delivered by the carrier, one dwells, one is an order of the Shop's. */
const SHIPPED_OF = 5
const DWELLING_OF = 25
const BOUGHT_OF = 10

export interface Day {
  /** Before the first kill: orders of known customers, who are promised a date. */
  readonly first: readonly Journey[]
  readonly known: readonly number[]
  /** All orders that dwell, those of known customers among them. */
  readonly dwelling: readonly number[]
  /** In an order of the seed's. */
  readonly journeys: readonly Journey[]
  readonly writes: number
}

export function dayOf(orders: number, seed: number, carrier: Pick<Carrier, 'delivers'>): Day {
  const dwellers = Math.max(4, Math.ceil(orders / DWELLING_OF))
  const known = Array.from({ length: Math.ceil(dwellers / 2) }, (_, index) => index + 1)
  const rest = Array.from({ length: orders - known.length }, (_, index) => known.length + index + 1)
  const late = rest.slice(0, dwellers - known.length)
  const others = rest.slice(late.length)
  const journeys = [
    ...late.map((order) => dwelling(order)),
    ...others.map((order) =>
      order % SHIPPED_OF === 0 ? shipped(order, () => carrier.delivers(order)) : passing(order)
    ),
    ...Array.from({ length: Math.ceil(orders / BOUGHT_OF) }, (_, index) => bought(index + 1))
  ]
  return {
    first: known.map((order) => dwelling(order, customerOf(order))),
    known,
    dwelling: [...known, ...late],
    journeys: shuffled(journeys, seed),
    writes: journeys.reduce((sum, { writes }) => sum + writes.length, 0)
  }
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const { next } = chances(seed)
  return values
    .map((value) => ({ value, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value)
}
