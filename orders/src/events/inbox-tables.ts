/** The statements of an inbox. */
import pg from 'pg'
import type { Pool, PoolClient } from 'pg'
import type { EventAddress } from './message.ts'
import type { OrderEvent } from './event.ts'
import type { Seen, Why } from './versions.ts'

export type Headers = Readonly<Record<string, unknown>>

/** An event that is kept in the inbox. */
export interface Kept {
  readonly event: OrderEvent
  readonly headers: Headers
}

/** Which order in which source. */
export type Stream = Pick<EventAddress, 'source' | 'orderId'>

export interface Keeping extends Kept {
  readonly why: Why
  readonly waitMs: number
  readonly reason?: string
}

interface LookRow {
  readonly position: number | null
  readonly passed: boolean
  readonly why: Why | null
  readonly due: boolean
  readonly next: boolean
  readonly given_up: boolean
}

/** What is known of an event, and of the one after it. */
export interface Look extends Seen {
  readonly nextIsKept: boolean
  /** The next version is a dead letter that came ahead of its turn. */
  readonly nextIsGivenUp: boolean
}

const NOTHING: LookRow = {
  position: null,
  passed: false,
  why: null,
  due: false,
  next: false,
  given_up: false
}

const lookIn = ({ position, passed, why, due, next, given_up }: LookRow): Look => ({
  position: position ?? undefined,
  passedOver: passed,
  kept: why === null ? undefined : { due, why },
  nextIsKept: next,
  nextIsGivenUp: given_up
})

/** Each method is a statement in the caller's transaction. */
export class InboxTables {
  readonly #schema: string
  readonly #consumer: string

  constructor(schema: string, consumer: string) {
    this.#schema = pg.escapeIdentifier(schema)
    this.#consumer = consumer
  }

  /** Remembers when the consumer began, once; milliseconds since 1970. */
  async begin(pool: Pool): Promise<number> {
    await pool.query(
      `INSERT INTO ${this.#schema}.inbox_consumer (consumer) VALUES ($1) ON CONFLICT DO NOTHING`,
      [this.#consumer]
    )
    const { rows } = await pool.query<{ begun: string }>(
      `SELECT (extract(epoch FROM begun_at) * 1000)::text AS begun FROM ${this.#schema}.inbox_consumer WHERE consumer = $1`,
      [this.#consumer]
    )
    return Number(rows[0]?.begun)
  }

  /** Somebody hears the broker now. @returns milliseconds since that was last said */
  async heard(client: PoolClient): Promise<number> {
    const { rows } = await client.query<{ silence: number }>(
      `UPDATE ${this.#schema}.inbox_consumer AS now SET heard_at = clock_timestamp()
FROM (SELECT consumer, heard_at FROM ${this.#schema}.inbox_consumer WHERE consumer = $1 FOR UPDATE) AS before
WHERE now.consumer = before.consumer
RETURNING (extract(epoch FROM now.heard_at - before.heard_at) * 1000)::double precision AS silence`,
      [this.#consumer]
    )
    return rows[0]?.silence ?? 0
  }

  /** Events whose predecessors have not had their effect wait for so long from now on; those under way are left alone. */
  async waitAnew(client: PoolClient, waitMs: number): Promise<void> {
    await client.query(
      `UPDATE ${this.#schema}.inbox_kept AS kept
SET next_try_at = clock_timestamp() + make_interval(secs => $2::double precision / 1000)
FROM (SELECT consumer, source, order_id, version FROM ${this.#schema}.inbox_kept
  WHERE consumer = $1 AND why = 'predecessor' FOR UPDATE SKIP LOCKED) AS idle
WHERE (kept.consumer, kept.source, kept.order_id, kept.version) = (idle.consumer, idle.source, idle.order_id, idle.version)
  AND NOT EXISTS (SELECT FROM ${this.#schema}.inbox_position AS known
    WHERE (known.consumer, known.source, known.order_id) = (idle.consumer, idle.source, idle.order_id)
      AND known.version = idle.version - 1)`,
      [this.#consumer, waitMs]
    )
  }

  /** Of each order the first of the events whose time has come. */
  async due(pool: Pool, limit: number): Promise<Kept[]> {
    const { rows } = await pool.query<Kept>({
      name: `inbox due ${this.#schema}`,
      text: `SELECT DISTINCT ON (source, order_id) event, headers FROM (
  SELECT * FROM ${this.#schema}.inbox_kept WHERE consumer = $1 AND next_try_at <= clock_timestamp()
  ORDER BY next_try_at LIMIT $2) AS come ORDER BY source, order_id, version`,
      values: [this.#consumer, limit]
    })
    return rows
  }

  /** How many events are kept, and seconds since the oldest came. */
  async backlog(
    pool: Pool
  ): Promise<Record<Why, { readonly count: number; readonly oldestSeconds: number }>> {
    const { rows } = await pool.query<{ why: Why; count: number; oldest: number }>(
      `SELECT why, count(*)::integer AS count, extract(epoch FROM clock_timestamp() - min(since))::double precision AS oldest
FROM ${this.#schema}.inbox_kept WHERE consumer = $1 GROUP BY why`,
      [this.#consumer]
    )
    const of = (why: Why) => {
      const row = rows.find((one) => one.why === why)
      return { count: row?.count ?? 0, oldestSeconds: row?.oldest ?? 0 }
    }
    return { predecessor: of('predecessor'), failed: of('failed') }
  }

  /** Nobody else works on the order, in any process, until the transaction ends; says what is known of the event. */
  async lockAndLook(client: PoolClient, event: EventAddress): Promise<Look> {
    const locked = client.query({
      name: 'inbox lock',
      text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, $2))',
      values: [`inbox ${this.#schema} ${this.#consumer}`, event.orderId]
    })
    // A statement of its own, which sees what was committed before it had the lock.
    const looked = client.query<LookRow>({
      name: `inbox look ${this.#schema}`,
      text: `SELECT (SELECT version FROM ${this.#schema}.inbox_position WHERE consumer = $1 AND source = $2 AND order_id = $3) AS position,
  EXISTS (SELECT FROM ${this.#schema}.inbox_passed_over WHERE consumer = $1 AND source = $2 AND order_id = $3 AND version = $4) AS passed,
  kept.why, coalesce(kept.next_try_at <= clock_timestamp(), false) AS due,
  EXISTS (SELECT FROM ${this.#schema}.inbox_kept WHERE consumer = $1 AND source = $2 AND order_id = $3 AND version = $4 + 1) AS next,
  EXISTS (SELECT FROM ${this.#schema}.inbox_passed_over WHERE consumer = $1 AND source = $2 AND order_id = $3 AND version = $4 + 1) AS given_up
FROM (VALUES (1)) AS one LEFT JOIN ${this.#schema}.inbox_kept AS kept
  ON kept.consumer = $1 AND kept.source = $2 AND kept.order_id = $3 AND kept.version = $4`,
      values: [...this.#stream(event), event.version]
    })
    const [{ rows }] = await Promise.all([looked, locked])
    return lookIn(rows[0] ?? NOTHING)
  }

  async moveTo(client: PoolClient, event: EventAddress): Promise<void> {
    await client.query({
      name: `inbox move ${this.#schema}`,
      text: `INSERT INTO ${this.#schema}.inbox_position AS known (consumer, source, order_id, version, event_id)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (consumer, source, order_id)
DO UPDATE SET version = excluded.version, event_id = excluded.event_id WHERE known.version < excluded.version`,
      values: [...this.#stream(event), event.version, event.id]
    })
  }

  /** Moves the position over what is passed over right behind it. */
  async passGivenUp(client: PoolClient, stream: Stream): Promise<void> {
    await client.query(
      `WITH RECURSIVE run (version) AS (
  SELECT version FROM ${this.#schema}.inbox_position WHERE consumer = $1 AND source = $2 AND order_id = $3
  UNION ALL
  SELECT run.version + 1 FROM run WHERE EXISTS (SELECT FROM ${this.#schema}.inbox_passed_over
    WHERE consumer = $1 AND source = $2 AND order_id = $3 AND version = run.version + 1)
)
UPDATE ${this.#schema}.inbox_position SET version = (SELECT max(version) FROM run)
WHERE consumer = $1 AND source = $2 AND order_id = $3`,
      this.#stream(stream)
    )
  }

  /** The versions `from` to `to` count as passed over. */
  async passOver(
    client: PoolClient,
    stream: Stream,
    range: { readonly from: number; readonly to: number; readonly why: 'dead' | 'missing' | 'before' }
  ): Promise<void> {
    await client.query(
      `INSERT INTO ${this.#schema}.inbox_passed_over (consumer, source, order_id, version, why)
SELECT $1, $2, $3, version, $6 FROM generate_series($4::integer, $5::integer) AS version ON CONFLICT DO NOTHING`,
      [...this.#stream(stream), range.from, range.to, range.why]
    )
  }

  async cameAfterAll(client: PoolClient, event: EventAddress): Promise<void> {
    await client.query(
      `DELETE FROM ${this.#schema}.inbox_passed_over WHERE consumer = $1 AND source = $2 AND order_id = $3 AND version = $4`,
      [...this.#stream(event), event.version]
    )
  }

  /** Keeps an event, or counts one more try of one that is kept. */
  async keep(client: PoolClient, { event, headers, why, waitMs, reason }: Keeping): Promise<void> {
    await client.query(
      `INSERT INTO ${this.#schema}.inbox_kept AS kept
  (consumer, source, order_id, version, why, event, headers, attempts, reason, next_try_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, clock_timestamp() + make_interval(secs => $9::double precision / 1000))
ON CONFLICT (consumer, source, order_id, version) DO UPDATE SET why = excluded.why, reason = excluded.reason,
  attempts = kept.attempts + 1, next_try_at = excluded.next_try_at`,
      [
        ...this.#stream(event),
        event.version,
        why,
        JSON.stringify(event),
        JSON.stringify(headers),
        reason ?? null,
        waitMs
      ]
    )
  }

  async attemptsOf(client: PoolClient, event: EventAddress): Promise<number> {
    const { rows } = await client.query<{ attempts: number }>(
      `SELECT attempts FROM ${this.#schema}.inbox_kept WHERE consumer = $1 AND source = $2 AND order_id = $3 AND version = $4`,
      [...this.#stream(event), event.version]
    )
    return rows[0]?.attempts ?? 0
  }

  async forget(client: PoolClient, event: EventAddress): Promise<void> {
    await client.query(
      `DELETE FROM ${this.#schema}.inbox_kept WHERE consumer = $1 AND source = $2 AND order_id = $3 AND version = $4`,
      [...this.#stream(event), event.version]
    )
  }

  async lowestKept(client: PoolClient, stream: Stream): Promise<number | undefined> {
    const { rows } = await client.query<{ version: number | null }>(
      `SELECT min(version) AS version FROM ${this.#schema}.inbox_kept WHERE consumer = $1 AND source = $2 AND order_id = $3`,
      this.#stream(stream)
    )
    return rows[0]?.version ?? undefined
  }

  /** The kept event that follows the position is due from the end of the transaction on. */
  async callNext(client: PoolClient, stream: Stream): Promise<Kept | undefined> {
    const { rows } = await client.query<Kept>({
      name: `inbox next ${this.#schema}`,
      text: `UPDATE ${this.#schema}.inbox_kept AS kept SET next_try_at = clock_timestamp() - interval '1 ms'
FROM ${this.#schema}.inbox_position AS known
WHERE known.consumer = $1 AND known.source = $2 AND known.order_id = $3
  AND kept.consumer = $1 AND kept.source = $2 AND kept.order_id = $3
  AND kept.version = known.version + 1 AND kept.why = 'predecessor'
RETURNING kept.event, kept.headers`,
      values: this.#stream(stream)
    })
    return rows[0]
  }

  #stream({ source, orderId }: Stream): [string, string, number] {
    return [this.#consumer, source, orderId]
  }
}
