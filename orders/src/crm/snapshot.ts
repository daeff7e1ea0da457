/**
 * The first copy of all orders, of a live table and without a stop. Events are consumed from before its beginning, and
 * whatever is written carries a version: a page that is read late, or twice, never replaces what an event brought. Each
 * page is one statement and so of one moment; no transaction stays open that would keep the source from cleaning up.
 */
import type { Pool } from 'pg'
import type { Logger } from '../service/log.ts'
import { transaction } from '../service/database.ts'
import { pause } from '../service/time.ts'
import { alone } from './alone.ts'
import { writeOrders } from './read-model.ts'
import type { OrderSource } from './source.ts'

export interface SnapshotOptions {
  readonly pool: Pool
  readonly source: Pick<OrderSource, 'page'>
  readonly log: Logger
  /** Orders of a page. Default 1000. */
  readonly pageSize?: number
  /** Milliseconds between two pages, so that the source hardly feels it. Default 20. */
  readonly pauseMs?: number
}

export interface SnapshotState {
  readonly state: 'Absent' | 'Running' | 'Complete'
  readonly copied: number
}

/** Copies what is missing; goes on where an earlier process was stopped; does nothing once it is complete. */
export const takeSnapshot = (options: SnapshotOptions, signal: AbortSignal): Promise<void> =>
  alone(options.pool, 'crm snapshot', signal, (held) => copy(options, held))

async function copy(options: SnapshotOptions, signal: AbortSignal): Promise<void> {
  const { pool, log, pauseMs = 20 } = options
  await pool.query('INSERT INTO crm.snapshot DEFAULT VALUES ON CONFLICT DO NOTHING')
  let state = await cursor(pool)
  log.info({ copied: state.copied }, 'the snapshot goes on')
  while (!state.complete && !signal.aborted) {
    state = await nextPage(options, state)
    await pause(pauseMs, signal)
  }
  log.info({ copied: state.copied, complete: state.complete }, 'the snapshot ends')
}

interface Cursor {
  readonly lastId: number
  readonly copied: number
  readonly complete: boolean
}

async function cursor(pool: Pool): Promise<Cursor> {
  const { rows } = await pool.query<{ last_id: string; copied: string; complete: boolean }>(
    'SELECT last_id, copied, finished_at IS NOT NULL AS complete FROM crm.snapshot'
  )
  const [row] = rows
  return { lastId: Number(row?.last_id), copied: Number(row?.copied), complete: row?.complete === true }
}

/** The page and the place after it in one transaction: a process that dies in between has done neither. */
async function nextPage({ pool, source, pageSize = 1000 }: SnapshotOptions, from: Cursor): Promise<Cursor> {
  const page = await source.page(from.lastId, pageSize)
  const next: Cursor = {
    lastId: page.at(-1)?.id ?? from.lastId,
    copied: from.copied + page.length,
    complete: page.length < pageSize
  }
  await transaction(pool, async (client) => {
    await writeOrders(client, page)
    await client.query(
      'UPDATE crm.snapshot SET last_id = $1, copied = $2, finished_at = CASE WHEN $3 THEN now() END',
      [next.lastId, next.copied, next.complete]
    )
  })
  return next
}

export async function snapshotState(pool: Pool): Promise<SnapshotState> {
  const { rows } = await pool.query<{ copied: string; complete: boolean }>(
    'SELECT copied, finished_at IS NOT NULL AS complete FROM crm.snapshot'
  )
  const [row] = rows
  if (row === undefined) return { state: 'Absent', copied: 0 }
  return { state: row.complete ? 'Complete' : 'Running', copied: Number(row.copied) }
}
