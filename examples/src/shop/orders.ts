import type { Database, Run } from '../database.ts'
import type { OrderState } from '../data/states.ts'
import { ApiError } from '../errors.ts'

export interface ShopOrder {
  readonly id: number
  readonly status: OrderState
  /** ISO 8601. */
  readonly createdAt: string
  readonly itemId: number | null
  readonly material: string
  readonly quantity: number
  readonly files: number
}

export interface NewShopOrder {
  readonly itemId?: number
  readonly materialId: number
  readonly quantity: number
}

export interface UploadedFile {
  readonly name: string
  readonly sizeBytes: number
  readonly contentType: string
}

const OWN_ORDERS_LIMIT = 100

const SELECT = `
SELECT o.id, o.status, o.created_at AS "createdAt", o.item_id AS "itemId", m.name AS material, o.quantity,
  (SELECT count(*) FROM shop.order_files AS f WHERE f.order_id = o.id) AS files
FROM shop.orders AS o JOIN shop.materials AS m ON m.id = o.material_id`

/** Whose session it is. Sessions are made-up data here; a shop would have them expire. */
export async function customerOf(db: Database, authorization: string | undefined): Promise<number> {
  const token = /^Bearer ([\w-]{1,128})$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) {
    throw new ApiError(
      'not_authenticated',
      'Send the session as "Authorization: Bearer TOKEN".',
      'headers.authorization'
    )
  }
  const text = 'SELECT id FROM shop.customers WHERE session_token = $1'
  const [customer] = await db.query<{ id: number }>({ name: 'shop.session', text, values: [token] })
  if (customer === undefined)
    throw new ApiError('not_authenticated', 'The session is unknown or over.', 'headers.authorization')
  return customer.id
}

/** A customer's latest orders, the newest first. */
export async function ownOrders(db: Database, customerId: number): Promise<{ orders: ShopOrder[] }> {
  const text = `${SELECT} WHERE o.customer_id = $1 ORDER BY o.id DESC LIMIT ${OWN_ORDERS_LIMIT}`
  return { orders: await db.query<ShopOrder>({ name: 'shop.own_orders', text, values: [customerId] }) }
}

/** One order of the customer's own; another's is as good as none. */
export async function ownOrder(run: Run, customerId: number, orderId: number): Promise<ShopOrder> {
  const text = `${SELECT} WHERE o.customer_id = $1 AND o.id = $2`
  const [order] = await run<ShopOrder>({ name: 'shop.own_order', text, values: [customerId, orderId] })
  if (order === undefined) throw new ApiError('order_not_found', `You have no order ${orderId}.`)
  return order
}

const CREATE = `
INSERT INTO shop.orders (customer_id, item_id, material_id, quantity, status, created_at)
VALUES ($1, $2, $3, $4, 'INITIATED', clock_timestamp()) RETURNING id`

/** A customer orders an item of the catalogue, or, without one, a print of a model to be uploaded. */
export async function createOrder(db: Database, customerId: number, order: NewShopOrder): Promise<ShopOrder> {
  return await db.transaction(async (run) => {
    const values = [customerId, order.itemId ?? null, order.materialId, order.quantity]
    const [made] = await run<{ id: number }>({ name: 'shop.create_order', text: CREATE, values })
    if (made === undefined) throw new Error('INSERT returned no row')
    return await ownOrder(run, customerId, made.id)
  })
}

const LOCK = 'SELECT status FROM shop.orders WHERE customer_id = $1 AND id = $2 FOR UPDATE'
const UPLOAD = `
INSERT INTO shop.order_files (order_id, name, size_bytes, content_type, uploaded_at)
VALUES ($1, $2, $3, $4, clock_timestamp())`
const ADVANCE = `UPDATE shop.orders SET status = 'FILE_UPLOADED' WHERE id = $1 AND status = 'INITIATED'`

/** Notes an upload (the bytes go to the object store) until the order is submitted. */
export async function addFile(
  db: Database,
  order: { readonly customerId: number; readonly orderId: number },
  file: UploadedFile
): Promise<ShopOrder> {
  const { customerId, orderId } = order
  return await db.transaction(async (run) => {
    const [row] = await run<{ status: OrderState }>({
      name: 'shop.lock_order',
      text: LOCK,
      values: [customerId, orderId]
    })
    if (row === undefined) throw new ApiError('order_not_found', `You have no order ${orderId}.`)
    if (row.status !== 'INITIATED' && row.status !== 'FILE_UPLOADED') {
      throw new ApiError(
        'wrong_transition',
        `Order ${orderId} is in ${row.status}; files are added before it is submitted.`
      )
    }
    await run({
      name: 'shop.add_file',
      text: UPLOAD,
      values: [orderId, file.name, file.sizeBytes, file.contentType]
    })
    await run({ name: 'shop.file_uploaded', text: ADVANCE, values: [orderId] })
    return await ownOrder(run, customerId, orderId)
  })
}
