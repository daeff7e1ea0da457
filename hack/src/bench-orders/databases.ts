/** Databases of the MES with orders in them, with and without an outbox. */
import { CONSTRAINTS, TABLES } from '@alexandrite/examples/data/schema'
import { installOutbox } from '@alexandrite/orders'
import pg from 'pg'

/** Makes a database with so many orders, each submitted; its URL. */
export async function mesDatabase(
  server: string,
  name: string,
  options: { readonly orders: number; readonly outbox: 'With' | 'Without' }
): Promise<string> {
  await on(server, (client) => client.query(`CREATE DATABASE ${name}`))
  const url = server.replace(/\/postgres$/, `/${name}`)
  await on(url, async (client) => {
    await client.query(TABLES)
    await client.query(`INSERT INTO mes.materials VALUES (1, 'AG925', 'Silver', 90)`)
    await client.query(
      `INSERT INTO mes.orders (number, source, customer_ref, material_id, quantity, due_at, created_at)
SELECT 'B-' || n, 'B2B', 'nobody', 1, 1, now() + interval '21 days', now() FROM generate_series(1, $1::integer) AS n`,
      [options.orders]
    )
    await client.query(
      `INSERT INTO mes.order_status_history (order_id, status, changed_at) SELECT id, 'SUBMITTED', now() FROM mes.orders`
    )
    for (const constraint of CONSTRAINTS) await client.query(constraint)
    if (options.outbox === 'With') await installOutbox(client, 'mes')
    await client.query('VACUUM ANALYZE')
  })
  return url
}

export async function on<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
