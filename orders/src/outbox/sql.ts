/** The statements that put an outbox into a service's database. Names are constants of ours: nothing here is input. */
import type { EventSource } from '../events/event.ts'
import { schemaOf, SLOTS, SOURCES } from './sources.ts'
import type { WatchedTable } from './sources.ts'

/**
 * `event` holds what is not published yet: a row is deleted in the transaction that published it, so its size is that of
 * the backlog. `order_version` outlives an uninstalled outbox: consumers take a version that they know for a repetition.
 */
const tables = (schema: string): string => `
CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE IF NOT EXISTS ${schema}.order_version (
  order_id bigint PRIMARY KEY,
  version integer NOT NULL,
  status text NOT NULL,
  at timestamptz NOT NULL,
  previous_status text,
  previous_at timestamptz
) WITH (fillfactor = 70);
CREATE TABLE IF NOT EXISTS ${schema}.event (
  slot smallint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  id uuid NOT NULL,
  kind text NOT NULL,
  order_id bigint NOT NULL,
  version integer NOT NULL,
  occurred_at timestamptz NOT NULL,
  previous_at timestamptz,
  status text NOT NULL,
  previous_status text,
  "order" json NOT NULL,
  PRIMARY KEY (slot, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
COMMENT ON SCHEMA ${schema} IS 'Events of orders that wait for the relay; removed by: alexandrite orders outbox remove';`

interface Trigger {
  readonly name: string
  readonly table: string
  readonly sql: string
}

/** Names of the triggers and of their functions, by table and kind. */
export const triggersOf = (source: EventSource): readonly Trigger[] =>
  SOURCES[source].map((watched) => {
    const name = `orders_outbox_${watched.kind}`
    const body = `${schemaOf(source)}.${nameOfFunction(watched)}()`
    const when = watched.when === undefined ? '' : `WHEN (${watched.when})\n  `
    return {
      name,
      table: watched.table,
      sql: `CREATE OR REPLACE TRIGGER ${name} AFTER ${watched.on} ON ${watched.table} FOR EACH ROW\n  ${when}EXECUTE FUNCTION ${body};`
    }
  })

const nameOfFunction = ({ table, kind }: WatchedTable): string => `${table.replace('.', '_')}_${kind}`

/**
 * The version's row is locked until the change is committed: events of one order become visible in the order of their
 * versions. Runs with the owner's rights, so that the application needs none on the outbox.
 */
function triggerFunction(schema: string, watched: WatchedTable): string {
  const { kind, orderId, status, previousStatus, order, join } = watched
  const columns = Object.entries(order).map(([name, expression]) => `'${name}', ${expression}`)
  const from = join === undefined ? '' : `\n  FROM (VALUES (1)) AS one LEFT JOIN ${join}`
  const before = previousStatus === undefined ? 'NULL' : `(${previousStatus})`
  const previous =
    kind === 'status'
      ? `CASE WHEN known.version = 1 THEN ${before} ELSE nullif(known.previous_status, ${status}) END`
      : 'NULL'
  return `
CREATE OR REPLACE FUNCTION ${schema}.${nameOfFunction(watched)}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE known ${schema}.order_version;
BEGIN
  INSERT INTO ${schema}.order_version AS v (order_id, version, status, at) VALUES (${orderId}, 1, ${status}, now())
  ON CONFLICT (order_id) DO UPDATE SET version = v.version + 1, status = excluded.status, at = excluded.at,
    previous_status = v.status, previous_at = v.at
  RETURNING * INTO known;
  INSERT INTO ${schema}.event (slot, id, kind, order_id, version, occurred_at, previous_at, status, previous_status, "order")
  SELECT (known.order_id % ${SLOTS})::smallint, gen_random_uuid(), '${kind}', known.order_id, known.version, known.at,
    known.previous_at, known.status, ${previous},
    json_build_object(${columns.join(', ')})${from};
  PERFORM pg_notify('${schema}', '');
  RETURN NULL;
END $$;`
}

/** Idempotent: what is there stays, functions and triggers are made anew. */
export const installSql = (source: EventSource): string =>
  [
    tables(schemaOf(source)),
    ...SOURCES[source].map((watched) => triggerFunction(schemaOf(source), watched)),
    ...triggersOf(source).map(({ sql }) => sql)
  ].join('\n')

/** Everything but the versions; `Everything`: those too. */
export const removeSql = (source: EventSource, what: 'ButVersions' | 'Everything'): string => {
  const schema = schemaOf(source)
  const functions = SOURCES[source].map(
    (watched) => `DROP FUNCTION IF EXISTS ${schema}.${nameOfFunction(watched)}() CASCADE;`
  )
  return [
    ...triggersOf(source).map(({ name, table }) => `DROP TRIGGER IF EXISTS ${name} ON ${table};`),
    ...(what === 'Everything'
      ? [`DROP SCHEMA IF EXISTS ${schema} CASCADE;`]
      : [...functions, `DROP TABLE IF EXISTS ${schema}.event;`])
  ].join('\n')
}
