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
  /**
   * The state before it, where the row does not say: a query, asked only for an order that had no event before. Without
   * it the state of the order's last event is meant.
   */
  readonly previousStatus?: string
  /** Columns that consumers may read, by the names they get: ids, numbers, times. Nothing personal. */
  readonly order: Readonly<Record<string, string>>
  /** Where expressions of `order` come from besides NEW: `table AS alias ON condition`. */
  readonly join?: string
}

const MES_ORDER = {
  number: 'o.number',
  source: 'o.source',
  material_id: 'o.material_id',
  quantity: 'o.quantity',
  due_at: 'o.due_at',
  created_at: 'o.created_at'
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
      previousStatus:
        'SELECT max(h.status)::text FROM mes.order_status_history AS h WHERE h.order_id = NEW.order_id AND h.status < NEW.status',
      order: { ...MES_ORDER, operator_id: 'NEW.operator_id' },
      join: 'mes.orders AS o ON o.id = NEW.order_id'
    }
  ],
  shop: [
    { ...SHOP, on: 'INSERT', kind: 'created' },
    {
      ...SHOP,
      on: 'UPDATE',
      when: 'OLD.status IS DISTINCT FROM NEW.status',
      kind: 'status',
      previousStatus: 'SELECT OLD.status'
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

/** The schema of a source's outbox; also the channel on which its triggers notify. */
export const schemaOf = (source: EventSource): string => `orders_outbox_${source}`

/** Orders are spread over so many slots: one relay at a time publishes a slot, in the order of its rows. */
export const SLOTS = 16
