/** Makes the acts of a run from a seed and from what there is. A pure function: equal arguments, equal feed. */
import type { B2bAct, CrmAct, CustomerAct, Feed, OperatorAct, User } from './acts.ts'
import { actsOf, THINK_MS } from './plan.ts'
import type { Amount } from './plan.ts'
import { Random } from './random.ts'
import { RefusedRun } from './refusal.ts'
import { STATES } from './stock.ts'
import type { Stock, StockState } from './stock.ts'

/** Customers that the example's data know; their ids run from 1. */
const CUSTOMERS = 5000

/** What operators look at: mostly the orders they may take, then what is being made. */
const WATCHED: readonly (readonly [status: string, weight: number])[] = [
  [STATES.takeable, 66],
  [STATES.started, 16],
  [STATES.completed, 5],
  [STATES.packaging, 5],
  [STATES.shipped, 3],
  ['SUBMITTED', 2],
  [STATES.priced, 2],
  ['CLOSED', 1]
]
/** A hundred times as often as the company's operators take orders, so that a short run has races to judge. */
const RACES = 0.03
const MOVES = 0.02
const OPENS_A_CARD = 0.4
const LOOKS_UP_REFERENCE = 0.05
const RIVALS = 5

/** State that orders of a state move on to, by operators. */
const NEXT = {
  started: STATES.completed,
  completed: STATES.packaging,
  packaging: STATES.shipped
} as const satisfies Partial<Record<StockState, string>>

/** Orders of a state that a run with so many acts uses up, generously. */
export const ordersWanted = (amount: Amount): number => 10 + Math.ceil(actsOf(amount).operators * RACES * 1.3)

/** @throws RefusedRun when a kind of user would have nothing to work with */
export function makeFeed(amount: Amount, seed: number, stock: Stock): Feed {
  requireStock(stock)
  const counts = actsOf(amount)
  const list = <T>(user: User, salt: number, make: (random: Random, index: number) => T): T[] => {
    const random = new Random(seed * 8 + salt)
    return Array.from({ length: counts[user] }, (_, index) => make(random, index))
  }
  const left = orderQueues(stock)
  return {
    seed,
    operators: list('operators', 1, (random) => operatorAct(random, stock, left)),
    customers: list('customers', 2, (random) => customerAct(random, stock)),
    b2b: list('b2b', 3, (random) => b2bAct(random, stock)),
    crm: list('crm', 4, (random) => crmAct(random, left))
  }
}

/** Gives each order of a state once. */
type Queues = Readonly<Record<StockState, () => number | undefined>>

function orderQueues({ orders }: Stock): Queues {
  const queue = (ids: readonly number[]) => {
    let next = 0
    return () => ids[next++]
  }
  return Object.fromEntries(Object.entries(orders).map(([state, ids]) => [state, queue(ids)])) as Queues
}

const think = (random: Random, user: User) => ({ thinkMs: random.thinkTime(THINK_MS[user]) })

function operatorAct(random: Random, stock: Stock, left: Queues): OperatorAct {
  const pace = think(random, 'operators')
  const chance = random.next()
  if (chance < RACES) return race(random, stock, left) ?? look(random, stock, pace)
  if (chance < RACES + MOVES) return move(random, left) ?? look(random, stock, pace)
  return look(random, stock, pace)
}

function race(random: Random, stock: Stock, left: Queues): OperatorAct | undefined {
  const order = left.takeable()
  if (order === undefined) return undefined
  const first = random.below(stock.operators.length)
  const operators = Array.from({ length: Math.min(RIVALS, stock.operators.length) }, (_, i) =>
    at(stock.operators, (first + i) % stock.operators.length)
  )
  return { kind: 'race', order, operators, ...think(random, 'operators') }
}

function move(random: Random, left: Queues): OperatorAct | undefined {
  const states = Object.keys(NEXT) as (keyof typeof NEXT)[]
  const state = at(states, random.below(states.length))
  const order = left[state]()
  return order === undefined
    ? undefined
    : { kind: 'move', order, to: NEXT[state], ...think(random, 'operators') }
}

function look(random: Random, { orders }: Stock, pace: { readonly thinkMs: number }): OperatorAct {
  const status = random.weighted(WATCHED)
  const seen = orders.takeable.length > 0 ? orders.takeable : orders.started
  return {
    kind: 'look',
    status,
    page: 1 + random.popular(3),
    ...pace,
    ...(random.chance(OPENS_A_CARD) && { card: at(seen, random.popular(Math.min(25, seen.length))) }),
    ...(random.chance(LOOKS_UP_REFERENCE) && {
      reference: random.chance(0.5) ? ('operators' as const) : ('materials' as const)
    })
  }
}

const VISITS = [
  ['browse', 82],
  ['watch', 12],
  ['order', 6]
] as const

function customerAct(random: Random, stock: Stock): CustomerAct {
  const who = { customer: 1 + random.below(CUSTOMERS), ...think(random, 'customers') }
  switch (random.weighted(VISITS)) {
    case 'browse':
      return { kind: 'browse', ...who, ...browsing(random, stock) }
    case 'watch':
      return { kind: 'watch', ...who }
    case 'order':
      return { kind: 'order', ...who, ...ordering(random, stock) }
  }
}

function browsing(random: Random, { categories, items }: Stock) {
  const category = categories[random.below(categories.length + 1)]
  const count = 1 + random.below(3)
  return {
    ...(category !== undefined && { category }),
    page: 1 + random.popular(4),
    items: Array.from({ length: count }, () => at(items, random.popular(items.length)))
  }
}

function ordering(random: Random, { items, materials }: Stock) {
  return {
    ...(random.chance(0.6) && { item: at(items, random.popular(items.length)) }),
    material: at(materials, random.below(materials.length)),
    quantity: 1 + random.below(2),
    upload: model(random)
  }
}

const model = (random: Random) => ({ name: 'model.stl', sizeBytes: 1 + random.below(40_000_000) })

const b2bAct = (random: Random, { materials }: Stock): B2bAct => ({
  customerRef: 'C-00001',
  material: at(materials, random.below(materials.length)),
  quantity: 1 + random.below(5),
  upload: { ...model(random), polygons: 1 + random.below(900_000) },
  ...think(random, 'b2b')
})

const DECISIONS = [
  ['customer', 70],
  ['approve', 20],
  ['close', 10]
] as const

function crmAct(random: Random, left: Queues): CrmAct {
  const pace = think(random, 'crm')
  const customer = { kind: 'customer', customer: 1 + random.below(CUSTOMERS), ...pace } as const
  const kind = random.weighted(DECISIONS)
  if (kind === 'customer') return customer
  const order = kind === 'approve' ? left.priced() : left.shipped()
  return order === undefined ? customer : { kind, order, ...pace }
}

/** @throws RangeError: requireStock() has seen to it that the lists are not empty */
function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new RangeError(`there is no item ${index} of ${list.length}`)
  return item
}

function requireStock({ orders, operators, materials, items }: Stock): void {
  const needs: readonly (readonly [who: string, what: string, list: readonly unknown[]])[] = [
    ['operators', `orders in ${STATES.takeable}`, orders.takeable],
    ['operators', 'operators of the MES', operators],
    ['customers', 'items of the catalogue', items],
    ['b2b', 'materials', materials]
  ]
  const missing = needs.filter(([, , list]) => list.length === 0)
  if (missing.length === 0) return
  const sentences = missing.map(
    ([who, what]) => `the scenario "${who}" has no data: the target has no ${what}`
  )
  throw new RefusedRun(
    `${sentences.join('; ')}. Fill its database: node examples/src/data/seed-main.ts --help.`
  )
}
