/** Durable timers: set and taken back in the transaction of their cause, fired once by their key. */
import type { ClientBase } from 'pg'

/** Ids, states and numbers only. */
export type TimerPayload = Readonly<Record<string, string | number>>

export interface Timer {
  /** Fires once for ever: a key that has fired, or was cancelled, is not set again. */
  readonly key: string
  /** Whose handler gets it. */
  readonly kind: string
  /** What it is about, such as `operators/order/17/PACKAGING`: `cancelTimers` takes back all of one subject. */
  readonly subject: string
  /** By the clock of `timers.now()`. In the past: it fires at once. */
  readonly dueAt: Date
  readonly payload: TimerPayload
}

/** Sets it, or moves it while it has not fired. @returns whether it is set now */
export async function setTimer(transaction: ClientBase, timer: Timer): Promise<boolean> {
  const { key, kind, subject, payload, dueAt } = timer
  const { rowCount } = await transaction.query(
    `INSERT INTO timers.timer AS t (key, kind, subject, payload, due_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload, pause = '0'
     WHERE t.state = 'set'`,
    [key, kind, subject, payload, dueAt]
  )
  return rowCount === 1
}

/** Those of a subject that have not fired never will. @returns how many */
export async function cancelTimers(transaction: ClientBase, subject: string): Promise<number> {
  const { rowCount } = await transaction.query(
    `UPDATE timers.timer SET state = 'cancelled', ended_at = clock_timestamp()
     WHERE subject = $1 AND state = 'set'`,
    [subject]
  )
  return rowCount ?? 0
}
