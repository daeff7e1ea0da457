/** What must hold of messages after a bad day. */
import { messageIdOf } from '@alexandrite/orders/notices/email'
import type pg from 'pg'
import { count } from './checks.ts'
import type { Pools } from './checks.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { DWELLS_IN } from './journeys.ts'
import { TIMED_LEVELS, TOLD_OF_EACH } from './rules.ts'
import { MAIL_FROM } from './services.ts'
import type { Told } from './told.ts'

export interface Expected {
  /** Orders that dwelled until somebody was told. */
  readonly dwelling: readonly number[]
  /** Those of them whose customers are known. */
  readonly known: readonly number[]
}

/** Whether nothing is left to be told. */
export async function allTold({ orders, customers }: Pools, { dwelling, known }: Expected): Promise<boolean> {
  const [{ missing }, tellings, waiting] = await Promise.all([
    missingNotices(orders, dwelling),
    toldCustomers(customers, known),
    Promise.all([orders, customers].map(waitingMessages))
  ])
  return missing === 0 && tellings === known.length && waiting.every((number) => number === 0)
}

export async function toldFindings(pools: Pools, told: Told, expected: Expected): Promise<Finding[]> {
  const { orders, customers } = pools
  const { dwelling, known } = expected
  const { missing, overtaken } = await missingNotices(orders, dwelling)
  const reached = await toldCustomers(customers, known)
  const approved = await count(
    pools.company,
    `SELECT count(*)::integer AS count FROM mes.order_status_history AS h JOIN orders_outbox_mes.order_version AS v USING (order_id)
WHERE h.status = '${DWELLS_IN}'`
  )
  const news = await count(
    orders,
    `SELECT count(*)::integer AS count FROM notices.notice WHERE template = 'new' AND sender = 'operators'`
  )
  return [
    finding(
      'operators and their lead are told of every order that nobody takes',
      missing === 0,
      `${dwelling.length} orders, ${dwelling.length * TOLD_OF_EACH.length} notices: ${missing} missing, ${overtaken} of a level that a worse one overtook`
    ),
    finding('each new order is one notice', news === approved, `${news} notices, ${approved} orders`),
    finding(
      'every customer whose date moved is told',
      reached === known.length,
      `${reached} of ${known.length} orders; ${await tellingsOf(customers)} messages`
    ),
    await tellingFinding(customers),
    await deliveryFinding('operators', orders, told),
    await deliveryFinding('customers', customers, told)
  ]
}

interface Wanted {
  readonly key: string
  readonly order: number
  readonly level: string
}

const wantedOf = (order: number): Wanted[] =>
  TOLD_OF_EACH.map(([level, channel, to]) => ({
    ...{ order, level },
    key: `operators/order/${order}/${DWELLS_IN}/${level}/${channel}/${to}`
  }))

interface Missing {
  /** Notices that are not there, or not within a message that was sent. */
  readonly missing: number
  /** Of a level that was reached when a worse one had been: two services fire timers that are late side by side. */
  readonly overtaken: number
}

async function missingNotices(orders: pg.Pool, dwelling: readonly number[]): Promise<Missing> {
  const wanted = dwelling.flatMap(wantedOf)
  const { rows } = await orders.query<{ key: string }>(
    `SELECT n.key FROM notices.notice AS n JOIN notices.message AS m ON m.key = n.message
WHERE n.key = ANY ($1) AND m.state = 'sent' AND n.silenced_at IS NULL`,
    [wanted.map(({ key }) => key)]
  )
  const sent = new Set(rows.map(({ key }) => key))
  const unsent = wanted.filter(({ key }) => !sent.has(key))
  const firings = await firingsOf(orders)
  const overtaken = unsent.filter((one) => isOvertaken(one, firings)).length
  return { missing: unsent.length - overtaken, overtaken }
}

/** When the timers of orders that dwell fired, in milliseconds since 1970. */
async function firingsOf(orders: pg.Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await orders.query<{ key: string; at: Date }>(
    `SELECT key, ended_at AS at FROM timers.timer WHERE state = 'fired' AND payload->>'matter' = '${DWELLS_IN}'`
  )
  return new Map(rows.map(({ key, at }) => [key, at.getTime()]))
}

function isOvertaken({ order, level }: Wanted, firings: ReadonlyMap<string, number>): boolean {
  const firedAt = (name: string) => firings.get(`operators/order/${order}/${DWELLS_IN}/${name}`) ?? Infinity
  const place = TIMED_LEVELS.findIndex((name) => name === level)
  return place >= 0 && TIMED_LEVELS.slice(place + 1).some((worse) => firedAt(worse) <= firedAt(level))
}

const waitingMessages = (pool: pg.Pool): Promise<number> =>
  count(
    pool,
    `SELECT (SELECT count(*) FROM notices.message WHERE state = 'waiting')::integer +
  (SELECT count(*) FROM notices.notice WHERE message IS NULL AND silenced_at IS NULL)::integer AS count`
  )

const toldCustomers = (customers: pg.Pool, known: readonly number[]): Promise<number> =>
  count(
    customers,
    `SELECT count(DISTINCT order_id)::integer AS count FROM customers.telling WHERE outcome = 'queued' AND order_id = ANY ($1)`,
    [known]
  )

export const tellingsOf = (customers: pg.Pool): Promise<number> =>
  count(customers, `SELECT count(*)::integer AS count FROM customers.telling WHERE outcome = 'queued'`)

/** Each change of a date is one notice: numbers without a hole, keys without a double. */
async function tellingFinding(customers: pg.Pool): Promise<Finding> {
  const holes = await count(
    customers,
    `SELECT count(*)::integer AS count FROM (SELECT order_id FROM customers.telling
GROUP BY order_id HAVING min(number) <> 1 OR max(number) <> count(*)) AS holes`
  )
  const unmatched = await count(
    customers,
    `SELECT count(*)::integer AS count FROM (SELECT 'customers/order/' || order_id || '/' || number AS key
FROM customers.telling WHERE outcome = 'queued') AS t FULL JOIN notices.notice AS n USING (key) WHERE t.key IS NULL OR n.key IS NULL`
  )
  return finding(
    'each change of a date is one message to its customer',
    holes === 0 && unmatched === 0,
    `${holes} orders with a hole in their count, ${unmatched} changes without a notice or notices without a change`
  )
}

interface Sent {
  readonly key: string
  readonly channel: string
  readonly state: string
}

/** Delivery is at least once with a key: whoever drops a repeated key has each message once. */
async function deliveryFinding(who: string, pool: pg.Pool, told: Told): Promise<Finding> {
  const { rows } = await pool.query<Sent>('SELECT key, channel, state FROM notices.message')
  const mails = told.mails()
  const deliveries = rows.map(({ key, channel, state }) => ({
    state,
    times: (channel === 'email' ? mails.get(messageIdOf(key, MAIL_FROM)) : told.chats.get(key)) ?? 0
  }))
  const sent = deliveries.filter(({ state }) => state === 'sent')
  const lost = sent.filter(({ times }) => times === 0).length
  const dead = deliveries.filter(({ state }) => state === 'dead' || state === 'waiting').length
  const again = sent.reduce((sum, { times }) => sum + Math.max(0, times - 1), 0)
  return finding(
    `every message to ${who} arrived, exactly once by its key`,
    lost === 0 && dead === 0 && sent.length > 0,
    `${sent.length} messages: ${lost} lost, ${dead} given up or left; ${again} delivered again with the same key`
  )
}

/** Nobody is told what no service has put down. */
export async function strangersFinding({ orders, customers }: Pools, told: Told): Promise<Finding> {
  const keys: string[] = []
  for (const pool of [orders, customers])
    keys.push(
      ...(await pool.query<{ key: string }>('SELECT key FROM notices.message')).rows.map(({ key }) => key)
    )
  const known = new Set([...keys, ...keys.map((key) => messageIdOf(key, MAIL_FROM))])
  const strangers = [...told.chats.keys(), ...told.mails().keys()].filter((key) => !known.has(key)).length
  return finding(
    'nothing arrived that was not to be told',
    strangers === 0,
    `${strangers} keys that nobody knows`
  )
}
