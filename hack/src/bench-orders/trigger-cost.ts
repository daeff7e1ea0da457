/** What the trigger adds to a write: the same transaction of the MES with and without it, in turns. */
import type pg from 'pg'
import { mesDatabase, on } from './databases.ts'

const STATES = [
  'PRICE_CALCULATED',
  'MANUFACTURING_APPROVED',
  'MANUFACTURING_STARTED',
  'MANUFACTURING_COMPLETED'
]
const WRITES = 100

export interface TriggerCost {
  readonly plainMs: number
  readonly triggeredMs: number
  /** Median of the rounds' ratios. */
  readonly ratio: number
}

export async function triggerCost(server: string, rounds: number): Promise<TriggerCost> {
  const orders = Math.ceil((rounds * WRITES) / STATES.length) + WRITES
  const plain = await mesDatabase(server, 'cost_plain', { orders, outbox: 'Without' })
  const triggered = await mesDatabase(server, 'cost_triggered', { orders, outbox: 'With' })
  return await on(plain, (without) => on(triggered, (withIt) => inTurns(without, withIt, rounds)))
}

async function inTurns(without: pg.Client, withIt: pg.Client, rounds: number): Promise<TriggerCost> {
  const pairs: { plain: number; triggered: number }[] = []
  for (let round = 0; round < rounds; round += 1) {
    const first = round % 2 === 0 ? without : withIt
    const one = await block(first, round)
    const other = await block(first === without ? withIt : without, round)
    pairs.push(first === without ? { plain: one, triggered: other } : { plain: other, triggered: one })
    // The relay would have taken them.
    await withIt.query('DELETE FROM orders_outbox_mes.event')
  }
  return {
    plainMs: median(pairs.map(({ plain }) => plain)),
    triggeredMs: median(pairs.map(({ triggered }) => triggered)),
    ratio: median(pairs.map(({ plain, triggered }) => triggered / plain))
  }
}

/** Milliseconds a write takes. */
async function block(client: pg.Client, round: number): Promise<number> {
  const began = performance.now()
  for (let index = 0; index < WRITES; index += 1) {
    const write = round * WRITES + index
    await enter(client, 1 + Math.floor(write / STATES.length), STATES[write % STATES.length] ?? '')
  }
  return (performance.now() - began) / WRITES
}

/** As the MES moves an order on: examples/src/mes/orders.ts. */
async function enter(client: pg.Client, order: number, status: string): Promise<void> {
  await client.query('BEGIN')
  await client.query('SELECT id FROM mes.orders WHERE id = $1 FOR UPDATE', [order])
  await client.query('SELECT max(status) AS status FROM mes.order_status_history WHERE order_id = $1', [
    order
  ])
  await client.query(
    `INSERT INTO mes.order_status_history (order_id, status, changed_at, operator_id)
SELECT $1, $2::mes.order_status, clock_timestamp(), (
  SELECT operator_id FROM mes.order_status_history WHERE order_id = $1 ORDER BY status DESC LIMIT 1)`,
    [order, status]
  )
  await client.query('COMMIT')
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
