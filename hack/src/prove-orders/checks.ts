/** What must hold after a bad day, as questions to both databases. */
import pg from 'pg'
import { READER } from './reader.ts'

export interface Finding {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** How many effects there should be: every version that the triggers gave. */
export async function expectedEffects(mes: pg.Pool): Promise<number> {
  const { rows } = await mes.query<{ count: number }>(
    'SELECT coalesce(sum(version), 0)::integer AS count FROM orders_outbox_mes.order_version'
  )
  return rows[0]?.count ?? 0
}

export async function effects(orders: pg.Pool): Promise<number> {
  const { rows } = await orders.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM ${READER}.effect`
  )
  return rows[0]?.count ?? 0
}

export async function findings(mes: pg.Pool, orders: pg.Pool): Promise<Finding[]> {
  const [changes, expected, seen] = await Promise.all([
    changesOf(mes),
    expectedEffects(mes),
    effectsOf(orders)
  ])
  const number = (of: Pick<typeof seen, 'twice' | 'disorder' | 'gaps' | 'waiting'>, name: keyof typeof of) =>
    of[name]
  return [
    finding(
      'each change of an order has its event',
      changes === expected,
      `${changes} changes, ${expected} events`
    ),
    finding(
      'no event is lost',
      seen.distinct === expected,
      `${seen.distinct} of ${expected} had their effect`
    ),
    finding('no effect happened twice', number(seen, 'twice') === 0, `${seen.twice} twice`),
    finding(
      'effects of an order came in order',
      number(seen, 'disorder') === 0,
      `${seen.disorder} out of order`
    ),
    finding('no version was passed over', number(seen, 'gaps') === 0, `${seen.gaps} passed over`),
    finding('nothing is left in the inbox', number(seen, 'waiting') === 0, `${seen.waiting} left`)
  ]
}

export const finding = (name: string, ok: boolean, detail: string): Finding => ({ name, ok, detail })

/** Counted in the tables of the MES itself. */
async function changesOf(mes: pg.Pool): Promise<number> {
  const { rows } = await mes.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM mes.orders WHERE number LIKE 'P-%')::integer +
  (SELECT count(*) FROM mes.order_status_history AS h JOIN mes.orders AS o ON o.id = h.order_id WHERE o.number LIKE 'P-%')::integer AS count`
  )
  return rows[0]?.count ?? 0
}

interface Seen {
  readonly distinct: number
  readonly twice: number
  readonly disorder: number
  readonly gaps: number
  readonly waiting: number
}

async function effectsOf(orders: pg.Pool): Promise<Seen> {
  const { rows } = await orders.query<Seen>(`SELECT
  (SELECT count(DISTINCT (order_id, version))::integer FROM ${READER}.effect) AS distinct,
  (SELECT count(*)::integer FROM (SELECT FROM ${READER}.effect GROUP BY order_id, version HAVING count(*) > 1) AS doubles) AS twice,
  (SELECT count(*)::integer FROM (SELECT version, lag(version) OVER (PARTITION BY order_id ORDER BY seq) AS before
    FROM ${READER}.effect) AS steps WHERE version < before) AS disorder,
  (SELECT count(*)::integer FROM ${READER}.inbox_passed_over) AS gaps,
  (SELECT count(*)::integer FROM ${READER}.inbox_kept) AS waiting`)
  return rows[0] ?? { distinct: 0, twice: 0, disorder: 0, gaps: 0, waiting: 0 }
}
