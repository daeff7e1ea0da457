/** Tables of the operators' subject: schema `operators`. Orders as the page shows them, and what is pushed to it. */
import type { Step } from '../service/migrate.ts'

export const OPERATORS = 'operators'

export const OPERATOR_STEPS: readonly Step[] = [
  {
    name: 'operators/1-board-and-feed',
    sql: `
CREATE TABLE {schema}.board (
  order_id bigint PRIMARY KEY,
  number text,
  status text NOT NULL,
  entered_at timestamptz NOT NULL,
  submitted_at timestamptz,
  promised_at timestamptz,
  quantity integer,
  operator_id integer,
  due_soon_at timestamptz,
  overdue_at timestamptz,
  level text CHECK (level IN ('due-soon', 'overdue', 'escalated')),
  promise_level text CHECK (promise_level IN ('due-soon', 'overdue', 'escalated')),
  acknowledged_by integer,
  revision bigint NOT NULL DEFAULT 1
);
CREATE INDEX board_status ON {schema}.board (status, entered_at);
CREATE TABLE {schema}.feed (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  view jsonb NOT NULL
);
CREATE INDEX feed_at ON {schema}.feed USING brin (at);
`
  },
  {
    name: 'operators/2-adopted',
    sql: `
-- A row once the orders that the MES had before are on the board.
CREATE TABLE {schema}.adopted (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
`
  }
]
