/** The history of the MES, read once, in small read-only portions by its primary keys: to begin with, never again. */
import type { ClientBase } from 'pg'
import { isOrderState, ORDER_STATES, rankOf } from '../order.ts'
import type { Passage } from './passage.ts'
import { sizeClassOf } from './sizes.ts'

/** Orders a portion: some 6,000 rows of history, a few milliseconds each. */
export const PORTION = 1000
/** A portion that takes longer is given up: the MES has better things to do. */
const TIMEOUT_MS = 5000

const PORTION_SQL = `
SELECT o.id::text AS id, o.customer_ref AS "customerRef", o.number,
  (SELECT sum(f.polygons) FROM mes.order_files AS f WHERE f.order_id = o.id)::text AS polygons,
  (SELECT json_object_agg(h.status, extract(epoch FROM h.changed_at) * 1000)
     FROM mes.order_status_history AS h WHERE h.order_id = o.id) AS entered
FROM (SELECT id, customer_ref, number FROM mes.orders WHERE id > $1 ORDER BY id LIMIT ${PORTION}) AS o
ORDER BY o.id`

interface Row {
  readonly id: string
  readonly customerRef: string
  readonly number: string
  readonly polygons: string | null
  readonly entered: Readonly<Record<string, number>> | null
}

export interface PastOrder {
  readonly passage: Passage
  /** Under which the MES knows its customer. */
  readonly customerRef: string
  /** As the customer knows it. */
  readonly orderNumber: string
}

/**
 * All orders after `afterId`, a portion at a time.
 * @param mes a connection of its own to the database of the MES; a role that may only read is enough
 */
export async function* pastOrders(mes: ClientBase, afterId = 0): AsyncGenerator<readonly PastOrder[]> {
  await mes.query(`SET default_transaction_read_only = on; SET statement_timeout = ${TIMEOUT_MS}`)
  for (let after = afterId; ;) {
    const { rows } = await mes.query<Row>(PORTION_SQL, [after])
    if (rows.length > 0) yield rows.map(pastOrder)
    if (rows.length < PORTION) return
    after = Number(rows.at(-1)?.id)
  }
}

function pastOrder({ id, customerRef, number, polygons, entered }: Row): PastOrder {
  const times: (number | undefined)[] = ORDER_STATES.map(() => undefined)
  for (const [state, at] of Object.entries(entered ?? {}))
    if (isOrderState(state)) times[rankOf(state)] = Math.round(at)
  const size = sizeClassOf(polygons === null ? undefined : Number(polygons))
  return { passage: { orderId: Number(id), size, entered: times }, customerRef, orderNumber: number }
}
