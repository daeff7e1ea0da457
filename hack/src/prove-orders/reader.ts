/** What the counting consumer writes. */
import type { Step } from '@alexandrite/orders'

export const READER = 'prove_reader'

export const READER_STEPS: readonly Step[] = [
  {
    name: 'reader/1',
    sql: `CREATE TABLE {schema}.effect (
  seq bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, source text NOT NULL, order_id bigint NOT NULL, version integer NOT NULL,
  status text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON {schema}.effect (source, order_id, version)`
  }
]
