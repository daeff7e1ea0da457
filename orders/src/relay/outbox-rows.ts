/** The relay's statements on an outbox. */
import type { Pool, PoolClient } from 'pg'
import type { EventKind, EventSource, OrderEvent } from '../events/event.ts'
import { PREVIOUS_AT } from '../events/message.ts'
import type { OrderState } from '../order.ts'
import { schemaOf, SLOTS } from '../outbox/sources.ts'

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

  async oldest(client: PoolClient, slot: number, limit: number): Promise<Waiting[]> {
    const { rows } = await client.query<Row>({
      name: 'relay oldest',
      text: `SELECT seq::text, id, kind, order_id::double precision AS order_id, version, occurred_at, previous_at, status,
  previous_status, "order" FROM ${this.#schema}.event AS e WHERE e.slot = $1 ORDER BY e.seq LIMIT $2`,
      values: [slot, limit]
    })
    return rows.map((row) => this.#waiting(row))
  }

  async published(client: PoolClient, slot: number, events: readonly Waiting[]): Promise<void> {
    await client.query({
      name: 'relay published',
      text: `DELETE FROM ${this.#schema}.event WHERE slot = $1 AND seq = ANY ($2::bigint[])`,
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
