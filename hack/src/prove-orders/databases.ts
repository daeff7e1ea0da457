/** The databases: those of the MES and of the Shop with their outboxes, that of the orders services, and the customers'. */
import { CONSTRAINTS, TABLES } from '@alexandrite/examples/data/schema'
import { installOutbox, ORDER_STATES } from '@alexandrite/orders'
import { makeRoles } from '@alexandrite/orders/crm/admin'
import pg from 'pg'

export interface Databases {
  readonly company: string
  /** The same as the role that reads the Shop. */
  readonly shop: string
  readonly orders: string
  /** Of its own, for its clock is sped up: promises move within days. */
  readonly customers: string
}

/** Customers C-00001 and on have an address. */
export const CONTACTS = 100
const READER_PASSWORD = 'reader-local'
/** Orders of the past, from which promises are learnt; their ids are far from those of the run. */
const PAST = 400
const PAST_FROM = 50_000_000

export const customerOf = (index: number): string => `C-${String(1 + (index % CONTACTS)).padStart(5, '0')}`

export async function prepare(url: string): Promise<Databases> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(TABLES)
    for (const constraint of CONSTRAINTS) await client.query(constraint)
    await client.query(`INSERT INTO mes.materials VALUES (1, 'AG925', 'Silver', 90)`)
    await client.query(`INSERT INTO shop.materials VALUES (1, 'AG925', 'Silver')`)
    await client.query(`INSERT INTO shop.customers VALUES (1, 'a-session-of-nobody')`)
    await past(client)
    for (const name of ['orders', 'customers']) await client.query(`CREATE DATABASE ${name}`)
    await installOutbox(client, 'mes')
    await installOutbox(client, 'shop')
  } finally {
    await client.end()
  }
  await makeRoles(url, { legacy: 'legacy-local', reader: READER_PASSWORD })
  return {
    company: url,
    shop: changed(url, (to) => {
      to.username = 'crm_reader'
      to.password = READER_PASSWORD
    }),
    orders: changed(url, (to) => void (to.pathname = '/orders')),
    customers: changed(url, (to) => void (to.pathname = '/customers'))
  }
}

function changed(url: string, change: (to: URL) => void): string {
  const to = new URL(url)
  change(to)
  return to.href
}

/** Ten to fourteen days from the approval to the delivery, a fifth of it in each state; before there were outboxes. */
async function past(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO mes.orders (id, number, source, customer_ref, material_id, quantity, due_at, created_at)
SELECT $1 + n, 'H-' || n, 'B2B', 'nobody', 1, 1, now() - interval '179 days', now() - interval '200 days'
FROM generate_series(1, $2::integer) AS n`,
    [PAST_FROM, PAST]
  )
  await client.query(
    `INSERT INTO mes.order_status_history (order_id, status, changed_at)
SELECT $1 + n, state.name::mes.order_status, now() - interval '200 days' +
  CASE WHEN state.place <= 5 THEN interval '1 hour' * state.place
    ELSE interval '1 day' * (1 + (state.place - 5) * (10 + n % 5) / 5.0) END
FROM generate_series(1, $2::integer) AS n CROSS JOIN unnest($3::text[]) WITH ORDINALITY AS state (name, place)`,
    [PAST_FROM, PAST, ORDER_STATES]
  )
}
