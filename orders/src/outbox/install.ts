/** Puts an outbox into a service's database and takes it out again; the application's code and tables stay as they are. */
import pg from 'pg'
import type { EventSource } from '../events/event.ts'
import { installSql, removeSql, triggersOf } from './sql.ts'
import { schemaOf, SOURCES } from './sources.ts'

/** What cannot be done, in a sentence that says how to mend it. */
export class OutboxError extends Error {
  override readonly name = 'OutboxError'
}

export interface OutboxStatus {
  readonly source: EventSource
  readonly schema: string
  readonly triggers: readonly { readonly table: string; readonly name: string; readonly installed: boolean }[]
  /** Events that wait for the relay; undefined without an outbox. */
  readonly backlog: number | undefined
  /** Seconds since the oldest of them; 0 without one. */
  readonly oldestSeconds: number
  /** Orders that have had an event. */
  readonly orders: number
}

/** A trigger needs its table for a moment; longer than this nobody's writes should wait behind us. */
const LOCK_TIMEOUT_MS = 5000

/** Idempotent, in one transaction. @throws OutboxError */
export async function installOutbox(client: pg.ClientBase, source: EventSource): Promise<OutboxStatus> {
  const missing = await missingTables(client, source)
  if (missing.length > 0)
    throw new OutboxError(
      `this database has no table ${missing.join(', ')}, which the source "${source}" is made of: give the URL of the ${source} database`
    )
  await refuseUnfit(client, source)
  await inTransaction(client, installSql(source))
  return await outboxStatus(client, source)
}

/**
 * Removes triggers, functions and events; `Everything` also the versions: then consumers must forget theirs as well,
 * before an outbox is installed again. @throws OutboxError while events wait for the relay, unless `unpublished` says so
 */
export async function removeOutbox(
  client: pg.ClientBase,
  source: EventSource,
  options: { readonly what: 'ButVersions' | 'Everything'; readonly unpublished: 'Keep' | 'Drop' }
): Promise<OutboxStatus> {
  const { backlog = 0 } = await outboxStatus(client, source)
  if (backlog > 0 && options.unpublished === 'Keep')
    throw new OutboxError(
      `${backlog} events of ${source} wait for the relay and would be lost: let it run until there is none, or drop them with --drop-unpublished`
    )
  await inTransaction(client, removeSql(source, options.what))
  return await outboxStatus(client, source)
}

export async function outboxStatus(client: pg.ClientBase, source: EventSource): Promise<OutboxStatus> {
  const schema = schemaOf(source)
  const { rows } = await client.query<{ name: string; table: string }>(
    `SELECT tgname AS name, n.nspname || '.' || c.relname AS table FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal`
  )
  const triggers = triggersOf(source).map(({ name, table }) => ({
    name,
    table,
    installed: rows.some((row) => row.name === name && row.table === table)
  }))
  const tables = await presentOf(client, [`${schema}.order_version`, `${schema}.event`])
  const waiting = tables.includes(`${schema}.event`) ? await waitingIn(client, schema) : undefined
  const orders = tables.length > 0 ? await ordersIn(client, tables) : 0
  return {
    source,
    schema,
    triggers,
    backlog: waiting?.count,
    oldestSeconds: waiting?.oldest ?? 0,
    orders
  }
}

async function waitingIn(client: pg.ClientBase, schema: string): Promise<{ count: number; oldest: number }> {
  const { rows } = await client.query<{ count: number; oldest: number }>(
    `SELECT count(*)::integer AS count,
  coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::double precision AS oldest FROM ${schema}.event`
  )
  return rows[0] ?? { count: 0, oldest: 0 }
}

async function ordersIn(client: pg.ClientBase, tables: readonly string[]): Promise<number> {
  const orders = tables.map((table) => `SELECT order_id FROM ${table}`).join(' UNION ')
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM (${orders}) AS orders`
  )
  return rows[0]?.count ?? 0
}

async function missingTables(client: pg.ClientBase, source: EventSource): Promise<string[]> {
  const wanted = [...new Set(SOURCES[source].map(({ table }) => table))]
  const present = await presentOf(client, wanted)
  return wanted.filter((table) => !present.includes(table))
}

async function presentOf(client: pg.ClientBase, tables: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
    [tables]
  )
  return rows.map(({ name }) => name)
}

/** What would fail the writes of the application later is refused now. @throws OutboxError */
async function refuseUnfit(client: pg.ClientBase, source: EventSource): Promise<void> {
  const parents = [...new Set(SOURCES[source].flatMap(({ parent }) => parent ?? []))]
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name WHERE NOT has_table_privilege(name, 'UPDATE')`,
    [parents]
  )
  const [locked] = rows
  if (locked !== undefined)
    throw new OutboxError(
      `this role may not lock the rows of ${locked.name}: install as their owner, or GRANT UPDATE ON ${locked.name} to it`
    )
  const older = await client.query(
    `SELECT FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'event' AND column_name = 'version'`,
    [schemaOf(source)]
  )
  if ((older.rowCount ?? 0) > 0)
    throw new OutboxError(
      `an outbox of an earlier version is there: let the relay empty it, then alexandrite orders outbox remove --source ${source}, and install again`
    )
}

/** Nobody else installs or removes at the same time. */
async function inTransaction(client: pg.ClientBase, sql: string): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`)
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('orders outbox', 0))`)
    await client.query(sql)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw lockedOut(error)
  }
}

/** SQLSTATE 55P03, lock_not_available. */
const lockedOut = (error: unknown): unknown =>
  error instanceof pg.DatabaseError && error.code === '55P03'
    ? new OutboxError(
        `a long transaction holds a table for more than ${LOCK_TIMEOUT_MS / 1000} s, and nobody should wait behind this: nothing was changed; try again when it has ended`
      )
    : error
