/** The inbox of a consumer: each event's effect once, those of an order in order, one order never in another's way. */
import type { Pool, PoolClient } from 'pg'
import { transaction } from '../service/database.ts'
import type { Lastly } from '../service/database.ts'
import { migrate } from '../service/migrate.ts'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import type { Consumer } from './consumer.ts'
import { Poison } from './consumer.ts'
import { routingKey } from './event.ts'
import type { OrderEvent } from './event.ts'
import { INBOX_STEPS } from './inbox-steps.ts'
import { InboxTables } from './inbox-tables.ts'
import type { Headers, Kept, Look, Stream } from './inbox-tables.ts'
import { PREVIOUS_AT } from './message.ts'
import type { EventAddress } from './message.ts'
import { takes } from './topology.ts'
import { backoffMs, decide, happenedUnseen } from './versions.ts'
import type { Arrival, Decision } from './versions.ts'

/** What became of an event. `passed`: it is of no binding, and only its version counts. */
export const OUTCOMES = ['applied', 'passed', 'late', 'duplicate', 'waiting', 'failed', 'dead'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface InboxOptions {
  readonly consumer: Consumer
  readonly pool: Pool
  readonly schema: string
  readonly log: Logger
  /** Milliseconds that an event waits for its predecessors before the order goes on without them, while somebody listens. */
  readonly patienceMs: number
  /** Whether this process hears the broker. */
  readonly listening: () => boolean
  /** Brings an event to the dead letters; resolves when it is safe there. */
  readonly bury: (event: OrderEvent, headers: Headers, reason: string) => Promise<void>
}

/** A transaction that is open. */
interface Open {
  readonly client: PoolClient
  readonly lastly: Lastly
}

/** What one transaction did; `next`: the order's next event, which was kept and is due with this commit. */
interface Step {
  readonly outcome: Outcome
  readonly next: Kept | undefined
}

/** Nobody listened for so long: more than processes that do let pass between two times that they say so. */
const SILENCE_MS = 6000

export class Inbox {
  readonly #options: InboxOptions
  readonly #tables: InboxTables
  #begunAt = 0

  constructor(options: InboxOptions) {
    this.#options = options
    this.#tables = new InboxTables(options.schema, options.consumer.name)
  }

  async migrate(): Promise<void> {
    await migrate(this.#options.pool, this.#options.schema, INBOX_STEPS)
  }

  /** Remembers from when on the queue has taken everything: since the first time that it was there. */
  async begin(): Promise<void> {
    this.#begunAt = await this.#tables.begin(this.#options.pool)
  }

  /** This process hears the broker. What came while nobody did is still on its way: events wait for it anew. */
  async heard(): Promise<void> {
    await transaction(this.#options.pool, async (client) => {
      if ((await this.#tables.heard(client)) > SILENCE_MS)
        await this.#tables.waitAnew(client, this.#options.patienceMs)
    })
  }

  /**
   * One event; whatever followed it and was kept is then taken too.
   * @returns what became of the event itself, once that is committed
   * @throws when the database cannot say: nothing was done then, and it may be tried again
   */
  async take(kept: Kept, from: Arrival['from']): Promise<Outcome> {
    const { outcome, next } = await this.#step(kept, from)
    await this.#takeFollowers(next)
    return outcome
  }

  /** An event that nobody can make sense of, but whose place is known: it is a dead letter, and the order goes on. */
  async refuse(address: EventAddress, headers: Headers): Promise<void> {
    const next = await transaction(this.#options.pool, async (client) => {
      const seen = await this.#tables.lockAndLook(client, address)
      const { position } = seen
      const isFirst =
        position === undefined && happenedUnseen({ previousAt: previousAt(headers) }, this.#begunAt)
      if (isFirst || address.version <= (position ?? 0) + 1) return await this.#giveUp(client, address, seen)
      // What was before it comes first; its place is passed when it is its turn.
      const { version } = address
      await this.#tables.passOver(client, address, { from: version, to: version, why: 'dead' })
      return undefined
    })
    await this.#takeFollowers(next)
  }

  readonly backlog = () => this.#tables.backlog(this.#options.pool)

  /** Some of the kept events whose time has come. */
  async due(limit: number): Promise<Kept[]> {
    return await this.#tables.due(this.#options.pool, limit)
  }

  /** They are due already: should this process end now, whoever looks for what is due takes them. */
  async #takeFollowers(first: Kept | undefined): Promise<void> {
    for (let next = first; next !== undefined;) next = (await this.#step(next, 'inbox')).next
  }

  async #step(kept: Kept, from: Arrival['from']): Promise<Step> {
    try {
      return await transaction(this.#options.pool, (client, lastly) =>
        this.#within({ client, lastly }, kept, from)
      )
    } catch (error) {
      if (!(error instanceof HandlerFailed)) throw error
      return error.cause instanceof Poison
        ? await this.#poisoned(kept, error.cause.message)
        : await this.#postponed(kept, error.cause)
    }
  }

  async #within({ client, lastly }: Open, kept: Kept, from: Arrival['from']): Promise<Step> {
    const { event } = kept
    const seen = await this.#tables.lockAndLook(client, event)
    const listening = this.#options.listening()
    const arrival = { version: event.version, previousAt: previousAt(kept.headers), from, listening }
    const decision = decide(seen, arrival, this.#begunAt)
    if (decision === 'Duplicate') {
      if (isHandled(seen, event)) await this.#tables.forget(client, event)
      return { outcome: 'duplicate', next: undefined }
    }
    // It was given up ahead of its turn, and came after all.
    if (seen.passedOver && decision !== 'Late') await this.#tables.cameAfterAll(client, event)
    if (decision === 'Wait') {
      await this.#tables.keep(client, { ...kept, why: 'predecessor', waitMs: this.#options.patienceMs })
      return { outcome: 'waiting', next: undefined }
    }
    if (decision === 'SkipGap') return await this.#skipGap(client, event, seen.position)
    const outcome = await this.#effect(event, client)
    if (decision === 'Next') lastly(this.#tables.moveTo(client, event))
    else await this.#settled(client, event, decision)
    if (seen.kept !== undefined) await this.#tables.forget(client, event)
    if (decision === 'Late') return { outcome: 'late', next: undefined }
    return { outcome, next: await this.#callNext(client, event, seen) }
  }

  async #effect(event: OrderEvent, client: PoolClient): Promise<Outcome> {
    const { consumer } = this.#options
    const key = routingKey(event)
    if (!consumer.bindings.some((pattern) => takes(pattern, key))) return 'passed'
    try {
      await consumer.handle(event, client)
      return 'applied'
    } catch (error) {
      throw new HandlerFailed(error)
    }
  }

  async #settled(client: PoolClient, event: OrderEvent, decision: Decision): Promise<void> {
    if (decision === 'Late') {
      await this.#tables.cameAfterAll(client, event)
      return
    }
    if (decision === 'Begin')
      await this.#tables.passOver(client, event, { from: 1, to: event.version - 1, why: 'before' })
    await this.#tables.moveTo(client, event)
  }

  /** The order's next event is due, if it is kept; places that were given up ahead of their turn are passed. */
  async #callNext(
    client: PoolClient,
    stream: Stream,
    { nextIsKept, nextIsGivenUp }: Look
  ): Promise<Kept | undefined> {
    if (nextIsGivenUp) await this.#tables.passGivenUp(client, stream)
    return nextIsKept || nextIsGivenUp ? await this.#tables.callNext(client, stream) : undefined
  }

  /** The lowest kept event of the order becomes the next. */
  async #skipGap(client: PoolClient, event: OrderEvent, position = 0): Promise<Step> {
    const lowest = (await this.#tables.lowestKept(client, event)) ?? event.version
    await this.#tables.passOver(client, event, { from: position + 1, to: lowest - 1, why: 'missing' })
    await this.#tables.moveTo(client, { ...event, version: lowest - 1 })
    const { log, consumer } = this.#options
    const fields = {
      consumer: consumer.name,
      order_id: String(event.orderId),
      missing: lowest - 1 - position
    }
    log.error(fields, 'events of an order never came: it goes on without them')
    return { outcome: 'waiting', next: await this.#tables.callNext(client, event) }
  }

  async #poisoned(kept: Kept, reason: string): Promise<Step> {
    const { pool, bury } = this.#options
    try {
      await bury(kept.event, kept.headers, reason)
    } catch (error) {
      // No broker: the message stays where it is, and is tried again.
      return await this.#postponed(kept, error)
    }
    return await transaction(pool, async (client) => {
      const seen = await this.#tables.lockAndLook(client, kept.event)
      return { outcome: 'dead', next: await this.#giveUp(client, kept.event, seen) }
    })
  }

  /** The order goes on without the event, which is a dead letter. @returns its next one, if that is kept */
  async #giveUp(client: PoolClient, event: EventAddress, seen: Look): Promise<Kept | undefined> {
    const { position = 0 } = seen
    await this.#tables.forget(client, event)
    if (event.version <= position) return undefined
    await this.#tables.passOver(client, event, { from: position + 1, to: event.version - 1, why: 'before' })
    await this.#tables.passOver(client, event, { from: event.version, to: event.version, why: 'dead' })
    await this.#tables.moveTo(client, event)
    return await this.#callNext(client, event, seen)
  }

  /** Kept for another try; what follows it in its order waits. */
  async #postponed(kept: Kept, error: unknown): Promise<Step> {
    const { pool, log, consumer } = this.#options
    const { event } = kept
    const attempts = await transaction(pool, async (client) => {
      const seen = await this.#tables.lockAndLook(client, event)
      const { position } = seen
      // Another delivery had the effect since this one failed.
      if (isHandled(seen, event)) return undefined
      const before = await this.#tables.attemptsOf(client, event)
      if (position === undefined && event.version > 1) await this.#begunWithoutEffect(client, event)
      const reason = error instanceof Error ? error.message : String(error)
      await this.#tables.keep(client, { ...kept, why: 'failed', waitMs: backoffMs(before), reason })
      return before + 1
    })
    if (attempts === undefined) return { outcome: 'duplicate', next: undefined }
    const fields = {
      ...errorFields(error),
      consumer: consumer.name,
      attempts,
      order_id: String(event.orderId)
    }
    log.warn(fields, 'an event is tried again')
    return { outcome: 'failed', next: undefined }
  }

  /** So that its successor does not begin the order in its place. */
  async #begunWithoutEffect(client: PoolClient, event: OrderEvent): Promise<void> {
    await this.#tables.passOver(client, event, { from: 1, to: event.version - 1, why: 'before' })
    await this.#tables.moveTo(client, { ...event, version: event.version - 1 })
  }
}

const isHandled = ({ position = 0, passedOver }: Look, { version }: EventAddress): boolean =>
  version <= position && !passedOver

/** Tells an error of the handler from one of the inbox itself. */
class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed'

  constructor(cause: unknown) {
    super('the handler failed', { cause })
  }
}

function previousAt(headers: Headers): number | undefined {
  const text = headers[PREVIOUS_AT]
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}
