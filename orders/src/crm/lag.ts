/** How far the read model is behind: the age of the oldest event that has not had its effect. */
import type { OrderSource } from './source.ts'
import type { Sql } from './read-model.ts'

export interface LagOptions {
  readonly source: Pick<OrderSource, 'backlog'>
  readonly model: Sql
  readonly consumer: string
  /** Events on the broker that no consumer has taken; undefined while it is away. */
  readonly onBroker: () => Promise<number | undefined>
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

export class Lag {
  readonly #options: LagOptions
  #lastApplied: number | undefined
  #seconds: number | undefined

  constructor(options: LagOptions) {
    this.#options = options
  }

  /** As of the last look; undefined before the first, and while nobody can know. */
  get seconds(): number | undefined {
    return this.#seconds
  }

  /** An event had its effect. @param occurredAt ISO 8601 */
  applied(occurredAt: string): void {
    this.#lastApplied = Math.max(this.#lastApplied ?? 0, Date.parse(occurredAt))
  }

  /** At the source, on the broker, in the inbox: an event is in one of the three until it has had its effect. */
  async look(): Promise<void> {
    const { source, onBroker } = this.#options
    const [backlog, waiting, kept] = await Promise.all([source.backlog(), onBroker(), this.#kept()])
    const queued = this.#queued(waiting)
    this.#seconds = queued === undefined ? undefined : Math.max(backlog.oldestSeconds, queued, kept)
  }

  /** Whether events are on their way. */
  async underWay(): Promise<boolean> {
    const { source, onBroker } = this.#options
    const [{ events }, waiting = 1, kept] = await Promise.all([source.backlog(), onBroker(), this.#kept()])
    return events > 0 || waiting > 0 || kept > 0
  }

  /** The queue is first in, first out: what waits in it is younger than what was applied last. */
  #queued(waiting: number | undefined): number | undefined {
    if (waiting === 0) return 0
    const now = (this.#options.clock ?? Date.now)()
    // While the broker is away, events stay at the source, whose backlog says how old they are.
    if (waiting === undefined) return 0
    return this.#lastApplied === undefined ? undefined : Math.max(0, (now - this.#lastApplied) / 1000)
  }

  async #kept(): Promise<number> {
    const { rows } = await this.#options.model.query<{ oldest: number }>(
      `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0)::float8 AS oldest
FROM crm.inbox_kept WHERE consumer = $1`,
      [this.#options.consumer]
    )
    return rows[0]?.oldest ?? 0
  }
}
