import { setTimeout as sleep } from 'node:timers/promises'
import type { AmqpInvalidation, Milliseconds, Policy } from '@alexandrite/api'
import type { ChannelModel, SocketOptions } from 'amqplib'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Warnings } from '../tier/warnings.ts'
import { parseBrokerUrl, sentenceOf } from './broker-url.ts'
import { Inbox } from './inbox.ts'
import type { Mailbox } from './mailbox.ts'
import { EventMetrics } from './metrics.ts'
import { Subscription } from './subscription.ts'
import type { Missed } from './subscription.ts'
import { touchedByEvents } from './touched.ts'

const FIRST_RETRY_MS: Milliseconds = 100
/** Also the longest that a pod stays without events after a broker is back. */
const LAST_RETRY_MS: Milliseconds = 5000
/** A connection that held this long begins with the first retry again. */
const STEADY_MS: Milliseconds = 1000
/** How often the URL is read again and the bindings are made sure of. */
const CHECK_MS: Milliseconds = 5000
/** Below the 15 minutes that the strictest default of a broker lets a message wait for its acknowledgement. */
const CANARY_MS: Milliseconds = 5 * 60_000
const FAREWELL_MS: Milliseconds = 500

export interface EventsOptions {
  /** NAMESPACE/NAME of the tier and name of this pod: part of the queue's name, for who looks at the broker. */
  readonly tier: string
  readonly pod: string
  /** The broker's URL, a secret; asked again and again, so that it may change. */
  readonly url: () => string | undefined
  /** Purges this pod (and a store that pods share). Never rejects. */
  readonly purge: (marks: readonly string[]) => Promise<unknown>
  readonly registry: Registry
  readonly log: Logger
  /** For what each event may cause. */
  readonly warnings: Warnings
}

const NO_URL =
  'the policy names events, but there is no URL of the broker: set ALEXANDRITE_AMQP_URL_FILE (alexandrite: --amqp-url-file) to a file that holds it'

/** Resolves when it is done, or failed, or takes too long: a broker that hangs does not answer a farewell. */
const inTime = async (farewell: Promise<unknown>): Promise<void> => {
  const over = new AbortController()
  const late = sleep(FAREWELL_MS, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([farewell.catch(() => undefined), late])
  over.abort()
}

/** Rejects when the connection ends. What waits for an answer over it may wait for ever. */
const brokenOff = (model: ChannelModel): Promise<never> => {
  const broken = new Promise<never>((_, reject) => {
    let cause: Error | undefined
    model.on('error', (error) => {
      cause = error
    })
    model.once('close', (error?: Error) => {
      reject(cause ?? error ?? new Error('the connection was closed'))
    })
  })
  broken.catch(() => undefined)
  return broken
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })

/** Characters that need no quoting anywhere; a queue's name has 255 bytes at most. */
const queuePrefix = ({ tier, pod }: EventsOptions): string =>
  `alexandrite.${tier}.${pod}`.replaceAll(/[^A-Za-z0-9._/-]/g, '-').slice(0, 200)

/**
 * Hears the events that the policy names and purges their tags. All of it is in the background: a broker that is
 * away, slow or wrong delays neither the start nor any request. What was stored is served on meanwhile, up to its
 * ttl; once events are heard again, what missed ones could have touched is dropped.
 */
export class Events {
  readonly #options: EventsOptions
  readonly #metrics: EventMetrics
  readonly #inbox: Inbox
  #policy: Policy | undefined
  #left: Mailbox | undefined
  #running: Promise<void> | undefined
  /** Aborted when this turn should end and the next begin: another policy, another URL, the end. */
  #change = new AbortController()
  #socket = new AbortController()
  #connected = false
  #closed = false
  #told: string | undefined

  constructor(options: EventsOptions) {
    this.#options = options
    this.#metrics = new EventMetrics(options.registry, () =>
      this.#policy?.amqp ? this.#connected : undefined
    )
    this.#inbox = new Inbox({
      templates: () => this.#policy?.amqp?.tags ?? [],
      purge: options.purge,
      metrics: this.#metrics,
      onUnusable: (fields) => options.warnings.warn(fields, 'an event names nothing that a tag refers to')
    })
  }

  /** The policy in effect. Events published before and after a change are heard alike. */
  follow(policy: Policy | undefined): void {
    const before = JSON.stringify(this.#policy?.amqp)
    this.#policy = policy
    if (JSON.stringify(policy?.amqp) === before || this.#closed) return
    this.#restart()
    if (policy?.amqp) this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    this.#closed = true
    // One that is still being made has nothing to take leave of.
    if (!this.#connected) this.#socket.abort()
    this.#restart()
    await this.#running
  }

  #restart(): void {
    this.#change.abort()
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!this.#closed && this.#policy?.amqp) {
      this.#change = new AbortController()
      const { signal } = this.#change
      const began = performance.now()
      await this.#connection(this.#policy.amqp, signal).catch((error: unknown) => this.#failed(error, signal))
      this.#connected = false
      if (signal.aborted || performance.now() - began > STEADY_MS) retryMs = FIRST_RETRY_MS
      // Pods that lost the same broker do not come back in step.
      const pauseMs = retryMs * (0.8 + Math.random() * 0.2)
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
    this.#running = undefined
  }

  /** One connection from its beginning to its end. Rejects with why it ended, unless a change ended it. */
  async #connection(wanted: AmqpInvalidation, signal: AbortSignal): Promise<void> {
    const text = this.#options.url()
    if (text === undefined || text === '') throw new Error(NO_URL)
    const broker = parseBrokerUrl(text)
    const socket = new AbortController()
    this.#socket = socket
    // Only a tier with events pays for the library.
    const { connect } = await import('amqplib')
    const model = await connect(broker.url, { ...broker.socket, signal: socket.signal } as SocketOptions)
    const broken = brokenOff(model)
    try {
      const subscription = await Promise.race([this.#subscribe(model, wanted, socket.signal), broken])
      this.#options.log.info({ broker: broker.label, exchange: wanted.exchange }, 'events are heard')
      await Promise.race([this.#hear(subscription, text, signal), broken])
    } finally {
      await inTime(model.close())
      socket.abort()
    }
  }

  #subscribe(model: ChannelModel, wanted: AmqpInvalidation, over: AbortSignal): Promise<Subscription> {
    return Subscription.open(model, {
      wanted,
      left: this.#left,
      prefix: queuePrefix(this.#options),
      keep: (mailbox) => {
        // A connection that broke off has no say any more.
        if (!over.aborted) this.#left = mailbox
      },
      onMissed: (why) => this.#missed(why),
      onMessage: (message, acknowledge) => this.#inbox.take(message, acknowledge)
    })
  }

  /** Until the subscription ends, or a change asks for another. */
  async #hear(subscription: Subscription, url: string, signal: AbortSignal): Promise<void> {
    this.#connected = true
    this.#told = undefined
    const stopChecking = this.#check(subscription, url)
    const why = await Promise.race([subscription.ended, aborted(signal)])
    stopChecking()
    if (this.#closed) await inTime(subscription.remove())
    else if (why !== undefined) throw new Error(why)
  }

  /** Looks after a subscription until it is told to stop. */
  #check(subscription: Subscription, url: string): () => void {
    const check = setInterval(() => {
      if (this.#options.url() !== url) this.#restart()
      else void subscription.checkBindings()
    }, CHECK_MS)
    const canary = setInterval(() => subscription.refreshCanary(), CANARY_MS)
    check.unref()
    canary.unref()
    return () => {
      clearInterval(check)
      clearInterval(canary)
    }
  }

  async #missed(why: Missed): Promise<void> {
    const marks = this.#policy ? touchedByEvents(this.#policy) : []
    this.#metrics.gap(why)
    const fields = { why, rules: marks.length }
    if (why === 'lost')
      this.#options.log.warn(fields, 'events may have been missed: dropping what they could touch')
    else this.#options.log.info(fields, 'dropping what events of before could have touched')
    if (marks.length > 0) await this.#options.purge(marks)
  }

  /** Once for each reason, not for each try. */
  #failed(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    const sentence = sentenceOf(error, this.#options.url())
    if (sentence === this.#told) return
    this.#told = sentence
    this.#options.log.warn(
      { error: sentence },
      'events are not heard: stored answers may be as old as their ttl until they are'
    )
  }
}
