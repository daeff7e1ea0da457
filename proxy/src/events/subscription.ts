import type { AmqpInvalidation } from '@alexandrite/api'
import type { Channel, ChannelModel, ConsumeMessage, GetMessage } from 'amqplib'
import { bind, checkExchange, isRefusal, openMailbox, unbindOthers } from './mailbox.ts'
import type { Mailbox } from './mailbox.ts'

/** Events on their way to this pod or being worked on, at most; the rest waits at the broker. */
const PREFETCH = 200

/** Why events may have been missed: the first attachment of this process, another policy, or a loss at the broker. */
export type Missed = 'start' | 'policy' | 'lost'

export interface SubscriptionOptions {
  readonly wanted: AmqpInvalidation
  /** The queue as the last connection left it. */
  readonly left: Mailbox | undefined
  /** Beginning of the queue's name. */
  readonly prefix: string
  /** The queue as it is now: to be handed back as `left` after this connection. */
  readonly keep: (mailbox: Mailbox) => void
  /** Events may have been missed until now; the next ones are consumed when this resolves. */
  readonly onMissed: (why: Missed) => Promise<void>
  /** To be acknowledged when it is dealt with; until then it comes again over the next connection. */
  readonly onMessage: (message: ConsumeMessage, acknowledge: () => void) => void
}

const same = (one: AmqpInvalidation | undefined, other: AmqpInvalidation): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** Undefined when the queue kept everything since the last connection, and wanted the same. */
const missedSince = (
  left: Mailbox | undefined,
  now: Mailbox,
  wanted: AmqpInvalidation
): Missed | undefined => {
  if (!left) return 'start'
  // Bound for something else until now, or only in part.
  if (left.name === now.name && left.bound && !same(left.bound, wanted)) return 'policy'
  return left.name === now.name && left.bound ? undefined : 'lost'
}

/** One connection's hold on the queue of this pod. */
export class Subscription {
  /** Resolves when no more events come over this connection, with the reason. */
  readonly ended: Promise<string>
  readonly #options: SubscriptionOptions
  readonly #channel: Channel
  readonly #name: string
  #canary: GetMessage | ConsumeMessage | undefined
  readonly #canaryId: string | undefined
  #end: (why: string) => void = () => undefined

  private constructor(options: SubscriptionOptions, open: Awaited<ReturnType<typeof openMailbox>>) {
    this.#options = options
    this.#channel = open.channel
    this.#name = open.mailbox.name
    this.#canary = open.canary
    this.#canaryId = open.mailbox.canary
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    let error: Error | undefined
    this.#channel.on('error', (cause) => {
      error = cause
    })
    this.#channel.on('close', () => this.#end(error?.message ?? 'the connection broke'))
  }

  /**
   * Opens or makes the queue, binds it, says so if events may have been missed, and consumes. Rejects with the
   * broker's words, for example when there is no such exchange.
   */
  static async open(model: ChannelModel, options: SubscriptionOptions): Promise<Subscription> {
    const { wanted, left, keep } = options
    await checkExchange(model, wanted.exchange).catch((error: unknown) => {
      // Its bindings went with it.
      if (left) keep({ ...left, bound: undefined })
      throw error
    })
    const open = await openMailbox(model, left, options.prefix)
    const { mailbox } = open
    keep({ ...mailbox, bound: undefined })
    const subscription = new Subscription(options, open)
    await bind(open.channel, mailbox.name, wanted)
    const missed = missedSince(left, mailbox, wanted)
    if (missed) await options.onMissed(missed)
    await unbindOthers(open.channel, mailbox, wanted)
    keep({ ...mailbox, bound: wanted })
    await subscription.#consume()
    return subscription
  }

  async #consume(): Promise<void> {
    // The canary may come as a delivery and stays unacknowledged: one more than may be under way.
    await this.#channel.prefetch(PREFETCH + 1)
    await this.#channel.consume(this.#name, (message) => this.#received(message), { exclusive: true })
  }

  #received(message: ConsumeMessage | null): void {
    if (message === null) this.#end('the broker took the queue away')
    else if (this.#canaryId !== undefined && message.properties.messageId === this.#canaryId)
      this.#canary = message
    else this.#options.onMessage(message, () => this.#ack(message))
  }

  #ack(message: ConsumeMessage): void {
    try {
      this.#channel.ack(message)
    } catch {
      // Closed meanwhile: it comes again, and a purge may be done twice.
    }
  }

  /** Binds again: ends when the exchange is gone, and comes to terms with one that was made anew. */
  async checkBindings(): Promise<void> {
    const { keep, wanted } = this.#options
    try {
      await bind(this.#channel, this.#name, wanted)
    } catch (error) {
      // Without a refusal it is the connection that ended, and the bindings stand.
      if (isRefusal(error)) keep({ name: this.#name, canary: this.#canaryId, bound: undefined })
    }
  }

  /** Takes the canary anew: a broker closes the channel of who holds a message too long (consumer_timeout). */
  refreshCanary(): void {
    const held = this.#canary
    this.#canary = undefined
    try {
      if (held) this.#channel.nack(held, false, true)
    } catch {
      // Closed meanwhile.
    }
  }

  /** Removes the queue: this pod does not come back. */
  async remove(): Promise<void> {
    await this.#channel.deleteQueue(this.#name)
  }
}
