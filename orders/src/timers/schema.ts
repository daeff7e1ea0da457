/** Tables of the clock and of the timers: schema `timers`. */
import type { Step } from '../service/migrate.ts'

export const TIMERS = 'timers'

/**
 * The clock that deadlines go by is the database's, the same for every pod. With a row in `timers.clock` it runs from
 * `shown` on at `rate` times the real pace, as a demonstration needs it; without one it is the real time.
 */
export const TIMER_STEPS: readonly Step[] = [
  {
    name: 'timers/1-clock-and-timers',
    sql: `
CREATE TABLE timers.clock (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  real_at timestamptz NOT NULL,
  shown_at timestamptz NOT NULL,
  rate double precision NOT NULL CHECK (rate > 0)
);
CREATE FUNCTION timers.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT coalesce((SELECT shown_at + (clock_timestamp() - real_at) * rate FROM timers.clock), clock_timestamp())
$$;
CREATE FUNCTION timers.rate() RETURNS double precision LANGUAGE sql VOLATILE AS $$
  SELECT coalesce((SELECT rate FROM timers.clock), 1)
$$;

CREATE TABLE timers.timer (
  key text PRIMARY KEY,
  kind text NOT NULL,
  subject text NOT NULL,
  payload jsonb NOT NULL,
  due_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'set' CHECK (state IN ('set', 'fired', 'cancelled')),
  attempts integer NOT NULL DEFAULT 0,
  tried_at timestamptz,
  pause interval NOT NULL DEFAULT '0',
  reason text,
  ended_at timestamptz
);
CREATE INDEX timer_due ON timers.timer (kind, due_at) WHERE state = 'set';
CREATE INDEX timer_subject ON timers.timer (subject) WHERE state = 'set';
`
  },
  {
    name: 'timers/2-ended',
    sql: "CREATE INDEX timer_ended ON timers.timer (ended_at) WHERE state <> 'set';"
  }
]
