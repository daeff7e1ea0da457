/** Fires timers as they come due. Any number of pods run it; each timer's effect happens once. */
import type { Pool, PoolClient } from 'pg'
import { forgetAfterCommit, transaction } from '../service/database.ts'
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
  /** Timers of one look. Default 50. */
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

/** A try in the future was before the clock was set back, and holds nothing up. */
const IS_DUE = `state = 'set' AND due_at <= (SELECT timers.now())
  AND (tried_at IS NULL OR tried_at + pause <= clock_timestamp() OR tried_at > clock_timestamp())`

const DUE = `SELECT key FROM timers.timer WHERE kind = $1 AND ${IS_DUE} ORDER BY due_at LIMIT $2`

/**
 * The row itself is not locked before the effect: who changes what a timer is about locks that first and takes the timer
 * back afterwards, and in the other order two would wait for one another. Another pod has the advisory lock as long as it
 * fires the timer, and leaves it when it dies.
 */
const CLAIM = `
SELECT key, subject, payload, due_at AS "dueAt",
  greatest(extract(epoch FROM timers.now() - due_at) / timers.rate(), 0)::float8 AS lateness
FROM timers.timer WHERE key = $1 AND ${IS_DUE} AND pg_try_advisory_xact_lock(hashtextextended('timer ' || key, 0))`

const FIRED = `
UPDATE timers.timer SET state = 'fired', attempts = attempts + 1, ended_at = clock_timestamp()
WHERE key = $1 AND state = 'set' AND due_at <= (SELECT timers.now())`

interface Claimed extends DueTimer {
  readonly lateness: number
}

/** Each in a transaction of its own, the oldest first. @returns how many this caller tried */
export async function fireDue(options: TimerRunnerOptions): Promise<number> {
  const { pool, kind, batch = 50, metrics } = options
  const { rows } = await pool.query<{ key: string }>({ name: 'timers due', text: DUE, values: [kind, batch] })
  let tried = 0
  for (const { key } of rows) {
    const outcome = await transaction(pool, (client) => fire(key, client, options))
    if (outcome === 'NotOurs') continue
    tried += 1
    // Until the commit it had not happened.
    if (outcome !== 'NotNow') metrics.lateness.observe({ kind }, outcome.lateness)
  }
  return tried
}

/** What fired; or another pod has it or it was taken back; or it failed and is tried again. */
type Outcome = Claimed | 'NotOurs' | 'NotNow'

/** In a savepoint: of one that fails, that it was tried stays. */
async function fire(key: string, client: PoolClient, options: TimerRunnerOptions): Promise<Outcome> {
  const [timer] = (await client.query<Claimed>({ name: 'timers claim', text: CLAIM, values: [key] })).rows
  if (timer === undefined) return 'NotOurs'
  await client.query('SAVEPOINT timer')
  try {
    await options.handle(timer, client)
    if ((await client.query({ name: 'timers fired', text: FIRED, values: [key] })).rowCount === 1)
      return timer
    // It was taken back, or moved, while its effect was prepared.
    await rollBack(client)
    return 'NotOurs'
  } catch (error) {
    // Fails when the connection is lost: then everything is rolled back.
    await rollBack(client)
    await putOff(timer, client, error)
    options.metrics.failures.inc({ kind: options.kind })
    options.log.error(errorFields(error), 'a timer could not fire; it is tried again')
    return 'NotNow'
  }
}

async function rollBack(client: PoolClient): Promise<void> {
  await client.query('ROLLBACK TO SAVEPOINT timer')
  forgetAfterCommit(client)
}

async function putOff({ key }: Claimed, client: PoolClient, error: unknown): Promise<void> {
  await client.query(
    `UPDATE timers.timer SET attempts = attempts + 1, tried_at = clock_timestamp(), reason = $2,
       pause = make_interval(secs => least(power(2, least(attempts, 20)), $3)) WHERE key = $1`,
    [key, error instanceof Error ? error.name : 'an unknown error', LONGEST_PAUSE_SECONDS]
  )
}
