/** What must hold of events after a bad day, as questions to the databases. */
import { ORDER_STATES } from '@alexandrite/orders'
import type pg from 'pg'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { BACKWARD, NUMBER, UNKNOWN } from './journeys.ts'
import { READER } from './reader.ts'

export interface Pools {
  readonly company: pg.Pool
  readonly orders: pg.Pool
  readonly customers: pg.Pool
}

interface Inbox {
  readonly consumer: string
  readonly schema: string
  readonly pool: keyof Pools
}

/** Everyone who reads events. */
export const INBOXES: readonly Inbox[] = [
  { consumer: READER, schema: READER, pool: 'orders' },
  { consumer: 'operators', schema: 'operators', pool: 'orders' },
  { consumer: 'customers', schema: 'customers', pool: 'customers' },
  { consumer: 'logistics', schema: 'logistics', pool: 'orders' },
  { consumer: 'crm', schema: 'crm', pool: 'orders' }
]

export async function one<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: readonly unknown[] = []
): Promise<Row> {
  const { rows } = await pool.query<Row>(text, [...values])
  const [row] = rows
  if (row === undefined) throw new Error('the database gave no row')
  return row
}

export const count = async (pool: pg.Pool, text: string, values: readonly unknown[] = []): Promise<number> =>
  (await one<{ count: number }>(pool, text, values)).count

/** By order: what was published, and what waits for the relay. */
const VERSIONS = ['mes', 'shop']
  .map(
    (source) => `SELECT '${source}' AS source, order_id, sum(events)::integer AS version FROM (
  SELECT order_id, version AS events FROM orders_outbox_${source}.order_version
  UNION ALL SELECT order_id, 1 FROM orders_outbox_${source}.event) AS noted GROUP BY order_id`
  )
  .join(' UNION ALL ')

/** Every event that the triggers noted. */
export const expectedEvents = ({ company }: Pools): Promise<number> =>
  count(company, `SELECT coalesce(sum(version), 0)::integer AS count FROM (${VERSIONS}) AS versions`)

/** Events that had their effect or are known not to have any, of whoever is furthest behind. */
export async function slowest(pools: Pools): Promise<number> {
  const all = await Promise.all(
    INBOXES.map(({ consumer, schema, pool }) =>
      count(
        pools[pool],
        `SELECT coalesce(sum(version), 0)::integer - (SELECT count(*) FROM ${schema}.inbox_kept)::integer AS count
FROM ${schema}.inbox_position WHERE consumer = $1 AND order_id <> $2`,
        [consumer, UNKNOWN]
      )
    )
  )
  return Math.min(...all)
}

export async function eventFindings(pools: Pools): Promise<Finding[]> {
  const [changes, events] = await Promise.all([changesOf(pools), expectedEvents(pools)])
  return [
    finding(
      'each change of an order has its event',
      changes === events,
      `${changes} changes, ${events} events`
    ),
    ...(await readerFindings(pools, events)),
    ...(await Promise.all(INBOXES.map((inbox) => inboxFinding(pools, inbox))))
  ]
}

/** Counted in the tables of the MES and of the Shop; an order of the Shop takes its states one after the other. */
const changesOf = ({ company }: Pools): Promise<number> =>
  count(
    company,
    `SELECT (SELECT count(*) FROM mes.orders WHERE number LIKE '${NUMBER}%')::integer +
  (SELECT count(*) FROM mes.order_status_history AS h JOIN mes.orders AS o ON o.id = h.order_id WHERE o.number LIKE '${NUMBER}%')::integer +
  (SELECT coalesce(sum(array_position($1::text[], status)), 0) FROM shop.orders)::integer AS count`,
    [ORDER_STATES]
  )

interface Seen {
  readonly seen: number
  readonly twice: number
  readonly disorder: number
}

async function readerFindings({ orders, company }: Pools, events: number): Promise<Finding[]> {
  const { seen, twice, disorder } = await one<Seen>(
    orders,
    `SELECT
  (SELECT count(DISTINCT (source, order_id, version))::integer FROM ${READER}.effect) AS seen,
  (SELECT count(*)::integer FROM (SELECT FROM ${READER}.effect GROUP BY source, order_id, version HAVING count(*) > 1) AS doubles) AS twice,
  (SELECT count(*)::integer FROM (SELECT version, lag(version) OVER (PARTITION BY source, order_id ORDER BY seq) AS before
    FROM ${READER}.effect) AS steps WHERE version < before) AS disorder`
  )
  const refused = await backwardEvents(company)
  return [
    finding(
      'no event is lost',
      seen === events - refused,
      `${seen} of ${events} had their effect, ${refused} was refused`
    ),
    finding('no effect happened twice', twice === 0, `${twice} twice`),
    finding('effects of an order came in order', disorder === 0, `${disorder} out of order`)
  ]
}

/** Events that say that an order went back: no consumer takes them. */
const backwardEvents = (company: pg.Pool): Promise<number> =>
  count(
    company,
    `SELECT count(*)::integer AS count FROM mes.order_status_history WHERE order_id = $1 AND status = 'FILE_UPLOADED'`,
    [BACKWARD]
  )

async function inboxFinding(pools: Pools, { consumer, schema, pool }: Inbox): Promise<Finding> {
  const { rows: given } = await pools.company.query<{ key: string; version: number }>(
    `SELECT source || ' ' || order_id AS key, version FROM (${VERSIONS}) AS versions`
  )
  const { rows: known } = await pools[pool].query<{ key: string; version: number }>(
    `SELECT source || ' ' || order_id AS key, version FROM ${schema}.inbox_position WHERE consumer = $1`,
    [consumer]
  )
  const positions = new Map(known.map(({ key, version }) => [key, version]))
  const behind = given.filter(({ key, version }) => positions.get(key) !== version).length
  const passed = await count(
    pools[pool],
    `SELECT count(*)::integer AS count FROM ${schema}.inbox_passed_over WHERE consumer = $1 AND order_id <> ALL ($2)`,
    [consumer, [UNKNOWN, BACKWARD]]
  )
  const { rows: kept } = await pools[pool].query<{ why: string; reason: string | null }>(
    `SELECT why, reason FROM ${schema}.inbox_kept WHERE consumer = $1`,
    [consumer]
  )
  const reasons = kept.map(({ why, reason }) => ` (${why}: ${reason ?? 'no reason'})`).slice(0, 3)
  return finding(
    `${consumer} has had every event of every order`,
    behind === 0 && passed === 0 && kept.length === 0,
    `${given.length} orders: ${behind} behind, ${passed} versions passed over, ${kept.length} left in the inbox${reasons.join('')}`
  )
}
