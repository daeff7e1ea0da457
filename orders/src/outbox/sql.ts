/** The statements that put an outbox into a service's database. Names are constants of ours: nothing here is input. */
import type { EventSource } from '../events/event.ts'
import { schemaOf, SLOTS, SOURCES, STATUS_BEFORE } from './sources.ts'
import type { WatchedTable } from './sources.ts'

/**
 * `event` holds what is not published yet: a row is deleted in the transaction that published it, so its size is that of
 * the backlog. `order_version` counts what was published; it outlives an uninstalled outbox, for consumers take a version
 * that they know for a repetition.
 */
const tables = (schema: string): string => `
CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE IF NOT EXISTS ${schema}.order_version (
  order_id bigint PRIMARY KEY,
  version integer NOT NULL,
  status text NOT NULL,
  at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE TABLE IF NOT EXISTS ${schema}.event (
  slot smallint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  id uuid NOT NULL,
  kind text NOT NULL,
  order_id bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  status text NOT NULL,
  previous_status text,
  "order" json NOT NULL,
  PRIMARY KEY (slot, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
COMMENT ON SCHEMA ${schema} IS 'Events of orders that wait for the relay; removed by: alexandrite orders outbox remove';`

/** With the owner's rights: who publishes needs none on the tables of the source. */
const statusBefore = (source: EventSource): string => {
  const query = STATUS_BEFORE[source]
  return query === undefined
    ? ''
    : `
CREATE OR REPLACE FUNCTION ${schemaOf(source)}.status_before(bigint, text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ ${query} $$;`
}

/**
 * Takes the rows of `taken` (order_id, seq, status, occurred_at) as published: a statement's end. Who numbers the events
 * counts in the same way: see the relay.
 */
export const countPublished = (schema: string, taken: string): string => `
INSERT INTO ${schema}.order_version AS v (order_id, version, status, at)
SELECT order_id, count(*)::integer, (array_agg(status ORDER BY seq DESC))[1], (array_agg(occurred_at ORDER BY seq DESC))[1]
FROM ${taken} AS taken GROUP BY order_id
ON CONFLICT (order_id) DO UPDATE SET version = v.version + excluded.version, status = excluded.status, at = excluded.at`

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
 * One row for the change, and nothing else: what can be done later is left to the relay. The row of the order is locked
 * until the commit (by the change itself, or here), and `seq` is taken after that: events of one order become visible in
 * their order. Runs with the owner's rights, so that the application needs none on the outbox.
 */
function triggerFunction(schema: string, watched: WatchedTable): string {
  const { kind, orderId, status, previousStatus = 'NULL', order, parent } = watched
  const columns = Object.entries(order).map(([name, expression]) => `'${name}', ${expression}`)
  const declare = parent === undefined ? '' : `DECLARE parent ${parent};\n`
  const lock =
    parent === undefined
      ? ''
      : `  SELECT * INTO parent FROM ${parent} AS o WHERE o.id = ${orderId} FOR NO KEY UPDATE;\n`
  return `
CREATE OR REPLACE FUNCTION ${schema}.${nameOfFunction(watched)}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
${declare}BEGIN
${lock}  INSERT INTO ${schema}.event (slot, id, kind, order_id, occurred_at, status, previous_status, "order")
  VALUES ((${orderId} % ${SLOTS})::smallint, gen_random_uuid(), '${kind}', ${orderId}, now(), ${status}, ${previousStatus},
    json_build_object(${columns.join(', ')}));
  RETURN NULL;
END $$;`
}

/** Idempotent: what is there stays, functions and triggers are made anew. */
export const installSql = (source: EventSource): string =>
  [
    tables(schemaOf(source)),
    statusBefore(source),
    ...SOURCES[source].map((watched) => triggerFunction(schemaOf(source), watched)),
    ...triggersOf(source).map(({ sql }) => sql)
  ].join('\n')

/** Everything but the versions, in which events that were never published count as well; `Everything`: those too. */
export const removeSql = (source: EventSource, what: 'ButVersions' | 'Everything'): string => {
  const schema = schemaOf(source)
  const functions = [
    ...SOURCES[source].map((watched) => `${nameOfFunction(watched)}()`),
    'status_before(bigint, text)'
  ].map((name) => `DROP FUNCTION IF EXISTS ${schema}.${name} CASCADE;`)
  return [
    ...triggersOf(source).map(({ name, table }) => `DROP TRIGGER IF EXISTS ${name} ON ${table};`),
    ...(what === 'Everything'
      ? [`DROP SCHEMA IF EXISTS ${schema} CASCADE;`]
      : [...functions, forgetEvents(schema)])
  ].join('\n')
}

/** The lock waits for a relay that counts the same events. */
const forgetEvents = (schema: string): string => `
DO $$ BEGIN
  IF to_regclass('${schema}.event') IS NOT NULL THEN
    LOCK TABLE ${schema}.event IN ACCESS EXCLUSIVE MODE;
    ${countPublished(schema, `${schema}.event`)};
    DROP TABLE ${schema}.event;
  END IF;
END $$;`
