import type { EventTagTemplate } from '@alexandrite/api'
import type { ConsumeMessage } from 'amqplib'
import { tagMark } from '../engine/tags.ts'
import { tagsOfEvent } from './message.ts'
import type { EventMetrics } from './metrics.ts'

export interface InboxOptions {
  /** The tags that the policy of this moment makes of an event. */
  readonly templates: () => readonly EventTagTemplate[]
  /** Makes what carries the marks dead. Never rejects. */
  readonly purge: (marks: readonly string[]) => Promise<unknown>
  readonly metrics: EventMetrics
  /** An event without any tag; without its body, which may be anybody's data. */
  readonly onUnusable: (fields: { readonly exchange: string; readonly routingKey: string }) => void
}

interface Arrived {
  readonly message: ConsumeMessage
  readonly acknowledge: () => void
}

/** Seconds since the epoch, as AMQP says, or milliseconds, as some publishers and a plugin of RabbitMQ have it. */
const publishedAt = ({ properties }: ConsumeMessage): number | undefined => {
  const headers: Readonly<Record<string, unknown>> = properties.headers ?? {}
  const exact = headers.timestamp_in_ms
  if (typeof exact === 'number') return exact
  const timestamp: unknown = properties.timestamp
  if (typeof timestamp !== 'number' || timestamp <= 0) return undefined
  return timestamp > 1e11 ? timestamp : timestamp * 1000
}

/**
 * Events in the order they came. While one purge is under way the next events gather and share one, so that a
 * store a millisecond away keeps up with thousands a second. An event is acknowledged when its purge is done here.
 */
export class Inbox {
  readonly #options: InboxOptions
  #waiting: Arrived[] = []
  #working = false

  constructor(options: InboxOptions) {
    this.#options = options
  }

  take(message: ConsumeMessage, acknowledge: () => void): void {
    this.#waiting.push({ message, acknowledge })
    if (!this.#working) void this.#work()
  }

  async #work(): Promise<void> {
    this.#working = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const marks = new Set(batch.flatMap(({ message }) => this.#marksOf(message)))
      if (marks.size > 0) await this.#options.purge([...marks])
      for (const { message, acknowledge } of batch) {
        this.#observe(message)
        acknowledge()
      }
    }
    this.#working = false
  }

  #marksOf(message: ConsumeMessage): string[] {
    const { metrics, templates, onUnusable } = this.#options
    const { routingKey, exchange } = message.fields
    const tags = tagsOfEvent(templates(), { routingKey, content: message.content })
    metrics.event(tags.length > 0 ? 'purged' : 'unusable')
    if (tags.length === 0) onUnusable({ exchange, routingKey })
    return tags.map(tagMark)
  }

  #observe(message: ConsumeMessage): void {
    const at = publishedAt(message)
    if (at !== undefined) this.#options.metrics.lag((Date.now() - at) / 1000)
  }
}
