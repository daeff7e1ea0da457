/** How many events wait for a consumer on the broker. */
import type { ConfirmChannel } from 'amqplib'
import { stayConnected } from '../events/broker.ts'
import { assertQueues, queueOf } from '../events/topology.ts'
import type { Logger } from '../service/log.ts'
import { aborted } from '../service/time.ts'

export interface QueueDepthOptions {
  /** Of the broker, a secret. */
  readonly url: string
  readonly consumer: string
  readonly log: Logger
}

export class QueueDepth {
  readonly #queue: string
  readonly #over = new AbortController()
  readonly #ended: Promise<unknown>
  #channel: ConfirmChannel | undefined

  constructor({ url, consumer, log }: QueueDepthOptions) {
    this.#queue = queueOf(consumer)
    const use = async (channel: ConfirmChannel, lost: AbortSignal): Promise<void> => {
      // Asking for a queue that is not there would end the channel.
      await assertQueues(channel, consumer)
      this.#channel = channel
      await aborted(lost)
      this.#channel = undefined
    }
    this.#ended = stayConnected({ url, log, use, onChange: () => undefined }, this.#over.signal)
  }

  /** Messages that no consumer has taken yet; undefined while the broker is away. */
  async waiting(): Promise<number | undefined> {
    return (await this.#channel?.checkQueue(this.#queue))?.messageCount
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#ended
  }
}
