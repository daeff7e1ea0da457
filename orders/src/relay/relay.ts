/**
 * Brings events from an outbox to the broker: at least once, those of an order in order, and several relays side by
 * side never the same at the same time. An event is deleted in the transaction that holds its slot, after the broker
 * has confirmed it.
 */
import type { ConfirmChannel } from 'amqplib'
import type { Pool } from 'pg'
import { publish, stayConnected } from '../events/broker.ts'
import { EXCHANGE, routingKey } from '../events/event.ts'
import type { EventSource } from '../events/event.ts'
import { encodeEvent, propertiesOf } from '../events/message.ts'
import { assertExchange } from '../events/topology.ts'
import { transaction } from '../service/database.ts'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import type { ServiceRegistry } from '../service/metrics.ts'
import { pause } from '../service/time.ts'
import { headersOf } from '../service/trace-context.ts'
import type { Tracing } from '../service/tracing.ts'
import { RelayMetrics } from './metrics.ts'
import { OutboxRows } from './outbox-rows.ts'
import type { Waiting } from './outbox-rows.ts'

export interface RelayOptions {
  readonly source: EventSource
  /** Of the database with the outbox. */
  readonly pool: Pool
  /** Of the broker, a secret. */
  readonly url: string
  readonly log: Logger
  readonly tracing: Tracing
  readonly registry: ServiceRegistry
  /** Events that are published before any of them is confirmed; bounds the memory. Default 200. */
  readonly batch?: number
}

export interface RunningRelay {
  connected(): boolean
  /** Finishes the batch under way. */
  close(): Promise<void>
}

/**
 * Between looks at an outbox that was empty. The triggers could notify, but a notification makes the commits of the whole
 * database wait for one another.
 */
const POLL_MS = 50
const RETRY_MS = 500
const OBSERVE_MS = 5000
/**
 * A relay that hangs loses its slot to another after half a minute. Plans are kept, and may be made while the tables are
 * empty: they must be those for full ones.
 */
const BOUNDS = `SET LOCAL idle_in_transaction_session_timeout = '30s'; SET LOCAL enable_seqscan = off`

export function startRelay(options: RelayOptions): RunningRelay {
  return new Relay(options)
}

class Relay implements RunningRelay {
  readonly #options: RelayOptions
  readonly #rows: OutboxRows
  readonly #metrics: RelayMetrics
  readonly #over = new AbortController()
  readonly #ended: Promise<unknown>
  #connected = false

  constructor(options: RelayOptions) {
    const { source, registry, url, log } = options
    this.#options = options
    this.#rows = new OutboxRows(source)
    this.#metrics = new RelayMetrics(registry, source)
    const use = (channel: ConfirmChannel, lost: AbortSignal) => this.#relay(channel, lost)
    const onChange = (connected: boolean): void => {
      this.#connected = connected
      this.#metrics.connected(connected)
    }
    const { signal } = this.#over
    this.#ended = Promise.all([stayConnected({ url, log, use, onChange }, signal), this.#observe(signal)])
  }

  connected(): boolean {
    return this.#connected
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#ended
  }

  async #relay(channel: ConfirmChannel, lost: AbortSignal): Promise<void> {
    await assertExchange(channel)
    while (!lost.aborted) {
      const moved = await this.#round(channel, lost)
      if (moved === 'Failed') await pause(RETRY_MS, lost)
      else if (moved === 0) await pause(POLL_MS, lost)
    }
  }

  /** A batch of each slot that has events and is free; how many events there were. */
  async #round(channel: ConfirmChannel, lost: AbortSignal): Promise<number | 'Failed'> {
    let moved = 0
    try {
      for (const slot of await this.#rows.slots(this.#options.pool)) {
        if (lost.aborted) break
        moved += await this.#slot(slot, channel, lost)
      }
      return moved
    } catch (error) {
      if (this.#over.signal.aborted) return moved
      this.#metrics.failed()
      this.#options.log.warn(errorFields(error), 'events were not published: they are tried again')
      return 'Failed'
    }
  }

  async #slot(slot: number, channel: ConfirmChannel, lost: AbortSignal): Promise<number> {
    const events = await transaction(this.#options.pool, async (client) => {
      const bounded = client.query(BOUNDS)
      const [isMine] = await Promise.all([this.#rows.lock(client, slot), bounded])
      if (!isMine) return []
      const waiting = await this.#rows.oldest(client, slot, this.#options.batch ?? 200)
      await Promise.all(waiting.map((one) => this.#publish(one, channel, lost)))
      if (waiting.length > 0) await this.#rows.published(client, slot, waiting)
      return waiting
    })
    for (const { event } of events) this.#metrics.published(event.occurredAt)
    return events.length
  }

  /** A trace begins here: what made the change knows of none that it could continue. `order.id` joins them. */
  async #publish({ event, headers }: Waiting, channel: ConfirmChannel, lost: AbortSignal): Promise<void> {
    const attributes = {
      'messaging.system': 'rabbitmq',
      'messaging.operation.type': 'send',
      'messaging.destination.name': EXCHANGE,
      'messaging.message.id': event.id
    }
    const options = { kind: 'producer', attributes, orderId: event.orderId } as const
    await this.#options.tracing.span(`send ${EXCHANGE}`, options, async (span) => {
      await publish(channel, lost, {
        exchange: EXCHANGE,
        routingKey: routingKey(event),
        content: encodeEvent(event),
        properties: propertiesOf(event, { ...headers, ...headersOf(span) })
      })
    })
  }

  async #observe(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      try {
        this.#metrics.backlog(await this.#rows.backlog(this.#options.pool))
      } catch (error) {
        this.#options.log.warn(errorFields(error), 'the outbox cannot be measured')
      }
      await pause(OBSERVE_MS, over)
    }
  }
}
