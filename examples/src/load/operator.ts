import { nextState, TAKEABLE, TAKEN } from '../data/states.ts'
import type { OrderState } from '../data/states.ts'
import type { MesClient } from './mes-client.ts'
import type { Random } from './random.ts'
import type { Act } from './user.ts'

/** What operators look at: mostly the orders they may take, then what is being made. */
const WATCHED: readonly (readonly [OrderState, number])[] = [
  [TAKEABLE, 66],
  [TAKEN, 16],
  ['MANUFACTURING_COMPLETED', 5],
  ['PACKAGING', 5],
  ['SHIPPED', 3],
  ['SUBMITTED', 2],
  ['PRICE_CALCULATED', 2],
  ['CLOSED', 1]
]

const OPENS_A_CARD = 0.4
const LOOKS_UP_REFERENCE = 0.05
/** Of the times that an operator sees orders to take. With the rushes, a hundred times as often as the company's. */
const TAKES = 0.02
const MOVES_ON = 0.01
const RIVALS = 5

/** A virtual operator: polls the dashboard by status, races for new orders and moves his or her own on. */
export function operator(mes: MesClient, operatorId: number, random: Random): Act {
  const mine: { id: number; status: OrderState }[] = []

  async function take(ids: readonly number[]): Promise<void> {
    // All want the newest: that is the race.
    const id = ids[random.popular(Math.min(3, ids.length))]
    if (id !== undefined && (await mes.take(id, operatorId))) mine.push({ id, status: TAKEN })
  }

  async function moveOn(): Promise<void> {
    const order = mine.shift()
    const next = order === undefined ? undefined : nextState(order.status)
    if (order === undefined || next === undefined) return
    if (await mes.move(order.id, order.status, next)) mine.push({ id: order.id, status: next })
  }

  return async (plannedAt) => {
    const status = random.weighted(WATCHED)
    const page = await mes.page(status, 1 + random.popular(3), plannedAt)
    const ids = page?.orders.map((order) => order.id) ?? []
    const opened = ids[random.popular(ids.length)]
    if (opened !== undefined && random.chance(OPENS_A_CARD)) await mes.card(opened)
    if (random.chance(LOOKS_UP_REFERENCE)) await mes.reference(random.chance(0.5) ? 'operators' : 'materials')
    if (status === TAKEABLE && random.chance(TAKES)) await take(ids)
    if (random.chance(MOVES_ON)) await moveOn()
  }
}

/**
 * A new order appears, and several operators, numbered from 1, go for it in the same moment. Before the next
 * one, the winner completes it.
 */
export function rush(mes: MesClient, operators: number): Act {
  let inWork: number | undefined
  return async () => {
    if (inWork !== undefined) await mes.move(inWork, TAKEN, 'MANUFACTURING_COMPLETED')
    inWork = undefined
    const newest = (await mes.page(TAKEABLE, 1))?.orders[0]
    if (newest === undefined) return
    const rivals = Array.from({ length: Math.min(operators, RIVALS) }, (_, i) => 1 + i)
    const won = await Promise.all(rivals.map((operatorId) => mes.take(newest.id, operatorId)))
    if (won.includes(true)) inWork = newest.id
  }
}

/** A system of a B2B client: sends an order now and then. */
export function b2bClient(mes: MesClient, random: Random): Act {
  return async () => {
    const files = [
      { name: 'model.stl', sizeBytes: 1 + random.below(40_000_000), polygons: 1 + random.below(900_000) }
    ]
    await mes.create({
      customerRef: 'C-00001',
      materialId: 1 + random.below(10),
      quantity: 1 + random.below(5),
      files
    })
  }
}
