/** What must hold of timers after a bad day. */
import type pg from 'pg'
import { bothAway, latenessOf, STARVED_MS, union } from './absences.ts'
import type { Absences, Span } from './absences.ts'
import { count } from './checks.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { DWELLS_IN } from './journeys.ts'
import { DATABASE } from './killer.ts'
import { TIMED_LEVELS } from './rules.ts'
import { OPERATORS } from './stage.ts'

export const BOUND_MS = 5000

/** When a timer is set, which no column says: it may be set late, when its time is over already. */
export async function noteSettings(orders: pg.Pool): Promise<void> {
  await orders.query(`CREATE SCHEMA IF NOT EXISTS prove;
CREATE TABLE prove.timer_set (key text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE FUNCTION prove.note_timer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO prove.timer_set (key) VALUES (NEW.key); RETURN NULL; END $$;
CREATE TRIGGER prove_timer_set AFTER INSERT OR UPDATE OF due_at ON timers.timer FOR EACH ROW EXECUTE FUNCTION prove.note_timer()`)
}

/** Times in which no timer can fire: the database is away, all who fire them are, or the machine has no time for anybody. */
export const timesAway = (absences: Absences, starved: readonly Span[]): Span[] =>
  union([
    ...absences.of(DATABASE),
    ...bothAway(absences.of(OPERATORS[0]), absences.of(OPERATORS[1])),
    ...starved
  ])

interface Fired {
  readonly from: number
  readonly due: number
  readonly fired: number
}

export interface TimersSeen {
  readonly orders: pg.Pool
  readonly dwelling: readonly number[]
  readonly away: readonly Span[]
  readonly starved: readonly Span[]
}

export async function timerFindings({ orders, dwelling, away, starved }: TimersSeen): Promise<Finding[]> {
  const { rows } = await orders.query<Fired>(
    `SELECT extract(epoch FROM greatest(t.due_at, max(s.at)))::float8 * 1000 AS from,
  extract(epoch FROM t.due_at)::float8 * 1000 AS due, extract(epoch FROM t.ended_at)::float8 * 1000 AS fired
FROM timers.timer AS t JOIN prove.timer_set AS s USING (key) WHERE t.state = 'fired' GROUP BY t.key`
  )
  const seconds = (ms: readonly number[]): string => (Math.max(0, ...ms) / 1000).toFixed(1)
  const late = rows.map(({ from, fired }) => latenessOf({ from, firedAt: fired }, away))
  const total = (spans: readonly Span[]): string =>
    seconds([spans.reduce((sum, { from, to }) => sum + to - from, 0)])
  const expected = dwelling.flatMap((order) =>
    TIMED_LEVELS.map((level) => `operators/order/${order}/${DWELLS_IN}/${level}`)
  )
  const done = await count(
    orders,
    `SELECT count(*)::integer AS count FROM timers.timer WHERE key = ANY ($1) AND state = 'fired'`,
    [expected]
  )
  const forgotten = await count(
    orders,
    `SELECT count(*)::integer AS count FROM timers.timer WHERE state = 'set' AND due_at < clock_timestamp() - interval '${BOUND_MS} ms'`
  )
  return [
    finding(
      'timers of orders that nobody takes have all fired, and none is forgotten',
      done === expected.length && forgotten === 0,
      `${done} of ${expected.length}, ${forgotten} overdue and not fired`
    ),
    finding(
      `timers fire within ${BOUND_MS / 1000} s of their time`,
      late.length > 0 && late.every((ms) => ms <= BOUND_MS),
      `${late.length} fired, the latest after ${seconds(late)} s; from their time by the clock ${seconds(rows.map(({ due, fired }) => fired - due))} s. Counted is from a timer's time, or from when it was set if that was later, without the ${total(away)} s in which the database or both services were away or this program waited for its turn for more than ${STARVED_MS / 1000} s (${total(starved)} s)`
    )
  ]
}
