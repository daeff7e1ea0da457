/** The CRM's copy of orders in PostgreSQL. Whoever writes brings a version, and an older one never replaces a newer. */
import type { Pool, PoolClient } from 'pg'
import type { OrderState } from '../order.ts'
import type { ReadOrder } from './read-order.ts'

/** A pool, or the client of a transaction. */
export type Sql = Pick<Pool | PoolClient, 'query'>

/** What an order's owner may be shown: a list is as long as the old CRM's. */
const ORDERS_LIMIT = 100

/** Rows of both sides have these columns. */
export interface ReadOrderRow {
  readonly id: string | number
  readonly customer_id: number
  readonly status: OrderState
  readonly created_at: Date
  readonly quantity: number
  readonly version: string | number
}

export const toReadOrder = (row: ReadOrderRow): ReadOrder => ({
  id: Number(row.id),
  customerId: row.customer_id,
  status: row.status,
  createdAt: row.created_at.toISOString(),
  quantity: row.quantity,
  version: Number(row.version)
})

const COLUMNS = 'order_id AS id, customer_id, status, created_at, quantity, version'

/** `Newer` writes nothing over an equal or newer version; `Repair` writes over an equal one too. */
export type Over = 'Newer' | 'Repair'

const write = (than: '<' | '<='): string => `
INSERT INTO crm.orders AS o (order_id, customer_id, status, created_at, quantity, version)
SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::timestamptz[], $5::integer[], $6::bigint[])
ON CONFLICT (order_id) DO UPDATE SET customer_id = excluded.customer_id, status = excluded.status,
  created_at = excluded.created_at, quantity = excluded.quantity, version = excluded.version, updated_at = now()
WHERE o.version ${than} excluded.version`

const WRITE: Readonly<Record<Over, string>> = { Newer: write('<'), Repair: write('<=') }

/** Writes orders where they are newer than what is there, in one statement; returns how many were. */
export async function writeOrders(
  sql: Sql,
  orders: readonly ReadOrder[],
  over: Over = 'Newer'
): Promise<number> {
  if (orders.length === 0) return 0
  // Rows in one order of ids: two writers at once then never wait for each other in a circle.
  const sorted = [...orders].sort((a, b) => a.id - b.id)
  const column = <Key extends keyof ReadOrder>(key: Key) => sorted.map((order) => order[key])
  const values = [
    column('id'),
    column('customerId'),
    column('status'),
    column('createdAt'),
    column('quantity'),
    column('version')
  ]
  return (await sql.query(WRITE[over], values)).rowCount ?? 0
}

/** Removes an order, or a version of it that the source never had, if it is still as it was seen. */
export async function removeOrder(
  sql: Sql,
  { id, version }: Pick<ReadOrder, 'id' | 'version'>
): Promise<void> {
  await sql.query('DELETE FROM crm.orders WHERE order_id = $1 AND version = $2', [id, version])
}

/** The next orders after an id, in the order of their ids. */
export async function modelPage(
  sql: Sql,
  range: { readonly after: number; readonly upTo: number }
): Promise<ReadOrder[]> {
  const text = `SELECT ${COLUMNS} FROM crm.orders WHERE order_id > $1 AND order_id <= $2 ORDER BY order_id`
  return (await sql.query<ReadOrderRow>(text, [range.after, range.upTo])).rows.map(toReadOrder)
}

export async function modelOrders(sql: Sql, ids: readonly number[]): Promise<ReadOrder[]> {
  const text = `SELECT ${COLUMNS} FROM crm.orders WHERE order_id = ANY ($1::bigint[])`
  return (await sql.query<ReadOrderRow>(text, [ids])).rows.map(toReadOrder)
}

/** A customer's latest orders, the newest first. */
export async function ordersOfCustomer(sql: Sql, customerId: number): Promise<ReadOrder[]> {
  const text = `SELECT ${COLUMNS} FROM crm.orders WHERE customer_id = $1 ORDER BY order_id DESC LIMIT ${ORDERS_LIMIT}`
  return (await sql.query<ReadOrderRow>(text, [customerId])).rows.map(toReadOrder)
}
