/** The relay's statements on an outbox. */
import type { Pool, PoolClient } from 'pg'
import type { EventKind, EventSource, OrderEvent } from '../events/event.ts'
import { PREVIOUS_AT } from '../events/message.ts'
import type { OrderState } from '../order.ts'
import { schemaOf, SLOTS, STATUS_BEFORE } from '../outbox/sources.ts'
import { countPublished } from '../outbox/sql.ts'

interface Row {
  readonly seq: string
  readonly id: string
  readonly kind: EventKind
  readonly order_id: number
  readonly version: number
  readonly occurred_at: Date
  readonly previous_at: Date | null
  readonly status: OrderState
  readonly previous_status: OrderState | null
  readonly order: OrderEvent['order']
}

/** An event that waits, with the headers that its past asks for. */
export interface Waiting {
  readonly seq: string
  readonly event: OrderEvent
  readonly headers: Readonly<Record<string, string>>
}

export class OutboxRows {
  readonly #source: EventSource
  readonly #schema: string

  constructor(source: EventSource) {
    this.#source = source
    this.#schema = schemaOf(source)
  }

  /** Slots with events, in any order: relays that run side by side do not begin with the same. */
  async slots(pool: Pool): Promise<number[]> {
    const { rows } = await pool.query<{ slot: number }>({
      name: 'relay slots',
      text: `SELECT slot FROM generate_series(0, ${SLOTS - 1}) AS slot
WHERE EXISTS (SELECT FROM ${this.#schema}.event AS e WHERE e.slot = slot.slot) ORDER BY random()`
    })
    return rows.map(({ slot }) => slot)
  }

  /** Until the transaction ends the slot is ours; false: another relay has it. */
  async lock(client: PoolClient, slot: number): Promise<boolean> {
    const { rows } = await client.query<{ mine: boolean }>({
      name: 'relay lock',
      text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, $2)) AS mine',
      values: [`relay ${this.#schema}`, slot]
    })
    return rows[0]?.mine === true
  }

  /**
   * With the versions that follow those published: whoever holds the slot gives an event the same one each time, for
   * nothing comes before what is visible already.
   */
  async oldest(client: PoolClient, slot: number, limit: number): Promise<Waiting[]> {
    const { rows } = await client.query<Row>({
      name: 'relay oldest',
      text: `SELECT e.seq::text, e.id, e.kind, e.order_id::double precision AS order_id, e.occurred_at, e.status, e."order",
  (coalesce(known.version, 0) + row_number() OVER past)::integer AS version,
  coalesce(lag(e.occurred_at) OVER past, known.at) AS previous_at,
  CASE WHEN e.kind = 'status' THEN
    coalesce(e.previous_status, nullif(coalesce(lag(e.status) OVER past, known.status), e.status), ${this.#statusBefore()}) END AS previous_status
FROM (SELECT * FROM ${this.#schema}.event WHERE slot = $1 ORDER BY seq LIMIT $2) AS e
LEFT JOIN LATERAL (SELECT * FROM ${this.#schema}.order_version AS v WHERE v.order_id = e.order_id LIMIT 1) AS known ON true
WINDOW past AS (PARTITION BY e.order_id ORDER BY e.seq) ORDER BY e.seq`,
      values: [slot, limit]
    })
    return rows.map((row) => this.#waiting(row))
  }

  async published(client: PoolClient, slot: number, events: readonly Waiting[]): Promise<void> {
    await client.query({
      name: 'relay published',
      text: `WITH gone AS (
  DELETE FROM ${this.#schema}.event WHERE slot = $1 AND seq = ANY ($2::bigint[]) RETURNING order_id, seq, status, occurred_at)
${countPublished(this.#schema, 'gone')}`,
      values: [slot, events.map(({ seq }) => seq)]
    })
  }

  /** How many wait, counted up to 100,000, and seconds since the oldest. */
  async backlog(pool: Pool): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
    const { rows } = await pool.query<{ count: number; oldest: number }>({
      name: 'relay backlog',
      text: `SELECT (SELECT count(*)::integer FROM (SELECT FROM ${this.#schema}.event LIMIT 100000) AS some_events) AS count,
  coalesce(extract(epoch FROM clock_timestamp() - min(first.occurred_at)), 0)::double precision AS oldest
FROM generate_series(0, ${SLOTS - 1}) AS slot CROSS JOIN LATERAL (
  SELECT occurred_at FROM ${this.#schema}.event AS e WHERE e.slot = slot.slot ORDER BY e.seq LIMIT 1) AS first`
    })
    return { count: rows[0]?.count ?? 0, oldestSeconds: Math.max(0, rows[0]?.oldest ?? 0) }
  }

  /** Of an order that had no event before. */
  #statusBefore(): string {
    if (STATUS_BEFORE[this.#source] === undefined) return 'NULL'
    return `CASE WHEN known.version IS NULL AND row_number() OVER past = 1 THEN ${this.#schema}.status_before(e.order_id, e.status) END`
  }

  #waiting(row: Row): Waiting {
    return {
      seq: row.seq,
      event: {
        id: row.id,
        source: this.#source,
        kind: row.kind,
        orderId: row.order_id,
        version: row.version,
        occurredAt: row.occurred_at.toISOString(),
        status: row.status,
        ...(row.previous_status !== null && { previousStatus: row.previous_status }),
        order: row.order
      },
      headers: row.previous_at === null ? {} : { [PREVIOUS_AT]: row.previous_at.toISOString() }
    }
  }
}
