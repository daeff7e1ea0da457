/** A bounded pool of connections to PostgreSQL, and transactions on it. */
import pg from 'pg'
import type { Logger } from './log.ts'
import { errorFields } from './log.ts'

export interface PoolOptions {
  readonly url: string
  /** Bound of the pool. */
  readonly connections: number
  /** `application_name` of its sessions. */
  readonly name: string
  /** Told of an idle connection's death; the pool replaces it. */
  readonly log: Logger
}

/** How long one waits for a free connection, and how long a statement may take. */
const PATIENCE_MS = 30_000

/** bigint as a number: ids and counts here stay far below 2^53. */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)

export function createPool({ url, connections, name, log }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    application_name: name,
    connectionTimeoutMillis: PATIENCE_MS,
    statement_timeout: PATIENCE_MS,
    keepAlive: true,
    // Statements that do not wait for one another's answers go out together.
    pipeline: true,
    types
  })
  pool.on('error', (error) => log.warn(errorFields(error), 'an idle database connection was lost'))
  // A connection may break between two statements of a transaction; the next statement reports it.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** What waits for the end of each open transaction. */
const waiting = new WeakMap<pg.ClientBase, (() => void)[]>()

/**
 * What counts only once it has happened, such as a metric: run after the commit of the client's `transaction`, never
 * after a rollback; at once outside of one.
 */
export function afterCommit(client: pg.ClientBase, effect: () => void): void {
  const effects = waiting.get(client)
  if (effects === undefined) effect()
  else effects.push(effect)
}

/** For whoever rolls back to a savepoint that was set before any of them. */
export function forgetAfterCommit(client: pg.ClientBase): void {
  waiting.get(client)?.splice(0)
}

/** Takes a statement for whose answer the work need not wait: it goes out with the commit, and fails it. */
export type Lastly = (statement: Promise<unknown>) => void

/** All of `work` or nothing: an error rolls back and is thrown on. */
export async function transaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient, lastly: Lastly) => Promise<T>
): Promise<T> {
  const client = await pool.connect()
  const effects: (() => void)[] = []
  const late: Promise<unknown>[] = []
  const lastly: Lastly = (statement) => {
    // Its failure is told by the commit.
    statement.catch(() => undefined)
    late.push(statement)
  }
  let broken: Error | undefined
  try {
    // It goes out with the first statements; when it fails, so do they.
    const begun = client.query('BEGIN')
    waiting.set(client, effects)
    const [result] = await Promise.all([work(client, lastly), begun])
    // A commit after a statement that failed is a rollback.
    await Promise.all([...late, client.query('COMMIT')])
    for (const effect of effects) effect()
    return result
  } catch (error) {
    broken = await rollback(client)
    throw error
  } finally {
    waiting.delete(client)
    client.release(broken)
  }
}

/** The error that makes the connection unusable, if any. */
async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
