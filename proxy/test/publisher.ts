import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel, Options } from 'amqplib'
import type { AmqpInvalidation } from '@alexandrite/api'
import { parseEventTag } from '@alexandrite/api/tags'

/** An application that publishes events; each publish() resolves when the broker has confirmed it. */
export class Publisher {
  readonly channel: ConfirmChannel
  readonly #model: ChannelModel
  readonly #exchange: string

  private constructor(model: ChannelModel, channel: ConfirmChannel, exchange: string) {
    this.#model = model
    this.channel = channel
    this.#exchange = exchange
  }

  /** Also makes the exchange. */
  static async open(url: string, exchange: string): Promise<Publisher> {
    const model = await connect(url)
    model.on('error', () => undefined)
    const channel = await model.createConfirmChannel()
    channel.on('error', () => undefined)
    await channel.assertExchange(exchange, 'topic', { durable: true })
    return new Publisher(model, channel, exchange)
  }

  publish(key: string, body: object | Buffer, options: Options.Publish = {}): Promise<void> {
    const content = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
    return new Promise((resolve, reject) => {
      this.channel.publish(this.#exchange, key, content, options, (error: unknown) => {
        if (error instanceof Error) reject(error)
        else resolve()
      })
    })
  }

  async close(): Promise<void> {
    await this.#model.close().catch(() => undefined)
  }
}

export const amqp = (
  exchange: string,
  shape: Partial<Record<'bindings' | 'tags', string[]>> = {}
): AmqpInvalidation => ({
  exchange,
  bindings: shape.bindings ?? ['order.#'],
  tags: (shape.tags ?? ['orders', 'order:{body.orderId}']).map(parseEventTag)
})
