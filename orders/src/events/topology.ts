/** Names on the broker, and making sure that they are there. */
import type { Channel } from 'amqplib'
import { EXCHANGE } from './event.ts'

export const queueOf = (consumer: string): string => `${EXCHANGE}.${consumer}`
export const deadQueueOf = (consumer: string): string => `${EXCHANGE}.${consumer}.dead`

/** All events of orders: a consumer needs each version of an order to know that it missed none. */
const EVERY_EVENT = 'order.#'

/** Durable: survives a restart of the broker, as its persistent messages do. */
export const assertExchange = async (channel: Channel): Promise<void> => {
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true })
}

export async function assertQueues(channel: Channel, consumer: string): Promise<void> {
  await assertExchange(channel)
  await channel.assertQueue(queueOf(consumer), { durable: true })
  await channel.assertQueue(deadQueueOf(consumer), { durable: true })
  await channel.bindQueue(queueOf(consumer), EXCHANGE, EVERY_EVENT)
}

/** Whether a topic pattern takes a routing key: `*` is one word, `#` any number of them (AMQP 0-9-1 §3.1.3.3). */
export function takes(pattern: string, routingKey: string): boolean {
  const match = (patterns: readonly string[], words: readonly string[]): boolean => {
    const [first, ...rest] = patterns
    if (first === undefined) return words.length === 0
    if (first === '#') return match(rest, words) || (words.length > 0 && match(patterns, words.slice(1)))
    return words.length > 0 && (first === '*' || first === words[0]) && match(rest, words.slice(1))
  }
  return match(pattern.split('.'), routingKey.split('.'))
}
