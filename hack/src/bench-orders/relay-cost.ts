/** What a relay needs for the same number of events, over the size of the order table. */
import { createLog, createPool, outboxStatus, startRelay, Tracing } from '@alexandrite/orders'
import { Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import { waitUntil } from '../run.ts'
import { mesDatabase, on } from './databases.ts'

const EVENTS = 5000

export interface RelayCost {
  readonly rows: number
  /** Microseconds of wall time for an event. */
  readonly perEvent: number
}

export async function relayCost(server: string, url: string, rows: number): Promise<RelayCost> {
  const databaseUrl = await mesDatabase(server, `relay_${rows}`, { orders: rows, outbox: 'With' })
  await on(databaseUrl, (client) =>
    client.query(
      `INSERT INTO mes.order_status_history (order_id, status, changed_at) SELECT id, 'PRICE_CALCULATED', now() FROM mes.orders WHERE id <= $1`,
      [EVENTS]
    )
  )
  const tracing = new Tracing('bench', undefined)
  const log = createLog('bench', { level: 'silent', tracing })
  const pool = createPool({ url: databaseUrl, connections: 4, name: 'bench', log })
  const registry = new Registry<OpenMetricsContentType>()
  const began = performance.now()
  const relay = startRelay({ source: 'mes', pool, url, log, tracing, registry })
  try {
    await on(databaseUrl, (client) =>
      waitUntil(async () => (await outboxStatus(client, 'mes')).backlog === 0, {
        what: 'the outbox is empty',
        timeoutMs: 120_000,
        everyMs: 10
      })
    )
    return { rows, perEvent: ((performance.now() - began) * 1000) / EVENTS }
  } finally {
    await relay.close()
    await pool.end()
  }
}
