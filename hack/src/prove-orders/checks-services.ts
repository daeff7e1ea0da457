/** What must hold of the CRM's copy and of logistics after a bad day. */
import type pg from 'pg'
import { count } from './checks.ts'
import type { Pools } from './checks.ts'
import type { Carrier } from './carrier.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'

/** Both sides as text, row by row. */
const ROW = `customer_id || ' ' || status || ' ' || quantity || ' ' || date_trunc('milliseconds', created_at)`

export async function copyFinding({ company, orders }: Pools): Promise<Finding> {
  const [source, copy] = await Promise.all([
    rowsOf(company, `SELECT id::text AS id, ${ROW} AS row FROM shop.orders`),
    rowsOf(orders, `SELECT order_id::text AS id, ${ROW} AS row FROM crm.orders`)
  ])
  const different = [...source].filter(([id, row]) => copy.get(id) !== row).length
  const extra = [...copy.keys()].filter((id) => !source.has(id)).length
  return finding(
    'the CRM’s copy is what the Shop has, without a repair',
    different === 0 && extra === 0 && source.size > 0,
    `${source.size} orders: ${different} different, ${extra} too many`
  )
}

async function rowsOf(pool: pg.Pool, text: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ id: string; row: string }>(text)
  return new Map(rows.map(({ id, row }) => [id, row]))
}

/** Orders that were delivered and are not closed yet. */
export const toClose = ({ orders }: Pools): Promise<number> =>
  count(orders, 'SELECT count(*)::integer AS count FROM logistics.parcel WHERE close_after IS NOT NULL')

export async function logisticsFindings({ orders, company }: Pools, carrier: Carrier): Promise<Finding[]> {
  const { delivered, puts } = carrier
  const known = await count(
    orders,
    `SELECT count(*)::integer AS count FROM logistics.parcel WHERE order_id = ANY ($1)
AND num_nonnulls(packed_at, handed_at, accepted_at, delivered_at, closed_at) = 5`,
    [delivered]
  )
  const closed = await count(
    company,
    `SELECT count(*)::integer AS count FROM mes.order_status_history WHERE status = 'CLOSED' AND order_id = ANY ($1)`,
    [delivered]
  )
  const twice = [...puts.values()].filter((times) => times > 1).length
  const calls = await count(orders, 'SELECT count(*)::integer AS count FROM logistics.call')
  return [
    finding(
      'a carrier’s call has its effect once',
      twice === 0 && calls === 2 * delivered.length && delivered.length > 0,
      `${calls} calls of ${delivered.length} orders, ${twice} with a second effect`
    ),
    finding(
      'what was delivered is known with all its moments, and closed in the MES',
      known === delivered.length && closed === delivered.length,
      `${known} known, ${closed} closed of ${delivered.length}`
    )
  ]
}
