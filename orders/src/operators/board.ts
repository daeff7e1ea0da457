/** The board: orders as the page shows them, kept by what the MES says; every change is pushed. */
import type { ClientBase } from 'pg'
import type { OrderState } from '../order.ts'
import type { OrderChange } from './change.ts'
import type { AlarmLevel, OrderView } from './view.ts'

/** A row of the board, locked by the transaction that reads it. */
export interface BoardRow {
  readonly orderId: number
  readonly number: string | null
  readonly status: OrderState
  readonly enteredAt: Date
  readonly submittedAt: Date | null
  readonly promisedAt: Date | null
  readonly overdueAt: Date | null
  readonly level: AlarmLevel | null
  readonly promiseLevel: AlarmLevel | null
  readonly acknowledgedBy: number | null
}

const ROW = `order_id AS "orderId", number, status, entered_at AS "enteredAt", submitted_at AS "submittedAt",
  promised_at AS "promisedAt", overdue_at AS "overdueAt", level, promise_level AS "promiseLevel",
  acknowledged_by AS "acknowledgedBy"`

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`
const iso = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', ${ISO})`

/** The OrderView of a row of the board, as JSON. */
export const VIEW = `json_build_object('id', order_id, 'number', number, 'status', status,
  'enteredAt', ${iso('entered_at')}, 'promisedAt', ${iso('promised_at')}, 'quantity', quantity,
  'operatorId', operator_id, 'dueSoonAt', ${iso('due_soon_at')}, 'overdueAt', ${iso('overdue_at')},
  'level', level, 'promiseLevel', promise_level, 'acknowledgedBy', acknowledged_by, 'revision', revision)`

export async function lockRow(transaction: ClientBase, orderId: number): Promise<BoardRow | undefined> {
  const { rows } = await transaction.query<BoardRow>({
    name: 'board lock',
    text: `SELECT ${ROW} FROM operators.board WHERE order_id = $1 FOR UPDATE`,
    values: [orderId]
  })
  return rows[0]
}

/** A new row in that state, unless somebody made one just now. @returns whether it did */
export async function addRow(transaction: ClientBase, change: OrderChange): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'board add',
    text: `INSERT INTO operators.board (order_id, number, status, entered_at, promised_at, quantity, operator_id, revision)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (order_id) DO NOTHING`,
    values: values(change)
  })
  return rowCount === 1
}

const values = ({
  orderId,
  number,
  status,
  at,
  promisedAt,
  quantity,
  operatorId
}: OrderChange): unknown[] => [
  ...[orderId, number ?? null, status, at, promisedAt ?? null, quantity ?? null, operatorId ?? null]
]

/** The order entered a state: its deadlines begin anew. */
export async function enterRow(
  transaction: ClientBase,
  change: OrderChange,
  dues: { readonly dueSoonAt: Date | null; readonly overdueAt: Date | null }
): Promise<void> {
  await transaction.query({
    name: 'board enter',
    text: `UPDATE operators.board SET number = coalesce($2, number), status = $3, entered_at = $4,
       submitted_at = CASE WHEN $3 = 'SUBMITTED' THEN $4 ELSE submitted_at END,
       promised_at = coalesce($5, promised_at), quantity = coalesce($6, quantity),
       operator_id = coalesce($7, operator_id), due_soon_at = $8, overdue_at = $9, level = NULL,
       acknowledged_by = NULL, revision = revision + 1 WHERE order_id = $1`,
    values: [...values(change), dues.dueSoonAt, dues.overdueAt]
  })
}

/** Its state is known already; what else is said fills in. @returns whether anything changed */
export async function fillRow(transaction: ClientBase, change: OrderChange): Promise<boolean> {
  const { orderId, number, promisedAt, quantity, operatorId } = change
  const { rowCount } = await transaction.query({
    name: 'board fill',
    text: `UPDATE operators.board SET number = coalesce($2, number), promised_at = coalesce($3, promised_at),
       quantity = coalesce($4, quantity), operator_id = coalesce($5, operator_id), revision = revision + 1
     WHERE order_id = $1 AND (number, promised_at, quantity, operator_id) IS DISTINCT FROM
       (coalesce($2, number), coalesce($3, promised_at), coalesce($4, quantity), coalesce($5, operator_id))`,
    values: [orderId, number ?? null, promisedAt ?? null, quantity ?? null, operatorId ?? null]
  })
  return rowCount === 1
}

/** Raises the alarm of the state or of the promise. */
export async function raiseRow(
  transaction: ClientBase,
  orderId: number,
  alarm: { readonly of: 'level' | 'promise_level'; readonly level: AlarmLevel }
): Promise<void> {
  await transaction.query(
    `UPDATE operators.board SET ${alarm.of} = $2, revision = revision + 1 WHERE order_id = $1`,
    [orderId, alarm.level]
  )
}

/** @returns the order, or undefined when it is unknown or has no alarm that could be acknowledged */
export async function acknowledgeRow(
  transaction: ClientBase,
  orderId: number,
  operatorId: number
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `UPDATE operators.board SET acknowledged_by = $2, revision = revision + 1
     WHERE order_id = $1 AND (level IS NOT NULL OR promise_level IS NOT NULL)`,
    [orderId, operatorId]
  )
  return rowCount === 1
}

/** Tells every open page how the order is now. */
export async function pushRow(transaction: ClientBase, orderId: number): Promise<OrderView | undefined> {
  const { rows } = await transaction.query<{ view: OrderView }>({
    name: 'board push',
    text: `INSERT INTO operators.feed (view) SELECT ${VIEW} FROM operators.board WHERE order_id = $1 RETURNING view`,
    values: [orderId]
  })
  return rows[0]?.view
}
