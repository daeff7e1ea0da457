/** Runs a consumer: its queue, its inbox, its retries and its dead letters. */
import type { ConfirmChannel, ConsumeMessage } from 'amqplib'
import type { Pool } from 'pg'
import type { Logger } from '../service/log.ts'
import { errorFields } from '../service/log.ts'
import type { ServiceRegistry } from '../service/metrics.ts'
import { aborted, pause } from '../service/time.ts'
import type { Tracing } from '../service/tracing.ts'
import type { Service } from '../service/service.ts'
import { stayConnected } from './broker.ts'
import type { Consumer } from './consumer.ts'
import { ConsumerMetrics } from './consumer-metrics.ts'
import { bury } from './dead-letters.ts'
import type { OrderEvent } from './event.ts'
import { Inbox } from './inbox.ts'
import type { Outcome } from './inbox.ts'
import type { Headers, Kept } from './inbox-tables.ts'
import { Lanes } from './lanes.ts'
import { decodeEvent, encodeEvent } from './message.ts'
import type { EventAddress } from './message.ts'
import { assertQueues, deadQueueOf, queueOf } from './topology.ts'

export interface ConsumerOptions {
  readonly consumer: Consumer
  /** Of the database that holds the effects. */
  readonly pool: Pool
  /** Where the inbox is: the schema of the effects. */
  readonly schema: string
  /** Of the broker, a secret. */
  readonly url: string
  readonly log: Logger
  readonly tracing: Tracing
  readonly registry: ServiceRegistry
  /** The most messages that are here and not acknowledged. Default 64. */
  readonly prefetch?: number
  /** The most events that are handled at once, each with a connection of the pool. Default 8. */
  readonly concurrency?: number
  /**
   * Milliseconds that an event waits for its predecessors before its order goes on without them; time in which nobody hears
   * the broker does not count. Default ten minutes.
   */
  readonly patienceMs?: number
}

export interface RunningConsumer {
  /** Whether the broker is there. */
  connected(): boolean
  /** Finishes what is being handled and takes leave of the broker; what was not handled is delivered again. */
  close(): Promise<void>
}

type Bounds = Required<Pick<ConsumerOptions, 'prefetch' | 'concurrency' | 'patienceMs'>>
const DEFAULTS: Bounds = { prefetch: 64, concurrency: 8, patienceMs: 600_000 }
const POLL_MS = 200
/** How often a process says that it hears the broker. */
const HEARD_MS = 2000
const OBSERVE_MS = 5000
const DUE_AT_ONCE = 100
/** Between tries while the database is away. */
const DATABASE_PAUSE_MS = 500

/** Makes the inbox and starts; the broker may be away. Rejects when the database is. */
export async function startConsumer(options: ConsumerOptions): Promise<RunningConsumer> {
  const running = new Running(options)
  await running.start()
  return running
}

/** The consumer of a service: ends with it, and its readiness is not bound to the broker's. */
export async function consume(
  service: Service,
  options: Pick<ConsumerOptions, 'consumer' | 'schema'> & Partial<ConsumerOptions>
): Promise<RunningConsumer> {
  const { pool, log, tracing, registry, config } = service
  const running = await startConsumer({ pool, log, tracing, registry, url: config.brokerUrl, ...options })
  service.onClose(() => running.close())
  return running
}

interface Session {
  readonly channel: ConfirmChannel
  readonly lost: AbortSignal
}

class Running implements RunningConsumer {
  readonly #options: ConsumerOptions & Bounds
  readonly #metrics: ConsumerMetrics
  readonly #inbox: Inbox
  readonly #lanes: Lanes
  readonly #over = new AbortController()
  /** Kept events that are being tried; of no use to be picked again meanwhile. */
  readonly #trying = new Set<string>()
  #session: Session | undefined
  #heardAt = -Infinity
  #ended: Promise<unknown> = Promise.resolve()

  constructor(given: ConsumerOptions) {
    const options = { ...DEFAULTS, ...given }
    this.#options = options
    const { consumer, pool, schema, log, patienceMs } = options
    this.#metrics = new ConsumerMetrics(options.registry, consumer.name)
    this.#lanes = new Lanes(options.concurrency)
    this.#inbox = new Inbox({
      consumer,
      pool,
      schema,
      log,
      patienceMs,
      listening: () => this.connected(),
      bury: (event, headers, reason) => this.#buryEvent(event, headers, reason)
    })
  }

  async start(): Promise<void> {
    await this.#inbox.migrate()
    const { url, log } = this.#options
    const use = (channel: ConfirmChannel, lost: AbortSignal) => this.#hear({ channel, lost })
    const onChange = (connected: boolean) => this.#metrics.connected(connected)
    const connected = stayConnected({ url, log, use, onChange }, this.#over.signal)
    this.#ended = Promise.all([
      connected,
      this.#every(POLL_MS, () => this.#tryDue()),
      this.#every(OBSERVE_MS, () => this.#observe())
    ])
  }

  connected(): boolean {
    return this.#session !== undefined
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#ended
    await this.#lanes.idle()
  }

  /** One connection: until it breaks, or the consumer ends. */
  async #hear(session: Session): Promise<void> {
    const { channel, lost } = session
    const { consumer, prefetch } = this.#options
    await assertQueues(channel, consumer.name)
    await this.#untilDone(() => this.#inbox.begin(), lost)
    await this.#untilDone(() => this.#heard(), lost)
    await channel.prefetch(prefetch)
    this.#session = session
    try {
      const { consumerTag } = await channel.consume(queueOf(consumer.name), (message) => {
        if (message !== null) this.#arrived(message, session)
      })
      await aborted(lost)
      if (this.#over.signal.aborted) await channel.cancel(consumerTag)
      await this.#lanes.idle()
    } finally {
      this.#session = undefined
    }
  }

  #arrived(message: ConsumeMessage, session: Session): void {
    const decoded = decodeEvent(message.content)
    const headers = headersOf(message)
    const arrivedAt = performance.now()
    const work = async (): Promise<void> => {
      if (decoded.kind === 'Event') await this.#take({ event: decoded.event, headers }, 'broker')
      else
        await this.#refuse(message, decoded.reason, decoded.kind === 'Refused' ? decoded.address : undefined)
    }
    const lane = decoded.kind === 'Event' ? decoded.event.orderId : `message ${message.fields.deliveryTag}`
    void this.#lanes.run(lane, async () => {
      const done = await this.#untilDone(work, session.lost)
      if (!done || session.lost.aborted) return
      session.channel.ack(message)
      this.#metrics.took((performance.now() - arrivedAt) / 1000)
    })
  }

  /** Tries until it works: what is thrown here is the database's or the broker's absence. False: nobody waits any more. */
  async #untilDone(work: () => Promise<unknown>, lost: AbortSignal): Promise<boolean> {
    while (!lost.aborted) {
      try {
        await work()
        return true
      } catch (error) {
        this.#options.log.warn(
          { ...errorFields(error), consumer: this.#options.consumer.name },
          'an event waits'
        )
      }
      await pause(DATABASE_PAUSE_MS, lost)
    }
    return false
  }

  async #take(kept: Kept, from: 'broker' | 'inbox'): Promise<Outcome> {
    const { event, headers } = kept
    const { consumer, tracing } = this.#options
    const queue = queueOf(consumer.name)
    const attributes = {
      'messaging.system': 'rabbitmq',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queue,
      'messaging.message.id': event.id
    }
    const options = { kind: 'consumer', attributes, orderId: event.orderId, parent: headers } as const
    return await tracing.span(`process ${queue}`, options, async (span) => {
      const outcome = await this.#inbox.take(kept, from)
      span.setAttribute('orders.outcome', outcome)
      this.#metrics.count(outcome)
      if (outcome === 'applied' || outcome === 'late') this.#metrics.applied(event.occurredAt)
      return outcome
    })
  }

  async #refuse(message: ConsumeMessage, reason: string, address: EventAddress | undefined): Promise<void> {
    const { log, consumer } = this.#options
    const { content, properties } = message
    await this.#bury({ content, headers: headersOf(message), reason, messageId: text(properties.messageId) })
    if (address !== undefined) await this.#inbox.refuse(address, headersOf(message))
    this.#metrics.count('dead')
    log.error({ consumer: consumer.name, reason }, 'a message was refused: it is in the dead letters')
  }

  async #buryEvent(event: OrderEvent, headers: Headers, reason: string): Promise<void> {
    await this.#bury({ content: encodeEvent(event), headers, reason, messageId: event.id })
    const { log, consumer } = this.#options
    const fields = { consumer: consumer.name, reason, order_id: String(event.orderId) }
    log.error(fields, 'an event is a dead letter')
  }

  async #bury(letter: {
    content: Buffer
    headers: Headers
    reason: string
    messageId: string | undefined
  }): Promise<void> {
    const session = this.#session
    if (session === undefined) throw new Error('the broker is away')
    const { content, headers, reason, messageId } = letter
    const properties = { contentType: 'application/json', ...(messageId !== undefined && { messageId }) }
    const { name } = this.#options.consumer
    await bury(session.channel, session.lost, { consumer: name, content, headers, reason, properties })
  }

  async #heard(): Promise<void> {
    await this.#inbox.heard()
    this.#heardAt = performance.now()
  }

  async #tryDue(): Promise<void> {
    // Before anything is given up: the database may have been away, too.
    if (this.connected() && performance.now() - this.#heardAt > HEARD_MS) await this.#heard()
    for (const kept of await this.#inbox.due(DUE_AT_ONCE)) {
      const { id, orderId } = kept.event
      if (this.#trying.has(id)) continue
      this.#trying.add(id)
      void this.#lanes.run(orderId, async () => {
        await this.#take(kept, 'inbox').catch((error: unknown) => this.#complain(error))
        this.#trying.delete(id)
      })
    }
  }

  async #observe(): Promise<void> {
    this.#metrics.backlog(await this.#inbox.backlog())
    const queue = deadQueueOf(this.#options.consumer.name)
    const found = await this.#session?.channel.checkQueue(queue)
    if (found !== undefined) this.#metrics.deadLetters(found.messageCount)
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted) {
      await work().catch((error: unknown) => this.#complain(error))
      await pause(ms, signal)
    }
  }

  #complain(error: unknown): void {
    if (this.#over.signal.aborted) return
    this.#options.log.warn(
      { ...errorFields(error), consumer: this.#options.consumer.name },
      'the inbox cannot be read'
    )
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Those that are texts: what a trace and an event's past need. */
const headersOf = ({ properties }: ConsumeMessage): Headers =>
  Object.fromEntries(
    Object.entries(properties.headers ?? {}).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'string' ? [[name, value] as const] : []
    )
  )
