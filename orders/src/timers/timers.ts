/** Durable timers: set and taken back in the transaction of their cause, fired once by their key. */
import type { ClientBase, Pool } from 'pg'

/** Ids, states and numbers only. */
export type TimerPayload = Readonly<Record<string, string | number>>

export interface Timer {
  /** Fires once: a key that has fired, or was cancelled, is not set again until `forgetTimers`. */
  readonly key: string
  /** Whose handler gets it. */
  readonly kind: string
  /** What it is about, such as `operators/order/17/PACKAGING`: `cancelTimers` takes back all of one subject. */
  readonly subject: string
  /** By the clock of `timers.now()`. In the past: it fires at once. */
  readonly dueAt: Date
  readonly payload: TimerPayload
}

const SET = `
INSERT INTO timers.timer AS t (key, kind, subject, payload, due_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[])
ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload, pause = '0'
WHERE t.state = 'set'`

/** Sets them, or moves those that have not fired. @returns how many are set now */
export async function setTimers(transaction: ClientBase, timers: readonly Timer[]): Promise<number> {
  if (timers.length === 0) return 0
  const { rowCount } = await transaction.query({
    name: 'timers set',
    text: SET,
    values: [
      timers.map(({ key }) => key),
      timers.map(({ kind }) => kind),
      timers.map(({ subject }) => subject),
      timers.map(({ payload }) => JSON.stringify(payload)),
      timers.map(({ dueAt }) => dueAt)
    ]
  })
  return rowCount ?? 0
}

/** Those of a subject that have not fired never will. @returns how many */
export async function cancelTimers(transaction: ClientBase, subject: string): Promise<number> {
  const { rowCount } = await transaction.query({
    name: 'timers cancel',
    text: `UPDATE timers.timer SET state = 'cancelled', ended_at = clock_timestamp() WHERE subject = $1 AND state = 'set'`,
    values: [subject]
  })
  return rowCount ?? 0
}

/** Those that fired or were cancelled so long ago. @returns how many */
export async function forgetTimers(pool: Pool, kind: string, olderThanDays: number): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM timers.timer WHERE kind = $1 AND state <> 'set'
       AND ended_at < clock_timestamp() - make_interval(days => $2)`,
    [kind, olderThanDays]
  )
  return rowCount ?? 0
}
