import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from '@alexandrite/api'
import type { FinishedSpan } from './span.ts'

/** Sends a batch; resolves when the receiver has it, rejects when it was given up. */
export interface SpanSender {
  send(spans: readonly FinishedSpan[]): Promise<void>
  close(): Promise<void>
}

/** sent: the receiver has them. failed: it did not take them. dropped: the queue was full. */
export type SpanResult = 'sent' | 'failed' | 'dropped'

export interface SpanQueueOptions {
  /** Loads the sender; asked for once, at the first span. */
  readonly sender: () => Promise<SpanSender>
  /** What happened to spans since the start is counted here. */
  readonly onResult: (result: SpanResult, spans: number) => void
  /** The receiver refused a batch or is away; told at each. */
  readonly onFailure: (error: unknown) => void
  /** Spans that wait at most. @default 2048 */
  readonly capacity?: number
  /** @default 512 */
  readonly batchSize?: number
  /** How long a span waits for more to go with. @default 1000 */
  readonly delayMs?: Milliseconds
}

/** How long the last batches may take at the end. */
const CLOSE_MS: Milliseconds = 1000

/**
 * Finished spans on their way out, in batches, one at a time. When the receiver is slow or away the queue fills and
 * spans are dropped: requests never wait for it.
 */
export class SpanQueue {
  readonly #options: SpanQueueOptions
  readonly #capacity: number
  readonly #batchSize: number
  #waiting: FinishedSpan[] = []
  #sender: Promise<SpanSender> | undefined
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #closed = false

  constructor(options: SpanQueueOptions) {
    this.#options = options
    this.#capacity = options.capacity ?? 2048
    this.#batchSize = options.batchSize ?? 512
  }

  add(span: FinishedSpan): void {
    if (this.#closed || this.#waiting.length >= this.#capacity) return this.#options.onResult('dropped', 1)
    this.#waiting.push(span)
    if (this.#waiting.length >= this.#batchSize) this.#flush()
    else this.#later()
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.#flush(), this.#options.delayMs ?? 1000).unref()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  /** Until fewer than a batch are left, and all of them at the end. */
  async #sendAll(): Promise<void> {
    do {
      const batch = this.#waiting.splice(0, this.#batchSize)
      if (batch.length === 0) return
      await this.#send(batch)
    } while (this.#closed || this.#waiting.length >= this.#batchSize)
    if (this.#waiting.length > 0) this.#later()
  }

  async #send(batch: readonly FinishedSpan[]): Promise<void> {
    try {
      this.#sender ??= this.#options.sender()
      await (await this.#sender).send(batch)
      this.#options.onResult('sent', batch.length)
    } catch (error) {
      this.#options.onResult('failed', batch.length)
      this.#options.onFailure(error)
    }
  }

  /** Sends what waits, for a second at most; what is left then is dropped. */
  async close(): Promise<void> {
    this.#closed = true
    const over = new AbortController()
    const late = sleep(CLOSE_MS, undefined, { signal: over.signal }).catch(() => undefined)
    await Promise.race([this.#finish(), late])
    over.abort()
    if (this.#waiting.length > 0) this.#options.onResult('dropped', this.#waiting.splice(0).length)
  }

  async #finish(): Promise<void> {
    await this.#sending
    this.#flush()
    await this.#sending
    const sender = await this.#sender?.catch(() => undefined)
    await sender?.close()
  }
}
