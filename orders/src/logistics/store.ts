/** What is known of pieces, in PostgreSQL: the pure steps of `parcel.ts` under a lock of the order's row. */
import { createHash } from 'node:crypto'
import type { ClientBase, Pool } from 'pg'
import { transaction } from '../service/database.ts'
import type { Callback } from './callback.ts'
import { hear } from './parcel.ts'
import type { Heard, Milestone, Parcel } from './parcel.ts'
import type { Refusal } from './signature.ts'

interface Row {
  readonly packed_at: Date | null
  readonly handed_at: Date | null
  readonly accepted_at: Date | null
  readonly delivered_at: Date | null
}

const COLUMNS = {
  packed: 'packed_at',
  handed: 'handed_at',
  accepted: 'accepted_at',
  delivered: 'delivered_at'
} as const satisfies Record<Milestone, keyof Row>

const MILESTONES_OF = {
  'parcel.accepted': 'accepted',
  'parcel.delivered': 'delivered'
} as const satisfies Record<Callback['type'], Milestone>

/** Puts one moment down, in the caller's transaction; makes the row when nobody told of the order before. */
export async function put(
  client: ClientBase,
  orderId: number,
  milestone: Milestone,
  at: number
): Promise<Heard> {
  await client.query('INSERT INTO logistics.parcel (order_id) VALUES ($1) ON CONFLICT DO NOTHING', [orderId])
  const { rows } = await client.query<Row>(
    'SELECT packed_at, handed_at, accepted_at, delivered_at FROM logistics.parcel WHERE order_id = $1 FOR UPDATE',
    [orderId]
  )
  const heard = hear(parcelOf(rows[0]), milestone, at)
  const column = COLUMNS[milestone]
  const close = heard.delivered ? ', close_after = clock_timestamp()' : ''
  await client.query(
    `UPDATE logistics.parcel SET ${column} = $2${close} WHERE order_id = $1 AND ${column} IS NULL`,
    [orderId, new Date(at)]
  )
  return heard
}

const parcelOf = (row: Row | undefined): Parcel =>
  Object.fromEntries(
    Object.entries(COLUMNS).flatMap(([milestone, column]) => {
      const at = row?.[column]
      return at == null ? [] : [[milestone, at.getTime()]]
    })
  )

/** Closed by whomever: nothing is left to do. */
export async function putClosed(client: ClientBase, orderId: number): Promise<void> {
  await client.query(
    `INSERT INTO logistics.parcel (order_id, closed_at) VALUES ($1, clock_timestamp())
     ON CONFLICT (order_id) DO UPDATE SET closed_at = coalesce(parcel.closed_at, excluded.closed_at), close_after = NULL`,
    [orderId]
  )
}

export const isKnown = async (pool: Pool, orderId: number): Promise<boolean> =>
  (await pool.query('SELECT FROM logistics.parcel WHERE order_id = $1', [orderId])).rowCount === 1

export interface KnownCall {
  readonly carrier: string
  readonly id: string
}

/** `Repeated`: a call with this id of this carrier had its effect before. */
export type Put = { readonly kind: 'Put'; readonly heard: Heard } | { readonly kind: 'Repeated' }

/** A genuine call and its effect, both or neither, once. */
export const putCall = (pool: Pool, { carrier, id }: KnownCall, callback: Callback): Promise<Put> =>
  transaction(pool, async (client) => {
    const { type, orderId, occurredAt } = callback
    const { rowCount } = await client.query(
      `INSERT INTO logistics.call (carrier, id, type, order_id, occurred_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [carrier, id, type, orderId, new Date(occurredAt)]
    )
    if (rowCount === 0) return { kind: 'Repeated' }
    return { kind: 'Put', heard: await put(client, orderId, MILESTONES_OF[type], occurredAt) }
  })

/** Refused calls of strangers must not fill the disk: the latest of these are kept. */
const REFUSED_MOST = 10_000

/** For inspection: why, from whom, how large, and the body's fingerprint; nothing of what was in it. */
export async function putRefused(
  pool: Pool,
  { reason, sentence }: Refusal,
  body: Buffer,
  carrier: string | undefined
): Promise<void> {
  const fingerprint = createHash('sha256').update(body).digest('hex')
  const { rows } = await pool.query<{ number: number }>(
    `INSERT INTO logistics.refused_call (reason, sentence, carrier, body_bytes, body_sha256)
     VALUES ($1, $2, $3, $4, $5) RETURNING number`,
    [reason, sentence, carrier ?? null, body.length, fingerprint]
  )
  const number = rows[0]?.number ?? 0
  if (number % 100 === 0)
    await pool.query('DELETE FROM logistics.refused_call WHERE number <= $1', [number - REFUSED_MOST])
}

/** Ids of calls older than this are forgotten: a replay of theirs is refused by its time. */
export async function forgetCalls(pool: Pool, days: number): Promise<void> {
  await pool.query(
    'DELETE FROM logistics.call WHERE heard_at < clock_timestamp() - make_interval(days => $1)',
    [days]
  )
}

export interface WaitingPiece {
  readonly orderId: number
  /** ISO 8601. */
  readonly handedAt: string
  readonly waitingSeconds: number
}

const WAITING = 'handed_at IS NOT NULL AND accepted_at IS NULL AND delivered_at IS NULL AND closed_at IS NULL'

/** The oldest first. */
export async function waitingPieces(pool: Pool, limit: number): Promise<WaitingPiece[]> {
  const { rows } = await pool.query<{ order_id: number; handed_at: Date; seconds: number }>(
    `SELECT order_id, handed_at, greatest(0, extract(epoch FROM clock_timestamp() - handed_at))::float8 AS seconds
     FROM logistics.parcel WHERE ${WAITING} ORDER BY handed_at, order_id LIMIT $1`,
    [limit]
  )
  return rows.map(({ order_id, handed_at, seconds }) => ({
    orderId: order_id,
    handedAt: handed_at.toISOString(),
    waitingSeconds: Math.round(seconds)
  }))
}

export interface WaitingSummary {
  readonly waiting: number
  readonly oldestSeconds: number
  /** Delivered, and not yet closed. */
  readonly toClose: number
}

export async function waitingSummary(pool: Pool): Promise<WaitingSummary> {
  const { rows } = await pool.query<{ waiting: number; oldest: number; to_close: number }>(
    `SELECT (SELECT count(*) FROM logistics.parcel WHERE ${WAITING}) AS waiting,
       (SELECT greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(handed_at)), 0))::float8
          FROM logistics.parcel WHERE ${WAITING}) AS oldest,
       (SELECT count(*) FROM logistics.parcel WHERE close_after IS NOT NULL) AS to_close`
  )
  const [row] = rows
  return { waiting: row?.waiting ?? 0, oldestSeconds: row?.oldest ?? 0, toClose: row?.to_close ?? 0 }
}
