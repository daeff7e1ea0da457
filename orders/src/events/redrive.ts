/** Dead letters as people handle them: looked at without their payload, and sent to their consumer again. */
import { connect } from 'amqplib'
import type { ConfirmChannel, GetMessage } from 'amqplib'
import { publish } from './broker.ts'
import { DEAD, withoutDeath } from './dead-letters.ts'
import { decodeEvent } from './message.ts'
import { deadQueueOf, queueOf } from './topology.ts'

/** What may be shown of a dead letter: ids, times and the reason; no body. */
export interface DeadLetterSummary {
  readonly id: string
  readonly reason: string
  /** ISO 8601. */
  readonly at: string
  /** Undefined where the message cannot be read. */
  readonly orderId: number | undefined
  readonly version: number | undefined
  readonly bytes: number
}

export interface Replayed {
  readonly sent: readonly DeadLetterSummary[]
  /** How many stay in the dead-letter queue. */
  readonly left: number
}

/** What the broker says no to, in a sentence. */
export class RedriveError extends Error {
  override readonly name = 'RedriveError'
}

/** The oldest first; all of them stay where they are. @throws RedriveError */
export const deadLetters = (url: string, consumer: string, limit: number): Promise<DeadLetterSummary[]> =>
  withChannel(url, async (channel) => {
    await waiting(channel, consumer)
    // Nothing is acknowledged: when the channel closes all are back in their places.
    return (await oldest(channel, consumer, limit)).map(summaryOf)
  })

/**
 * Sends dead letters to the queue of their consumer, the oldest first; each leaves the dead letters when the broker has
 * it there, so that one that is sent twice by a crash is taken for a repetition by the inbox.
 * @param ids only these; undefined: all, up to `limit`
 * @throws RedriveError
 */
export const replay = (
  url: string,
  consumer: string,
  options: {
    readonly ids: readonly string[] | undefined
    readonly limit: number
    readonly signal: AbortSignal
  }
): Promise<Replayed> =>
  withChannel(url, async (channel) => {
    const { ids, limit, signal } = options
    const before = await waiting(channel, consumer)
    const sent: DeadLetterSummary[] = []
    for (const message of await oldest(channel, consumer, ids === undefined ? limit : before)) {
      if (signal.aborted || sent.length >= limit) break
      const summary = summaryOf(message)
      if (ids !== undefined && !ids.includes(summary.id)) continue
      await sendAgain(channel, consumer, message)
      channel.ack(message)
      sent.push(summary)
    }
    return { sent, left: before - sent.length }
  })

/** Properties that a message keeps when it is sent again. */
const CARRIED = ['contentType', 'messageId', 'type', 'timestamp']

/** The library types them loosely. */
const carriedBy = ({ properties }: GetMessage): [string, unknown][] =>
  Object.entries<unknown>({ ...properties }).filter(
    ([name, value]) => CARRIED.includes(name) && value !== undefined
  )

async function sendAgain(channel: ConfirmChannel, consumer: string, message: GetMessage): Promise<void> {
  await publish(channel, new AbortController().signal, {
    exchange: '',
    routingKey: queueOf(consumer),
    content: message.content,
    properties: {
      ...Object.fromEntries(carriedBy(message)),
      persistent: true,
      headers: withoutDeath(headersOf(message))
    }
  })
}

async function withChannel<T>(url: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const model = await connect(url, { timeout: 10_000 })
  const broken = new Promise<never>((_, reject) => {
    model.on('error', reject)
    model.on('close', (error?: Error) =>
      reject(error ?? new RedriveError('the broker closed the connection'))
    )
  })
  broken.catch(() => undefined)
  try {
    const channel = await model.createConfirmChannel()
    // Its reason is told by what waits for an answer of it.
    channel.on('error', () => undefined)
    const result = await Promise.race([work(channel), broken])
    // Acknowledgements go before it; the end of the connection would overtake them.
    await channel.close()
    return result
  } finally {
    await model.close()
  }
}

async function waiting(channel: ConfirmChannel, consumer: string): Promise<number> {
  try {
    return (await channel.checkQueue(deadQueueOf(consumer))).messageCount
  } catch (error) {
    throw new RedriveError(
      `the broker has no queue ${deadQueueOf(consumer)}: no consumer "${consumer}" has ever been connected to it`,
      { cause: error }
    )
  }
}

async function oldest(channel: ConfirmChannel, consumer: string, limit: number): Promise<GetMessage[]> {
  const messages: GetMessage[] = []
  while (messages.length < limit) {
    const message = await channel.get(deadQueueOf(consumer))
    if (message === false) break
    messages.push(message)
  }
  return messages
}

/** Headers are typed loosely by the library. */
const headersOf = ({ properties }: GetMessage): Readonly<Record<string, unknown>> => properties.headers ?? {}

function summaryOf(message: GetMessage): DeadLetterSummary {
  const headers = headersOf(message)
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)
  const decoded = decodeEvent(message.content)
  const address =
    decoded.kind === 'Event' ? decoded.event : decoded.kind === 'Refused' ? decoded.address : undefined
  return {
    id: address?.id ?? text(message.properties.messageId, 'without id'),
    reason: text(headers[DEAD.reason], 'no reason was kept'),
    at: text(headers[DEAD.at], 'unknown'),
    orderId: address?.orderId,
    version: address?.version,
    bytes: message.content.length
  }
}
