/** Where the CRM has orders from, and how it sets their states: the Shop's tables of old, or its own read model. */
import type { Database } from '../database.ts'
import type { OrderState } from '../data/states.ts'

/** An order as the CRM reads it. */
export interface CrmOrder {
  readonly id: number
  readonly customerId: number
  readonly status: OrderState
  /** ISO 8601. */
  readonly createdAt: string
  readonly quantity: number
}

/** The states that the CRM sets. */
export type CrmState = 'MANUFACTURING_APPROVED' | 'CLOSED'

export interface OrderReads {
  /** A customer's latest orders, the newest first. */
  readonly customerOrders: (customerId: number) => Promise<readonly CrmOrder[]>
  /** Undefined: there is none. */
  readonly order: (orderId: number) => Promise<CrmOrder | undefined>
}

export interface OrderWrites {
  readonly setState: (change: { readonly orderId: number; readonly status: CrmState }) => Promise<void>
}

const ORDERS_LIMIT = 100

const SELECT = `
SELECT id, customer_id AS "customerId", status, created_at AS "createdAt", quantity FROM shop.orders`

/** PostgreSQL's times are dates here and strings in JSON. */
type Row = Omit<CrmOrder, 'createdAt'> & { readonly createdAt: Date }
const toOrder = (row: Row): CrmOrder => ({ ...row, createdAt: row.createdAt.toISOString() })

/** As the CRM has always worked: on the Shop's tables itself. */
export const shopTables = (db: Database): OrderReads & OrderWrites => ({
  customerOrders: async (customerId) => {
    const text = `${SELECT} WHERE customer_id = $1 ORDER BY id DESC LIMIT ${ORDERS_LIMIT}`
    return (await db.query<Row>({ name: 'crm.customer_orders', text, values: [customerId] })).map(toOrder)
  },
  order: async (orderId) => {
    const [row] = await db.query<Row>({
      name: 'crm.order',
      text: `${SELECT} WHERE id = $1`,
      values: [orderId]
    })
    return row && toOrder(row)
  },
  setState: async ({ orderId, status }) => {
    const text = 'UPDATE shop.orders SET status = $2 WHERE id = $1'
    await db.query({ name: 'crm.set_state', text, values: [orderId, status] })
  }
})
