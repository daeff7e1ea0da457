/** Transitions at a steady rate, and how long after the commit each has had its effect. */
import pg from 'pg'
import type { Part } from '../company/processes.ts'
import { READER } from '../prove-orders/reader.ts'
import { servicesAt } from '../prove-orders/services.ts'
import type { Addresses } from '../prove-orders/services.ts'
import { percentile } from '../prove-orders/drive.ts'
import { waitUntil } from '../run.ts'
import { on } from './databases.ts'

export interface Sustained {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly worstMs: number
  /** Events without an effect ten seconds after the last. */
  readonly missing: number
}

const STATES = [
  'PRICE_CALCULATED',
  'MANUFACTURING_APPROVED',
  'MANUFACTURING_STARTED',
  'MANUFACTURING_COMPLETED'
]
const TICK_MS = 20

/** One relay and one consumer, each a process, as they are deployed. */
export async function sustained(
  addresses: Addresses,
  { seconds, rate }: { readonly seconds: number; readonly rate: number }
): Promise<Sustained> {
  const services = await servicesAt(addresses)
  const parts = ['relay-1', 'reader-1'].flatMap((name): Part[] => {
    const part = services.get(name)
    return part === undefined ? [] : [part]
  })
  const pool = new pg.Pool({ connectionString: addresses.mesDatabaseUrl, max: 8 })
  try {
    for (const part of parts) await part.start()
    await waitUntil(() => on(addresses.ordersDatabaseUrl, counted).then((count) => count === 0), {
      what: 'the consumer has its table',
      timeoutMs: 60_000
    })
    const total = seconds * rate
    const took = await write(pool, total, rate)
    return { perSecond: total / took, ...(await latencies(addresses, total)) }
  } finally {
    await pool.end()
    for (const part of parts) await part.stop()
  }
}

async function counted(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM ${READER}.effect`
  )
  return rows[0]?.count ?? 0
}

/** Open loop: a write that is slow delays none of the others. Seconds that it took. */
async function write(pool: pg.Pool, total: number, rate: number): Promise<number> {
  const began = performance.now()
  const writes: Promise<unknown>[] = []
  const orders = Math.ceil(total / STATES.length)
  while (writes.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate))
    while (writes.length < due) {
      const order = 1 + (writes.length % orders)
      const state = STATES[Math.floor(writes.length / orders)] ?? ''
      writes.push(
        pool.query(
          'INSERT INTO mes.order_status_history (order_id, status, changed_at) VALUES ($1, $2::mes.order_status, clock_timestamp())',
          [order, state]
        )
      )
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await Promise.all(writes)
  return (performance.now() - began) / 1000
}

/** `changed_at` is taken within the write, so the commit itself is part of what is measured. */
async function latencies(to: Addresses, total: number): Promise<Omit<Sustained, 'perSecond'>> {
  await waitUntil(async () => (await on(to.ordersDatabaseUrl, counted)) >= total, {
    what: 'all effects',
    timeoutMs: 60_000,
    everyMs: 500
  })
  const written = await on(to.mesDatabaseUrl, (client) => times(client, WRITTEN))
  const felt = await on(to.ordersDatabaseUrl, (client) => times(client, FELT))
  const all = [...written].flatMap(([key, at]) => {
    const effect = felt.get(key)
    return effect === undefined ? [] : [effect - at]
  })
  all.sort((a, b) => a - b)
  return {
    p50Ms: percentile(all, 0.5),
    p99Ms: percentile(all, 0.99),
    worstMs: percentile(all, 1),
    missing: total - all.length
  }
}

const WRITTEN = `SELECT order_id || ' ' || status AS key, extract(epoch FROM changed_at)::double precision * 1000 AS at
FROM mes.order_status_history WHERE status > 'SUBMITTED'`
const FELT = `SELECT order_id || ' ' || status AS key, extract(epoch FROM at)::double precision * 1000 AS at FROM ${READER}.effect`

async function times(client: pg.Client, sql: string): Promise<Map<string, number>> {
  const { rows } = await client.query<{ key: string; at: number }>(sql)
  return new Map(rows.map(({ key, at }) => [key, at]))
}
