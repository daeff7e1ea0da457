import type { Month } from './growth.ts'
import { ORDER_STATES } from './states.ts'
import type { OrderState } from './states.ts'

export interface SeedStep {
  /** For the progress line. */
  readonly name: string
  readonly sql: string
}

/** Operators that the seed knows; their ids run from 1. */
export const OPERATORS = 40
/** Customers that the seed knows; their ids run from 1. */
export const CUSTOMERS = 5000
/** Catalogue items that the seed knows; their ids run from 1. */
export const ITEMS = 600

/** The session token of a seeded customer. Made-up data: a real shop would hand out random ones. */
export const customerToken = (customerId: number): string => `session-${String(customerId).padStart(5, '0')}`

/**
 * `rnd(n, salt)`: a number in [0, 1) that depends on nothing but its arguments and the seed, so that the same
 * seed gives the same rows on every machine, in whichever order PostgreSQL makes them.
 */
const randomness = (seed: number): string => `
CREATE FUNCTION pg_temp.rnd(n bigint, salt integer) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  'SELECT (hashint8extended(n, ${seed}::bigint * 1000 + salt) & 2147483647)::float8 / 2147483648'`

const materials = `
SELECT * FROM (VALUES
  (1, 'AG925', 'Sterling silver', 180), (2, 'AU585Y', 'Yellow gold 585', 4900), (3, 'AU585W', 'White gold 585', 5100),
  (4, 'AU750Y', 'Yellow gold 750', 6600), (5, 'AU750R', 'Rose gold 750', 6700), (6, 'PT950', 'Platinum 950', 4300),
  (7, 'PD950', 'Palladium 950', 4700), (8, 'BRZ', 'Bronze', 40), (9, 'BRS', 'Brass', 35), (10, 'TI2', 'Titanium', 95)
) AS m (id, code, name, price)`

const people = `
INSERT INTO mes.materials SELECT id, code, name, price FROM (${materials}) AS s;
INSERT INTO shop.materials SELECT id, code, name FROM (${materials}) AS s;
INSERT INTO mes.operators
  SELECT i, 'Operator ' || lpad(i::text, 2, '0'), (ARRAY['early', 'late', 'night'])[i % 3 + 1]
  FROM generate_series(1, ${OPERATORS}) AS i;
INSERT INTO shop.customers
  SELECT i, 'session-' || lpad(i::text, 5, '0') FROM generate_series(1, ${CUSTOMERS}) AS i;
INSERT INTO shop.catalogue_items
  SELECT i, c.category || ' no. ' || i, c.category, 1 + floor(10 * pg_temp.rnd(i, 2)), 1900 + floor(240000 * pg_temp.rnd(i, 3)),
    'Our own design no. ' || i || ': ' || repeat('cast, polished and checked by hand; ', 1 + floor(8 * pg_temp.rnd(i, 4))::integer)
  FROM generate_series(1, ${ITEMS}) AS i,
    LATERAL (SELECT (ARRAY['Ring', 'Earring', 'Pendant', 'Bracelet', 'Brooch', 'Cufflink'])[1 + floor(6 * pg_temp.rnd(i, 1))::integer])
      AS c (category)`

/**
 * What becomes of each order: when it was made, how far it will get (nearly half are abandoned before anything
 * is made; one in 200 gets lost or stuck), and whether it is one of the tenth that take months.
 */
const plan = (months: readonly Month[]): string => `
CREATE TEMPORARY TABLE plan AS
SELECT id, created_at,
  CASE WHEN pg_temp.rnd(id, 20) < 0.20 THEN 1 WHEN pg_temp.rnd(id, 20) < 0.35 THEN 2 WHEN pg_temp.rnd(id, 20) < 0.40 THEN 3
    WHEN pg_temp.rnd(id, 20) < 0.45 THEN 4 WHEN pg_temp.rnd(id, 20) < 0.455 THEN 5 + floor(4 * pg_temp.rnd(id, 21))::integer
    ELSE 10 END AS reach,
  CASE WHEN pg_temp.rnd(id, 22) < 0.10 THEN 4 ELSE 1 END AS slowness
FROM (
  SELECT row_number() OVER (ORDER BY m.start, i) AS id,
    m.start + (m.finish - m.start) * ((i - 1 + pg_temp.rnd(i, extract(month FROM m.start)::integer)) / m.orders) AS created_at
  FROM (VALUES ${months.map(monthRow).join(', ')}) AS m (start, finish, orders), generate_series(1, m.orders) AS i
) AS o;
ANALYZE plan`

const monthRow = (month: Month): string =>
  `('${month.start.toISOString()}'::timestamptz, '${month.end.toISOString()}'::timestamptz, ${month.orders})`

/**
 * When each state begins, in hours after the order was made: `base + span * random + tail * another random`.
 * The windows of two states never overlap; pricing (4) follows its submission (3) by 2 to 30 minutes.
 * Three weeks in all, four times as long from the approval (5) on for a slow order.
 */
const WINDOWS: Readonly<Record<OrderState, readonly [base: number, span: number, tail: number]>> = {
  INITIATED: [0, 0, 0],
  FILE_UPLOADED: [0.05, 1.5, 0],
  SUBMITTED: [2, 20, 0],
  PRICE_CALCULATED: [2.03, 20, 0.45],
  MANUFACTURING_APPROVED: [24, 72, 0],
  MANUFACTURING_STARTED: [96, 96, 0],
  MANUFACTURING_COMPLETED: [192, 120, 0],
  PACKAGING: [312, 24, 0],
  SHIPPED: [336, 48, 0],
  CLOSED: [384, 120, 0]
}
const windows = ORDER_STATES.map(
  (state, i) =>
    `(${i + 1}, '${state}'::mes.order_status, ${WINDOWS[state].map((hours) => `${hours}::float8`).join(', ')})`
).join(', ')

/** A row for each state that an order has entered by the end of the history. */
const history = (until: Date): string => `
INSERT INTO mes.order_status_history (order_id, status, changed_at, operator_id)
SELECT p.id, s.status, t.changed_at,
  CASE WHEN s.k BETWEEN 6 AND 9 THEN 1 + floor(${OPERATORS} * pg_temp.rnd(p.id, 30))::integer END
FROM plan AS p
  CROSS JOIN (VALUES ${windows}) AS s (k, status, base, span, tail)
  CROSS JOIN LATERAL (SELECT p.created_at + interval '1 hour' * (CASE WHEN s.k > 4 THEN p.slowness ELSE 1 END
    * (s.base + s.span * pg_temp.rnd(p.id, CASE s.k WHEN 4 THEN 3 ELSE s.k END) + s.tail * pg_temp.rnd(p.id, 31)))) AS t (changed_at)
WHERE s.k <= p.reach AND t.changed_at <= '${until.toISOString()}'
ORDER BY t.changed_at, p.id, s.k`

const orders = `
INSERT INTO mes.orders
SELECT id, 'A-' || lpad(id::text, 7, '0'), CASE WHEN pg_temp.rnd(id, 40) < 0.15 THEN 'B2B' ELSE 'SHOP' END,
  'C-' || lpad((1 + floor(${CUSTOMERS} * pg_temp.rnd(id, 41)))::text, 5, '0'), 1 + floor(10 * pg_temp.rnd(id, 42)),
  1 + floor(3 * pg_temp.rnd(id, 43) ^ 3), created_at + interval '21 days', created_at
FROM plan ORDER BY id`

const files = `
INSERT INTO mes.order_files (order_id, name, size_bytes, polygons)
SELECT p.id, 'model-' || p.id || '-' || i || '.stl', 200000 + floor(40000000 * pg_temp.rnd(p.id, 50 + i)),
  4000 + floor(900000 * pg_temp.rnd(p.id, 50 + i))
FROM plan AS p, generate_series(1, 1 + floor(2.2 * pg_temp.rnd(p.id, 50) ^ 2)::integer) AS i
WHERE EXISTS (SELECT FROM mes.order_status_history AS h WHERE h.order_id = p.id AND h.status = 'FILE_UPLOADED')
ORDER BY p.id, i`

/** One order in seven was priced twice; the last price counts. */
const prices = `
INSERT INTO mes.order_prices (order_id, amount_cents, currency, calculated_at)
SELECT h.order_id, 2500 + floor(300000 * pg_temp.rnd(h.order_id, 60 + i)), 'EUR', h.changed_at + interval '10 minutes' * (i - 1)
FROM mes.order_status_history AS h, generate_series(1, CASE WHEN pg_temp.rnd(h.order_id, 60) < 0.15 THEN 2 ELSE 1 END) AS i
WHERE h.status = 'PRICE_CALCULATED' ORDER BY h.order_id, i`

const shopOrders = `
INSERT INTO shop.orders
SELECT o.id, substr(o.customer_ref, 3)::integer,
  CASE WHEN pg_temp.rnd(o.id, 70) < 0.6 THEN 1 + floor(${ITEMS} * pg_temp.rnd(o.id, 71)) END, o.material_id, o.quantity, h.status, o.created_at
FROM mes.orders AS o JOIN (SELECT order_id, max(status) AS status FROM mes.order_status_history GROUP BY order_id) AS h
  ON h.order_id = o.id
WHERE o.source = 'SHOP' ORDER BY o.id;
INSERT INTO shop.order_files (order_id, name, size_bytes, content_type, uploaded_at)
SELECT f.order_id, f.name, f.size_bytes, 'model/stl', o.created_at
FROM mes.order_files AS f JOIN shop.orders AS o ON o.id = f.order_id ORDER BY f.id`

const sequences = ['mes.orders', 'shop.orders']
  .map((table) => `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT max(id) FROM ${table}))`)
  .join(';\n')

/** The rows, in the order in which they must be made. */
export function seedSteps(months: readonly Month[], seed: number, until: Date): SeedStep[] {
  return [
    { name: 'people, materials and catalogue', sql: `${randomness(seed)};${people}` },
    { name: 'plan of each order', sql: plan(months) },
    { name: 'status history', sql: history(until) },
    { name: 'orders', sql: orders },
    { name: 'statistics', sql: 'ANALYZE mes.order_status_history' },
    { name: 'files', sql: files },
    { name: 'prices', sql: prices },
    { name: 'orders of the shop', sql: shopOrders },
    { name: 'sequences', sql: sequences }
  ]
}
