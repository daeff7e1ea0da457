import type { Database } from '../database.ts'
import type { OrderState } from '../data/states.ts'

export const PAGE_SIZE = 25

export interface DashboardOrder {
  readonly id: number
  readonly number: string
  readonly source: 'SHOP' | 'B2B'
  readonly status: OrderState
  /** How many states the order has entered; it only grows. */
  readonly version: number
  /** ISO 8601. */
  readonly changedAt: string
  readonly dueAt: string
  readonly material: string
  readonly quantity: number
  readonly operator: string | null
  readonly files: number
  readonly polygons: number
  readonly priceCents: number | null
}

export interface DashboardPage {
  readonly status: OrderState
  readonly page: number
  readonly pages: number
  readonly total: number
  readonly orders: readonly DashboardOrder[]
}

/**
 * The page with the orders, as the MES was bought. The state of an order is the last row of its history, so the
 * database derives the state of every order that ever was before it can keep those of one state, and counts all
 * of them for the number of pages. Neither the filter nor the pagination makes that any less, and it grows with
 * every month.
 */
const DASHBOARD = `
WITH latest AS (
  SELECT order_id, max(status) AS status, count(*) AS version FROM mes.order_status_history GROUP BY order_id
), model AS (
  SELECT order_id, count(*) AS files, sum(polygons) AS polygons FROM mes.order_files GROUP BY order_id
), price AS (
  SELECT order_id, max(id) AS id FROM mes.order_prices GROUP BY order_id
), dashboard AS (
  SELECT o.id, o.number, o.source, latest.status, latest.version, h.changed_at AS "changedAt", o.due_at AS "dueAt",
    m.name AS material, o.quantity, op.name AS operator, coalesce(model.files, 0) AS files,
    coalesce(model.polygons, 0) AS polygons, p.amount_cents AS "priceCents"
  FROM latest
    JOIN mes.orders AS o ON o.id = latest.order_id
    JOIN mes.order_status_history AS h ON h.order_id = o.id AND h.status = latest.status
    JOIN mes.materials AS m ON m.id = o.material_id
    LEFT JOIN model ON model.order_id = o.id
    LEFT JOIN price ON price.order_id = o.id
    LEFT JOIN mes.order_prices AS p ON p.id = price.id
    LEFT JOIN mes.operators AS op ON op.id = h.operator_id
  WHERE latest.status = $1
)
SELECT counted.total, paged.*
FROM (SELECT count(*) AS total FROM dashboard) AS counted
  LEFT JOIN (SELECT * FROM dashboard ORDER BY "changedAt" DESC, id DESC LIMIT $2 OFFSET $3) AS paged ON true
ORDER BY paged."changedAt" DESC, paged.id DESC`

/** A page past the end is one row of nothing but the total. */
type Row = (DashboardOrder | { readonly id: null }) & { readonly total: number }

/** One page of the orders in a state, those that entered it last first. */
export async function dashboard(db: Database, status: OrderState, page: number): Promise<DashboardPage> {
  const values = [status, PAGE_SIZE, (page - 1) * PAGE_SIZE]
  const rows = await db.query<Row>({ name: 'mes.dashboard', text: DASHBOARD, values })
  const total = rows[0]?.total ?? 0
  return { status, page, pages: Math.ceil(total / PAGE_SIZE), total, orders: rows.flatMap(withoutTotal) }
}

const withoutTotal = ({ total: _, ...order }: Row): DashboardOrder[] => (order.id === null ? [] : [order])
