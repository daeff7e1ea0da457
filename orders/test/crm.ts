/** A PostgreSQL with the read model's tables and a table of orders with versions, as a source to copy from. */
import { startPostgres } from '@alexandrite/hack/services'
import type { Pool } from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import { INBOX_STEPS } from '../src/events/inbox-steps.ts'
import { createCrmMetrics } from '../src/crm/metrics.ts'
import { toReadOrder, writeOrders } from '../src/crm/read-model.ts'
import type { ReadOrder } from '../src/crm/read-order.ts'
import { CRM_STEPS, SCHEMA } from '../src/crm/schema.ts'
import type { OrderSource } from '../src/crm/source.ts'
import type { OrderState } from '../src/order.ts'
import { createPool } from '../src/service/database.ts'
import { migrate } from '../src/service/migrate.ts'

export const SILENT = pino({ level: 'silent' })

const SOURCE = `
CREATE TABLE IF NOT EXISTS public.source_orders (
  id bigint PRIMARY KEY, customer_id integer NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL,
  quantity integer NOT NULL, version bigint NOT NULL)`

const COLUMNS = 'id, customer_id, status, created_at, quantity, version'

export const order = (id: number, version: number, more: Partial<ReadOrder> = {}): ReadOrder => ({
  id,
  customerId: 1 + (id % 7),
  status: 'SUBMITTED',
  createdAt: new Date(Date.UTC(2026, 0, 1) + id * 1000).toISOString(),
  quantity: 1 + version,
  version,
  ...more
})

export class CrmDatabase {
  readonly url: string
  readonly pool: Pool
  readonly #stop: () => Promise<void>

  constructor(url: string, pool: Pool, stop: () => Promise<void>) {
    this.url = url
    this.pool = pool
    this.#stop = stop
  }

  async clear(): Promise<void> {
    await this.pool.query(
      'TRUNCATE crm.orders, crm.snapshot, crm.reconciliation, crm.steps, crm.instances, public.source_orders'
    )
  }

  /** Changes the source; events are the test's own affair. */
  async put(...orders: readonly ReadOrder[]): Promise<void> {
    for (const { id, customerId, status, createdAt, quantity, version } of orders)
      await this.pool.query(
        `INSERT INTO public.source_orders VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE
SET customer_id = excluded.customer_id, status = excluded.status, quantity = excluded.quantity, version = excluded.version`,
        [id, customerId, status, createdAt, quantity, version]
      )
  }

  async remove(id: number): Promise<void> {
    await this.pool.query('DELETE FROM public.source_orders WHERE id = $1', [id])
  }

  /** What an event does. */
  async deliver(...orders: readonly ReadOrder[]): Promise<void> {
    await writeOrders(this.pool, orders)
  }

  async model(): Promise<ReadOrder[]> {
    return await this.#read(
      'SELECT order_id AS id, customer_id, status, created_at, quantity, version FROM crm.orders ORDER BY order_id'
    )
  }

  async source(): Promise<ReadOrder[]> {
    return await this.#read(`SELECT ${COLUMNS} FROM public.source_orders ORDER BY id`)
  }

  reader(): OrderSource {
    return {
      page: (after, limit) =>
        this.#read(`SELECT ${COLUMNS} FROM public.source_orders WHERE id > $1 ORDER BY id LIMIT $2`, [
          after,
          limit
        ]),
      orders: (ids) =>
        this.#read(`SELECT ${COLUMNS} FROM public.source_orders WHERE id = ANY ($1::bigint[])`, [ids]),
      backlog: () => Promise.resolve({ events: 0, oldestSeconds: 0 })
    }
  }

  async stop(): Promise<void> {
    await this.pool.end()
    await this.#stop()
  }

  async #read(text: string, values: readonly unknown[] = []): Promise<ReadOrder[]> {
    const { rows } = await this.pool.query<{
      id: string
      customer_id: number
      status: OrderState
      created_at: Date
      quantity: number
      version: string
    }>(text, [...values])
    return rows.map(toReadOrder)
  }
}

export async function startCrmDatabase(): Promise<CrmDatabase> {
  const postgres = await startPostgres()
  const pool = createPool({ url: postgres.url, connections: 10, name: 'test', log: SILENT })
  await migrate(pool, SCHEMA, CRM_STEPS)
  await migrate(pool, SCHEMA, INBOX_STEPS)
  await pool.query(SOURCE)
  return new CrmDatabase(postgres.url, pool, () => postgres.stop())
}

export const metricsOfTest = () => createCrmMetrics(new Registry<OpenMetricsContentType>())
