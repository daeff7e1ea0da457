/** Messages that no try could help, with the reason beside them. */
import type { ConfirmChannel, MessageProperties } from 'amqplib'
import { publish } from './broker.ts'
import { deadQueueOf } from './topology.ts'

/** Headers of a dead letter. */
export const DEAD = { reason: 'dead-reason', at: 'dead-at', consumer: 'dead-consumer' } as const

export interface DeadLetter {
  readonly consumer: string
  readonly content: Buffer
  /** Of the message as it came. */
  readonly properties: Partial<Pick<MessageProperties, 'messageId' | 'type' | 'timestamp' | 'contentType'>>
  readonly headers: Readonly<Record<string, unknown>>
  readonly reason: string
}

/** Longer reasons are cut: headers go into one frame. */
const LONGEST_REASON = 500

/** Resolves when the broker has it. */
export const bury = (channel: ConfirmChannel, lost: AbortSignal, letter: DeadLetter): Promise<void> =>
  publish(channel, lost, {
    exchange: '',
    routingKey: deadQueueOf(letter.consumer),
    content: letter.content,
    properties: {
      ...letter.properties,
      persistent: true,
      headers: {
        ...letter.headers,
        [DEAD.reason]: letter.reason.slice(0, LONGEST_REASON),
        [DEAD.at]: new Date().toISOString(),
        [DEAD.consumer]: letter.consumer
      }
    }
  })

/** The headers without those of a dead letter: as the message was before. */
export const withoutDeath = (headers: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => !(Object.values(DEAD) as string[]).includes(name))
  )
