/** A connection to RabbitMQ that is made again whenever it breaks; a broker that is away never ends a process. */
import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import { pause } from '../service/time.ts'

const FIRST_RETRY_MS = 100
/** Also the longest that a process stays away from a broker that is back. */
const LAST_RETRY_MS = 5000
/** Seconds; a broker that hangs is noticed after two to three of them. */
const HEARTBEAT_SECONDS = 5
/** For the TCP connection and for each silence of the broker until it has accepted the login. */
const CONNECT_TIMEOUT_MS = 5000
/** For a farewell: a broker that hangs does not answer it. */
const FAREWELL_MS = 1000

export interface BrokerOptions {
  /** A secret: amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps://. */
  readonly url: string
  readonly log: Logger
  /**
   * What is done with a connection, from its beginning on. The connection is closed when this settles; when it rejects
   * or the signal says that the connection broke, the next one is made.
   */
  readonly use: (channel: ConfirmChannel, lost: AbortSignal) => Promise<void>
  /** Called when the broker is there and when it is gone. */
  readonly onChange?: (connected: boolean) => void
}

/** Resolves once `over` is aborted and the last use has ended. */
export async function stayConnected(options: BrokerOptions, over: AbortSignal): Promise<void> {
  const told = new Told(options.log)
  let retryMs = FIRST_RETRY_MS
  while (!over.aborted) {
    const held = await once(options, over, told)
    if (held) retryMs = FIRST_RETRY_MS
    // Processes that lost the same broker do not come back in step.
    if (!over.aborted) await pause(retryMs * (0.8 + Math.random() * 0.2), over)
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
  }
}

/** Says a reason once, not for each try. */
class Told {
  readonly #log: Logger
  #reason: string | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  failed(error: unknown): void {
    const { reason } = errorFields(error)
    if (reason === this.#reason) return
    this.#reason = reason
    this.#log.warn({ reason }, 'the broker is away')
  }

  connected(): void {
    this.#reason = undefined
    this.#log.info('connected to the broker')
  }
}

/** One connection from its beginning to its end; whether there was one. */
async function once({ url, use, onChange }: BrokerOptions, over: AbortSignal, told: Told): Promise<boolean> {
  let model: ChannelModel | undefined
  const lost = new AbortController()
  const stop = (): void => lost.abort(new Error('the service is ending'))
  try {
    model = await connect(withHeartbeat(url), { noDelay: true, timeout: CONNECT_TIMEOUT_MS })
    const channel = await usable(model, lost)
    told.connected()
    onChange?.(true)
    over.addEventListener('abort', stop, { once: true })
    if (over.aborted) stop()
    await use(channel, lost.signal)
    if (!over.aborted) throw lost.signal.reason
  } catch (error) {
    if (!over.aborted) told.failed(error)
  } finally {
    over.removeEventListener('abort', stop)
    lost.abort(new Error('the connection was closed'))
    onChange?.(false)
    if (model !== undefined) await farewell(model)
  }
  return model !== undefined
}

/** A channel whose end, like that of its connection, aborts the signal with its cause. */
async function usable(model: ChannelModel, lost: AbortController): Promise<ConfirmChannel> {
  model.on('error', (error: Error) => lost.abort(error))
  model.on('close', (error?: Error) => lost.abort(error ?? new Error('the connection was closed')))
  const channel = await model.createConfirmChannel()
  channel.on('error', (error: Error) => lost.abort(error))
  channel.on('close', () => lost.abort(new Error('the channel was closed')))
  return channel
}

function withHeartbeat(text: string): string {
  const url = new URL(text)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return url.href
}

async function farewell(model: ChannelModel): Promise<void> {
  const over = new AbortController()
  // It may be closed already, and then says so by an error.
  const closed = model.close().catch(() => undefined)
  await Promise.race([closed, pause(FAREWELL_MS, over.signal)])
  over.abort()
}

/** Publishes one message and resolves when the broker has it; rejects when it refuses it or the connection breaks. */
export const publish = (
  channel: ConfirmChannel,
  lost: AbortSignal,
  message: {
    readonly exchange: string
    readonly routingKey: string
    readonly content: Buffer
    readonly properties: object
  }
): Promise<void> =>
  new Promise((resolve, reject) => {
    const broken = (): void =>
      reject(lost.reason instanceof Error ? lost.reason : new Error('the connection is lost'))
    if (lost.aborted) {
      broken()
      return
    }
    lost.addEventListener('abort', broken, { once: true })
    channel.publish(
      message.exchange,
      message.routingKey,
      message.content,
      message.properties,
      (refused: unknown) => {
        lost.removeEventListener('abort', broken)
        if (refused === null || refused === undefined) resolve()
        else reject(refused instanceof Error ? refused : new Error('the broker refused a message'))
      }
    )
  })
