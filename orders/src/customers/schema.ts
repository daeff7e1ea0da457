/** Tables of customers: schema `customers`. Addresses are in `contact` and nowhere else. */
import type { Step } from '../service/migrate.ts'

export const CUSTOMERS = 'customers'

export const CUSTOMER_STEPS: readonly Step[] = [
  {
    name: 'customers/1-contacts-and-orders',
    sql: `
CREATE TABLE customers.contact (
  customer_ref text PRIMARY KEY,
  email text,
  webhook_url text,
  language text NOT NULL DEFAULT 'ru' CHECK (language IN ('ru', 'en')),
  way text NOT NULL DEFAULT 'email' CHECK (way IN ('email', 'webhook', 'none')),
  time_zone text NOT NULL DEFAULT 'Europe/Moscow',
  quiet_from text NOT NULL DEFAULT '22:00',
  quiet_to text NOT NULL DEFAULT '08:00'
);

-- entered: when each of the ten states was entered, in milliseconds; promised: the state machine of promises/shift.ts.
CREATE TABLE customers.order (
  order_id bigint PRIMARY KEY,
  customer_ref text,
  order_number text,
  size text NOT NULL DEFAULT 'unknown',
  asked boolean NOT NULL DEFAULT false,
  ask_after timestamptz NOT NULL DEFAULT '-infinity',
  entered bigint[] NOT NULL,
  made_at timestamptz GENERATED ALWAYS AS (to_timestamp(entered[1] / 1000.0)) STORED,
  promised jsonb,
  look_at timestamptz
);
CREATE INDEX order_made ON customers.order (made_at);
CREATE INDEX order_to_look ON customers.order (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX order_to_ask ON customers.order (ask_after) WHERE look_at IS NOT NULL AND NOT asked;

CREATE TABLE customers.telling (
  order_id bigint NOT NULL,
  number integer NOT NULL,
  kind text NOT NULL,
  reason text NOT NULL,
  date timestamptz,
  before timestamptz NOT NULL,
  outcome text NOT NULL,
  made_at timestamptz NOT NULL,
  PRIMARY KEY (order_id, number)
);
`
  },
  {
    name: 'customers/2-how-far-the-past-was-read',
    sql: `
CREATE TABLE customers.past_read (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  last_id bigint NOT NULL,
  done boolean NOT NULL DEFAULT false
);
`
  }
]
