/** What events do not tell of an order, asked of the MES once: its number, its customer's reference, its size. */
import type { Pool } from 'pg'
import { isOrderState, ORDER_STATES, rankOf } from '../order.ts'
import { transaction } from '../service/database.ts'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { sizeClassOf } from '../promises/sizes.ts'

export interface AskerOptions {
  readonly pool: Pool
  /** Base URL of the MES API, best through its cache tier. */
  readonly mesUrl: string
  readonly log: Logger
  /** Milliseconds. Default 5000. */
  readonly timeoutMs?: number
  /** Seconds until the MES is asked again after it did not answer. Default 30. */
  readonly againSeconds?: number
}

/** Orders a round, one after the other: the MES is not to feel it. */
const PORTION = 20

/** One round. @returns how many were asked about */
export async function askMes(options: AskerOptions): Promise<number> {
  const { pool, log, againSeconds = 30 } = options
  const { rows } = await pool.query<{ order_id: number }>(
    `UPDATE customers.order SET ask_after = clock_timestamp() + make_interval(secs => $1)
     WHERE order_id IN (SELECT order_id FROM customers.order WHERE look_at IS NOT NULL AND NOT asked
       AND ask_after <= clock_timestamp() ORDER BY ask_after LIMIT ${PORTION} FOR UPDATE SKIP LOCKED)
     RETURNING order_id`,
    [againSeconds]
  )
  for (const { order_id } of rows) {
    try {
      await askAbout(options, order_id)
    } catch (error) {
      log.warn({ ...errorFields(error), order_id: String(order_id) }, 'the MES is asked again later')
    }
  }
  return rows.length
}

interface Card {
  readonly number?: unknown
  readonly customerRef?: unknown
  readonly files?: unknown
  readonly history?: unknown
}

async function askAbout({ pool, mesUrl, timeoutMs = 5000 }: AskerOptions, orderId: number): Promise<void> {
  const response = await fetch(`${mesUrl}/api/orders/${orderId}`, { signal: AbortSignal.timeout(timeoutMs) })
  // An order that the MES does not know any more is left as it is: nobody is told of it.
  if (!response.ok && response.status !== 404) throw new Error(`the MES answered ${response.status}`)
  const answer: unknown = response.ok ? await response.json() : {}
  const card: Card = typeof answer === 'object' && answer !== null ? answer : {}
  await transaction(pool, (client) =>
    client.query(
      `UPDATE customers.order SET asked = true, order_number = $2, customer_ref = $3, size = $4,
         entered = ARRAY(SELECT coalesce(mine, theirs)
           FROM unnest(entered, $5::bigint[]) WITH ORDINALITY AS pair (mine, theirs, place) ORDER BY place)
       WHERE order_id = $1`,
      [orderId, textOf(card.number), textOf(card.customerRef), sizeOf(card), enteredOf(card)]
    )
  )
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function sizeOf({ files }: Card) {
  const polygons = listOf(files).flatMap(({ polygons: each }) => (typeof each === 'number' ? [each] : []))
  return sizeClassOf(polygons.length === 0 ? undefined : polygons.reduce((sum, each) => sum + each, 0))
}

function enteredOf({ history }: Card): (number | null)[] {
  const entered: (number | null)[] = ORDER_STATES.map(() => null)
  for (const { status, changedAt } of listOf(history))
    if (isOrderState(status) && typeof changedAt === 'string') entered[rankOf(status)] = Date.parse(changedAt)
  return entered
}

const listOf = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value)
    ? value.filter(
        (each): each is Readonly<Record<string, unknown>> => typeof each === 'object' && each !== null
      )
    : []
