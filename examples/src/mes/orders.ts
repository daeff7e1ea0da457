import type { Database, Run } from '../database.ts'
import { nextState, rankOf, TAKEABLE, TAKEN } from '../data/states.ts'
import type { OrderState } from '../data/states.ts'
import { ApiError } from '../errors.ts'

export interface OrderCard {
  readonly id: number
  readonly number: string
  readonly source: 'SHOP' | 'B2B'
  readonly customerRef: string
  readonly status: OrderState
  /** How many states the order has entered; it only grows. */
  readonly version: number
  /** ISO 8601. */
  readonly changedAt: string
  readonly createdAt: string
  readonly dueAt: string
  readonly material: string
  readonly quantity: number
  readonly operatorId: number | null
  readonly operator: string | null
  readonly priceCents: number | null
  readonly files: readonly { readonly name: string; readonly sizeBytes: number; readonly polygons: number }[]
  readonly history: readonly { readonly status: OrderState; readonly changedAt: string }[]
}

export interface NewOrder {
  readonly customerRef: string
  readonly materialId: number
  readonly quantity: number
  readonly files: readonly { readonly name: string; readonly sizeBytes: number; readonly polygons: number }[]
}

const CARD = `
SELECT o.id, o.number, o.source, o.customer_ref AS "customerRef", h.status, h.version, h.changed_at AS "changedAt",
  o.created_at AS "createdAt", o.due_at AS "dueAt", m.name AS material, o.quantity, op.id AS "operatorId", op.name AS operator,
  (SELECT p.amount_cents FROM mes.order_prices AS p WHERE p.order_id = o.id ORDER BY p.id DESC LIMIT 1) AS "priceCents",
  (SELECT coalesce(json_agg(json_build_object('name', f.name, 'sizeBytes', f.size_bytes, 'polygons', f.polygons) ORDER BY f.id), '[]')
     FROM mes.order_files AS f WHERE f.order_id = o.id) AS files, h.history
FROM mes.orders AS o
  JOIN mes.materials AS m ON m.id = o.material_id
  CROSS JOIN LATERAL (
    SELECT max(status) AS status, count(*) AS version, (array_agg(changed_at ORDER BY status DESC))[1] AS changed_at,
      (array_agg(operator_id ORDER BY status DESC))[1] AS operator_id,
      json_agg(json_build_object('status', status, 'changedAt', changed_at) ORDER BY status) AS history
    FROM mes.order_status_history WHERE order_id = o.id
  ) AS h
  LEFT JOIN mes.operators AS op ON op.id = h.operator_id
WHERE o.id = $1`

/** The card of one order, from wherever `run` reads: a transaction sees its own writes. */
export async function orderCard(run: Run, orderId: number): Promise<OrderCard> {
  const [card] = await run<OrderCard>({ name: 'mes.order_card', text: CARD, values: [orderId] })
  if (card === undefined) throw new ApiError('order_not_found', `There is no order ${orderId}.`)
  return card
}

/** An operator takes an order that waits for one. Of any number who try at the same time, exactly one gets it. */
export async function takeOrder(db: Database, orderId: number, operatorId: number): Promise<OrderCard> {
  return await db.transaction(async (run) => {
    const status = await lockedState(run, orderId)
    await requireOperator(run, operatorId)
    if (status !== TAKEABLE) throw notTakeable(orderId, status)
    await enterState(run, orderId, { status: TAKEN, operatorId })
    return await orderCard(run, orderId)
  })
}

function notTakeable(orderId: number, status: OrderState): ApiError {
  return rankOf(status) > rankOf(TAKEABLE)
    ? new ApiError('order_taken', `Order ${orderId} was taken already; it is in ${status}.`)
    : new ApiError('wrong_transition', `Order ${orderId} is in ${status}; it can be taken in ${TAKEABLE}.`)
}

/** Moves an order on to the next state, never past it and never back. Taking it is a request of its own. */
export async function moveOrder(db: Database, orderId: number, status: OrderState): Promise<OrderCard> {
  if (status === TAKEN) {
    throw new ApiError(
      'wrong_transition',
      `${TAKEN} is entered by an operator: POST /api/orders/${orderId}/take.`,
      'body.status'
    )
  }
  return await db.transaction(async (run) => {
    const current = await lockedState(run, orderId)
    const next = nextState(current)
    if (status !== next) {
      const allowed = next === undefined ? 'nothing follows' : `only ${next} may follow`
      throw new ApiError(
        'wrong_transition',
        `Order ${orderId} is in ${current}; ${allowed}, not ${status}.`,
        'body.status'
      )
    }
    await enterState(run, orderId, { status, operatorId: undefined })
    return await orderCard(run, orderId)
  })
}

/** The state that is current for as long as the transaction holds the order's row. */
async function lockedState(run: Run, orderId: number): Promise<OrderState> {
  const text = 'SELECT id FROM mes.orders WHERE id = $1 FOR UPDATE'
  const [order] = await run<{ id: number }>({ name: 'mes.lock_order', text, values: [orderId] })
  if (order === undefined) throw new ApiError('order_not_found', `There is no order ${orderId}.`)
  const latest = 'SELECT max(status) AS status FROM mes.order_status_history WHERE order_id = $1'
  const [row] = await run<{ status: OrderState }>({ name: 'mes.state', text: latest, values: [orderId] })
  if (row === undefined) throw new Error(`order ${orderId} has no history`)
  return row.status
}

async function requireOperator(run: Run, operatorId: number): Promise<void> {
  const text = 'SELECT id FROM mes.operators WHERE id = $1'
  const rows = await run<{ id: number }>({ name: 'mes.operator', text, values: [operatorId] })
  if (rows.length === 0) {
    throw new ApiError(
      'unknown_reference',
      `There is no operator ${operatorId}; GET /api/operators lists them.`,
      'body.operatorId'
    )
  }
}

/** From packing on nobody works on the order; until then it stays with its operator. */
const ENTER = `
INSERT INTO mes.order_status_history (order_id, status, changed_at, operator_id)
SELECT $1, $2::mes.order_status, clock_timestamp(), coalesce($3::integer, (
  SELECT operator_id FROM mes.order_status_history WHERE order_id = $1 ORDER BY status DESC LIMIT 1))`

async function enterState(
  run: Run,
  orderId: number,
  entry: { readonly status: OrderState; readonly operatorId: number | undefined }
): Promise<void> {
  await run({
    name: 'mes.enter_state',
    text: ENTER,
    values: [orderId, entry.status, entry.operatorId ?? null]
  })
}

const CREATE = `
WITH made AS (
  INSERT INTO mes.orders (number, source, customer_ref, material_id, quantity, due_at, created_at)
  SELECT 'B-' || lpad(nextval('mes.b2b_number')::text, 7, '0'), 'B2B', $1, id, $3, now() + interval '21 days', now()
  FROM mes.materials WHERE id = $2 RETURNING id
), models AS (
  INSERT INTO mes.order_files (order_id, name, size_bytes, polygons)
  SELECT made.id, f.name, f."sizeBytes", f.polygons
  FROM made, json_to_recordset($4) AS f (name text, "sizeBytes" bigint, polygons integer)
), states AS (
  INSERT INTO mes.order_status_history (order_id, status, changed_at)
  SELECT made.id, s.status, clock_timestamp()
  FROM made, unnest(ARRAY['INITIATED', 'FILE_UPLOADED', 'SUBMITTED']::mes.order_status[]) AS s (status)
)
SELECT id FROM made`

/** An order of a B2B client: it comes with its files and is submitted at once. */
export async function createOrder(db: Database, order: NewOrder): Promise<OrderCard> {
  return await db.transaction(async (run) => {
    const values = [order.customerRef, order.materialId, order.quantity, JSON.stringify(order.files)]
    const [made] = await run<{ id: number }>({ name: 'mes.create_order', text: CREATE, values })
    if (made === undefined) {
      const sentence = `There is no material ${order.materialId}; GET /api/materials lists them.`
      throw new ApiError('unknown_reference', sentence, 'body.materialId')
    }
    return await orderCard(run, made.id)
  })
}
