import type { Step } from '../service/migrate.ts'

/** The tables of an inbox, in the schema of its consumer's effects. */
export const INBOX_STEPS: readonly Step[] = [
  {
    name: 'inbox/1',
    sql: `
CREATE TABLE {schema}.inbox_consumer (
  consumer text PRIMARY KEY,
  begun_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE {schema}.inbox_position (
  consumer text NOT NULL,
  source text NOT NULL,
  order_id bigint NOT NULL,
  version integer NOT NULL,
  event_id uuid NOT NULL,
  PRIMARY KEY (consumer, source, order_id)
) WITH (fillfactor = 80);
CREATE TABLE {schema}.inbox_passed_over (
  consumer text NOT NULL,
  source text NOT NULL,
  order_id bigint NOT NULL,
  version integer NOT NULL,
  why text NOT NULL CHECK (why IN ('dead', 'missing', 'before')),
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, source, order_id, version)
);
CREATE TABLE {schema}.inbox_kept (
  consumer text NOT NULL,
  source text NOT NULL,
  order_id bigint NOT NULL,
  version integer NOT NULL,
  why text NOT NULL CHECK (why IN ('predecessor', 'failed')),
  event jsonb NOT NULL,
  headers jsonb NOT NULL,
  attempts integer NOT NULL,
  reason text,
  since timestamptz NOT NULL DEFAULT now(),
  next_try_at timestamptz NOT NULL,
  PRIMARY KEY (consumer, source, order_id, version)
);
CREATE INDEX ON {schema}.inbox_kept (consumer, next_try_at);
COMMENT ON TABLE {schema}.inbox_position IS 'Up to which version the events of an order have had their effect.';
COMMENT ON TABLE {schema}.inbox_passed_over IS 'Versions below the position without their effect: dead letters, those that never came, those before the consumer.';
COMMENT ON TABLE {schema}.inbox_kept IS 'Events that wait for their predecessors or for another try.';`
  },
  {
    name: 'inbox/2',
    sql: `
ALTER TABLE {schema}.inbox_consumer ADD COLUMN heard_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN {schema}.inbox_consumer.heard_at IS 'When a process of the consumer last said that it hears the broker.';`
  }
]
