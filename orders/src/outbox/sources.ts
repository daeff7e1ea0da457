/** Which tables of which service say what happened to an order. */
import type { EventKind, EventSource } from '../events/event.ts'

/** One trigger: what a changed row means. Expressions are SQL over NEW and OLD. */
export interface WatchedTable {
  /** SCHEMA.TABLE */
  readonly table: string
  /** As after AFTER: `INSERT`, `UPDATE OF status`. */
  readonly on: string
  /** Only such changes. */
  readonly when?: string
  readonly kind: EventKind
  readonly orderId: string
  /** The state after the change. */
  readonly status: string
  /** The state before it, where the row says so. Without it the state of the order's last event is meant. */
  readonly previousStatus?: string
  /** Columns that consumers may read, by the names they get: ids, numbers, times. Nothing personal. */
  readonly order: Readonly<Record<string, string>>
  /**
   * SCHEMA.TABLE of the orders, when the watched row is not the order itself: the order's row is locked until the
   * commit, so that one change of an order comes after the other, and is `parent` in the expressions of `order`.
   */
  readonly parent?: string
}

const MES_ORDER = {
  number: 'parent.number',
  source: 'parent.source',
  material_id: 'parent.material_id',
  quantity: 'parent.quantity',
  due_at: 'parent.due_at',
  created_at: 'parent.created_at'
}
const SHOP_ORDER = {
  customer_id: 'NEW.customer_id',
  item_id: 'NEW.item_id',
  material_id: 'NEW.material_id',
  quantity: 'NEW.quantity',
  created_at: 'NEW.created_at'
}
const SHOP = { table: 'shop.orders', orderId: 'NEW.id', status: 'NEW.status', order: SHOP_ORDER } as const

export const SOURCES: Readonly<Record<EventSource, readonly WatchedTable[]>> = {
  // The state of an order in the MES is the last row of its history.
  mes: [
    {
      table: 'mes.orders',
      on: 'INSERT',
      kind: 'created',
      orderId: 'NEW.id',
      status: `'INITIATED'`,
      order: Object.fromEntries(Object.keys(MES_ORDER).map((name) => [name, `NEW.${name}`]))
    },
    {
      table: 'mes.order_status_history',
      on: 'INSERT',
      kind: 'status',
      orderId: 'NEW.order_id',
      status: 'NEW.status::text',
      order: { ...MES_ORDER, operator_id: 'NEW.operator_id' },
      parent: 'mes.orders'
    }
  ],
  shop: [
    { ...SHOP, on: 'INSERT', kind: 'created' },
    {
      ...SHOP,
      on: 'UPDATE',
      when: 'OLD.status IS DISTINCT FROM NEW.status',
      kind: 'status',
      previousStatus: 'OLD.status'
    },
    {
      ...SHOP,
      on: 'UPDATE',
      when: `OLD.status IS NOT DISTINCT FROM NEW.status AND ROW(${Object.keys(SHOP_ORDER)
        .map((name) => `OLD.${name}`)
        .join(', ')}) IS DISTINCT FROM ROW(${Object.values(SHOP_ORDER).join(', ')})`,
      kind: 'changed'
    }
  ]
}

/**
 * The state of order $1 before it came to state $2, by the tables of a source whose rows do not say it: asked for an order
 * that had no event yet.
 */
export const STATUS_BEFORE: Partial<Readonly<Record<EventSource, string>>> = {
  mes: 'SELECT max(status)::text FROM mes.order_status_history WHERE order_id = $1 AND status < $2::mes.order_status'
}

/** The schema of a source's outbox. */
export const schemaOf = (source: EventSource): string => `orders_outbox_${source}`

/** Orders are spread over so many slots: one relay at a time publishes a slot, in the order of its rows. */
export const SLOTS = 16
