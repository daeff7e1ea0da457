/** The clock that deadlines go by: the database's, which a demonstration may speed up. */
import type { ClientBase, Pool } from 'pg'

export interface ClockReading {
  readonly now: Date
  /** Seconds of this clock in a real second; 1 unless somebody sped it up. */
  readonly rate: number
}

export async function readClock(database: Pool | ClientBase): Promise<ClockReading> {
  const { rows } = await database.query<ClockReading>('SELECT timers.now() AS now, timers.rate() AS rate')
  const [row] = rows
  if (row === undefined) throw new Error('the database did not say its time')
  return row
}

export interface ClockSetting {
  /** What it shows at once. Default: what it showed just before. */
  readonly now?: Date
  /** Seconds in a real second, above 0. */
  readonly rate: number
}

/** For demonstrations and tests. Timers that come due by it fire; none fires twice, whichever way it was turned. */
export async function setClock(database: Pool | ClientBase, { now, rate }: ClockSetting): Promise<void> {
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw new RangeError(`the clock's rate is ${rate}; give a number above 0, 1 for the real pace`)
  }
  await database.query(
    `INSERT INTO timers.clock (real_at, shown_at, rate) VALUES (clock_timestamp(), coalesce($1, timers.now()), $2)
     ON CONFLICT (single) DO UPDATE
     SET real_at = excluded.real_at, shown_at = excluded.shown_at, rate = excluded.rate`,
    [now ?? null, rate]
  )
}
