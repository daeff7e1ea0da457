/** Tables of logistics: schema `logistics`. No person is named in them, and no key or body of a call is kept. */
import type { Step } from '../service/migrate.ts'

export const LOGISTICS = 'logistics'

export const LOGISTICS_STEPS: readonly Step[] = [
  {
    name: 'logistics/1-parcels-and-calls',
    sql: `
CREATE TABLE logistics.parcel (
  order_id bigint PRIMARY KEY,
  packed_at timestamptz,
  handed_at timestamptz,
  accepted_at timestamptz,
  delivered_at timestamptz,
  closed_at timestamptz,
  close_attempts integer NOT NULL DEFAULT 0,
  close_after timestamptz,
  close_reason text
);
CREATE INDEX parcel_waiting ON logistics.parcel (handed_at)
  WHERE handed_at IS NOT NULL AND accepted_at IS NULL AND delivered_at IS NULL AND closed_at IS NULL;
CREATE INDEX parcel_to_close ON logistics.parcel (close_after) WHERE close_after IS NOT NULL;

CREATE TABLE logistics.call (
  carrier text NOT NULL,
  id text NOT NULL,
  type text NOT NULL,
  order_id bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  heard_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (carrier, id)
);
CREATE INDEX call_heard ON logistics.call (heard_at);

CREATE TABLE logistics.refused_call (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  heard_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL,
  sentence text NOT NULL,
  carrier text,
  body_bytes integer NOT NULL,
  body_sha256 text NOT NULL
);
CREATE INDEX refused_call_heard ON logistics.refused_call (heard_at);
`
  }
]
