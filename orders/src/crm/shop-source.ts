/** The Shop's orders with the version of the last event of each, read by a role that can do nothing else. */
import type { Pool } from 'pg'
import { schemaOf } from '../outbox/sources.ts'
import { toReadOrder } from './read-model.ts'
import type { ReadOrderRow } from './read-model.ts'
import type { OrderSource } from './source.ts'

/** Schema of the Shop's outbox; its triggers note an event in the transaction of the change. */
export const SHOP_OUTBOX = schemaOf('shop')

/**
 * The version is that of the order's last event, which may still wait for the relay. Each is one statement, and so order
 * and version are of one moment.
 */
const SELECT = `
SELECT o.id, o.customer_id, o.status, o.created_at, o.quantity,
  coalesce(v.version, 0) + coalesce(waiting.events, 0) AS version
FROM shop.orders AS o LEFT JOIN ${SHOP_OUTBOX}.order_version AS v ON v.order_id = o.id
LEFT JOIN (SELECT order_id, count(*)::integer AS events FROM ${SHOP_OUTBOX}.event GROUP BY order_id) AS waiting
  ON waiting.order_id = o.id`

export const shopSource = (shop: Pool): OrderSource => ({
  page: async (after, limit) => {
    const text = `${SELECT} WHERE o.id > $1 ORDER BY o.id LIMIT $2`
    return (await shop.query<ReadOrderRow>(text, [after, limit])).rows.map(toReadOrder)
  },
  orders: async (ids) => {
    const text = `${SELECT} WHERE o.id = ANY ($1::bigint[])`
    return (await shop.query<ReadOrderRow>(text, [ids])).rows.map(toReadOrder)
  },
  backlog: async () => {
    const { rows } = await shop.query<{ events: number; oldest: number }>(
      `SELECT count(*)::float8 AS events,
  coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS oldest FROM ${SHOP_OUTBOX}.event`
    )
    return { events: rows[0]?.events ?? 0, oldestSeconds: rows[0]?.oldest ?? 0 }
  }
})
