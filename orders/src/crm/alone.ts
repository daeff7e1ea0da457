/** Work that only one of several processes of a service does at a time. */
import type { Pool } from 'pg'
import { pause } from '../service/time.ts'

/** Between two tries while another process does it. */
const TRY_AGAIN_MS = 2000

/**
 * Runs `work` while this process holds the lock of that name in the database; until it does, it waits. The lock ends with
 * its session: when that breaks, the work's signal is aborted.
 */
export async function alone(
  pool: Pool,
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>
): Promise<void> {
  while (!signal.aborted) {
    const client = await pool.connect()
    const lost = new AbortController()
    const onError = (): void => lost.abort()
    client.on('error', onError)
    try {
      const { rows } = await client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held',
        [name]
      )
      if (rows[0]?.held === true) {
        await work(AbortSignal.any([signal, lost.signal]))
        await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name])
        return
      }
    } finally {
      client.off('error', onError)
      client.release(lost.signal.aborted)
    }
    await pause(TRY_AGAIN_MS, signal)
  }
}
