/** Fires timers as they come due. Any number of pods run it; each timer's effect happens once. */
import type { Pool, PoolClient } from 'pg'
import { transaction } from '../service/database.ts'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { pause } from '../service/time.ts'
import type { TimerMetrics } from './metrics.ts'
import type { TimerPayload } from './timers.ts'

export interface DueTimer {
  readonly key: string
  readonly subject: string
  readonly payload: TimerPayload
  readonly dueAt: Date
}

/** The effect, in the transaction that also marks the timer as fired. An error undoes both, and it is tried again. */
export type TimerHandler = (timer: DueTimer, transaction: PoolClient) => Promise<void>

export interface TimerRunnerOptions {
  readonly pool: Pool
  readonly kind: string
  readonly handle: TimerHandler
  readonly metrics: TimerMetrics
  readonly log: Logger
  /** Timers of one transaction. Default 50. */
  readonly batch?: number
  /** Milliseconds between looks while nothing is due: the bound of how late a timer is noticed. Default 500. */
  readonly idleMs?: number
}

export interface TimerRunner {
  /** Finishes the timers under way, then stops. */
  stop(): Promise<void>
}

const FAILED_PAUSE_MS = 1000
/** A failing timer is tried again after 1, 2, 4, … and at most so many seconds, for as long as it fails. */
const LONGEST_PAUSE_SECONDS = 300

/**
 * It looks at the table again and again instead of sleeping until the next timer: a clock that was set forward, a timer
 * that another pod has set and one that was moved are all noticed at the next look.
 */
export function startTimerRunner(options: TimerRunnerOptions): TimerRunner {
  const stopping = new AbortController()
  const running = runUntil(stopping.signal, options)
  return {
    stop: async () => {
      stopping.abort()
      await running
    }
  }
}

async function runUntil(signal: AbortSignal, options: TimerRunnerOptions): Promise<void> {
  const { log, idleMs = 500, batch = 50 } = options
  while (!signal.aborted) {
    let pauseMs = idleMs
    try {
      if ((await fireDue(options)) === batch) pauseMs = 0
    } catch (error) {
      log.warn(errorFields(error), 'the due timers could not be read; tried again')
      pauseMs = FAILED_PAUSE_MS
    }
    if (pauseMs > 0) await pause(pauseMs, signal)
  }
}

/**
 * Locked rows of another pod are skipped: it fires them, or dies and leaves them. A try in the future was before the
 * clock was set back, and holds nothing up.
 */
const CLAIM = `
SELECT key, subject, payload, due_at AS "dueAt",
  greatest(extract(epoch FROM timers.now() - due_at) / timers.rate(), 0)::float8 AS lateness
FROM timers.timer
WHERE state = 'set' AND kind = $1 AND due_at <= (SELECT timers.now())
  AND (tried_at IS NULL OR tried_at + pause <= clock_timestamp() OR tried_at > clock_timestamp())
ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED`

interface Claimed extends DueTimer {
  readonly lateness: number
}

/** One transaction. @returns how many were due */
export async function fireDue(options: TimerRunnerOptions): Promise<number> {
  const { pool, kind, batch = 50 } = options
  const fired: Claimed[] = []
  const count = await transaction(pool, async (client) => {
    const { rows } = await client.query<Claimed>(CLAIM, [kind, batch])
    for (const timer of rows) if (await fire(timer, client, options)) fired.push(timer)
    return rows.length
  })
  // What is rolled back has not happened.
  for (const { lateness } of fired) options.metrics.lateness.observe({ kind }, lateness)
  return count
}

/** In a savepoint of its own: one that fails takes nobody's effect with it. */
async function fire(timer: Claimed, client: PoolClient, options: TimerRunnerOptions): Promise<boolean> {
  await client.query('SAVEPOINT timer')
  try {
    await options.handle(timer, client)
    await client.query(
      `UPDATE timers.timer SET state = 'fired', attempts = attempts + 1, ended_at = clock_timestamp() WHERE key = $1`,
      [timer.key]
    )
    await client.query('RELEASE SAVEPOINT timer')
    return true
  } catch (error) {
    // Fails when the connection is lost: then everything is rolled back.
    await client.query('ROLLBACK TO SAVEPOINT timer')
    await putOff(timer, client, error)
    options.metrics.failures.inc({ kind: options.kind })
    options.log.error(errorFields(error), 'a timer could not fire; it is tried again')
    return false
  }
}

async function putOff({ key }: Claimed, client: PoolClient, error: unknown): Promise<void> {
  await client.query(
    `UPDATE timers.timer SET attempts = attempts + 1, tried_at = clock_timestamp(), reason = $2,
       pause = make_interval(secs => least(power(2, least(attempts, 20)), $3)) WHERE key = $1`,
    [key, error instanceof Error ? error.name : 'an unknown error', LONGEST_PAUSE_SECONDS]
  )
}
