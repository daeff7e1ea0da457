/** The tables of the read model, in the schema `crm` of this room's database. */
import { ORDER_STATES } from '../order.ts'

export const SCHEMA = 'crm'

const states = ORDER_STATES.map((state) => `'${state}'`).join(', ')

const tables = `
CREATE TABLE {schema}.orders (
  order_id bigint PRIMARY KEY,
  customer_id integer NOT NULL,
  status text NOT NULL CHECK (status IN (${states})),
  created_at timestamptz NOT NULL,
  quantity integer NOT NULL,
  version bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON {schema}.orders (customer_id, order_id);

-- How far the first copy is; one row. A process that starts anew goes on from last_id.
CREATE TABLE {schema}.snapshot (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  last_id bigint NOT NULL DEFAULT 0,
  copied bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);

-- What the last whole pass of the reconciliation found; one row.
CREATE TABLE {schema}.reconciliation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  unrepaired bigint NOT NULL,
  finished_at timestamptz NOT NULL
);

-- Each step that was taken; the last one counts.
CREATE TABLE {schema}.steps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  step text NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT now()
);

-- Processes of the CRM that ask for the step.
CREATE TABLE {schema}.instances (
  id text PRIMARY KEY,
  step text NOT NULL,
  compared bigint NOT NULL,
  different bigint NOT NULL,
  seen_at timestamptz NOT NULL
);`

export const CRM_STEPS = [{ name: 'crm/1-tables', sql: tables }] as const
