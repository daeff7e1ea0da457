import pg from 'pg'
import { ApiError } from './errors.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './tracing.ts'

export interface DatabaseOptions {
  /** Undefined: there is none, and each statement fails with a sentence that says so. */
  readonly url: string | undefined
  /** Bound of the pool. */
  readonly connections: number
  readonly metrics: Metrics
  readonly tracing: Tracing
  /** Told of an idle connection's death; the pool replaces it. */
  readonly onConnectionLost: (error: Error) => void
}

/** A statement's name (a metric label and span name, so never made from input), its text and its values. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values?: readonly unknown[]
}

export type Run = <Row extends pg.QueryResultRow>(statement: Statement) => Promise<Row[]>

/** How long a request waits for a free connection before it fails; PostgreSQL's own limit per statement is equal. */
const PATIENCE_MS = 30_000

/** bigint as a number: ids and counts here stay far below 2^53. */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)

/** A bounded pool whose statements are counted, timed and traced. */
export class Database {
  readonly #pool: pg.Pool
  readonly #url: string | undefined
  readonly #metrics: Metrics
  readonly #tracing: Tracing

  constructor(options: DatabaseOptions) {
    this.#url = options.url
    this.#metrics = options.metrics
    this.#tracing = options.tracing
    this.#pool = new pg.Pool({
      ...(options.url !== undefined && { connectionString: options.url }),
      max: options.connections,
      connectionTimeoutMillis: PATIENCE_MS,
      statement_timeout: PATIENCE_MS,
      types
    })
    this.#pool.on('error', options.onConnectionLost)
    // One that is in use may break between two statements: the next of them fails.
    this.#pool.on('connect', (client) => client.on('error', () => undefined))
  }

  /** One statement on any free connection. */
  readonly query: Run = async (statement) => {
    this.#mustBeThere()
    return await this.#run(this.#pool, statement)
  }

  /** All of `work` or nothing: an error rolls back. */
  async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    this.#mustBeThere()
    const client = await this.#pool.connect()
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work((statement) => this.#run(client, statement))
      await client.query('COMMIT')
      return result
    } catch (error) {
      broken = await rollback(client)
      throw error
    } finally {
      client.release(broken)
    }
  }

  /** Refreshes the gauges of the pool; called when metrics are read. */
  observePool(): void {
    const { totalCount, idleCount, waitingCount } = this.#pool
    this.#metrics.connections.set({ state: 'busy' }, totalCount - idleCount)
    this.#metrics.connections.set({ state: 'idle' }, idleCount)
    this.#metrics.connections.set({ state: 'waiting' }, waitingCount)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  #mustBeThere(): void {
    if (this.#url === undefined)
      throw new ApiError('database_unavailable', 'This process was given no database; see DATABASE_URL.')
  }

  async #run<Row extends pg.QueryResultRow>(
    on: pg.Pool | pg.PoolClient,
    statement: Statement
  ): Promise<Row[]> {
    const { name, text, values = [] } = statement
    this.#metrics.queries.inc({ query: name })
    const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name }
    return await this.#tracing.child(name, attributes, async () => {
      const end = this.#metrics.querySeconds.startTimer({ query: name })
      try {
        return (await on.query<Row>(text, [...values])).rows
      } finally {
        end()
      }
    })
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
