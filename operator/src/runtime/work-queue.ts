import { systemClock, type Clock, type Timer } from './clock.ts'
import type { RuntimeMetrics } from './metrics.ts'
import { KeyedBackoff, TokenBucket } from './rate-limiter.ts'
import type { Milliseconds } from './types.ts'
import { WorkQueueMetrics } from './work-queue-metrics.ts'

export interface WorkQueueOptions {
  /** Label of the metrics. */
  readonly name: string
  readonly metrics: RuntimeMetrics
  readonly clock?: Clock
  /** Delay after the first failure of a key. Default 5 ms, as in client-go. */
  readonly baseDelay?: Milliseconds
  /** Longest delay of a key. Default 1,000 s. */
  readonly maxDelay?: Milliseconds
  /** Overall retries a second. Default 10. */
  readonly qps?: number
  /** Retries that may come at once. Default 100. */
  readonly burst?: number
}

/**
 * Keys to work on, with client-go's rules: a key waits once however often it is added; nobody gets a key that
 * somebody works on; a key added meanwhile comes again after `done`.
 */
export class WorkQueue {
  readonly name: string
  readonly #clock: Clock
  readonly #metrics: WorkQueueMetrics
  readonly #backoff: KeyedBackoff
  readonly #bucket: TokenBucket
  /** In order; each is in #dirty, too. */
  readonly #ready = new Set<string>()
  /** Needs work: waits in #ready, or is being processed and comes again. */
  readonly #dirty = new Set<string>()
  readonly #processing = new Set<string>()
  readonly #later = new Map<string, { readonly at: Milliseconds; readonly timer: Timer }>()
  readonly #waiters = new Set<(key: string | undefined) => void>()
  #isShutDown = false

  constructor(options: WorkQueueOptions) {
    this.name = options.name
    this.#clock = options.clock ?? systemClock
    this.#metrics = new WorkQueueMetrics(options.name, options.metrics, this.#clock)
    this.#backoff = new KeyedBackoff(options.baseDelay ?? 5, options.maxDelay ?? 1_000_000)
    this.#bucket = new TokenBucket(options.qps ?? 10, options.burst ?? 100, this.#clock)
  }

  /** Keys that wait for a worker. */
  get length(): number {
    return this.#ready.size
  }

  add(key: string): void {
    if (this.#isShutDown || this.#dirty.has(key)) return
    this.#metrics.added(key)
    this.#dirty.add(key)
    if (!this.#processing.has(key)) this.#push(key)
  }

  /** Adds after `delay`; of several, the earliest counts. */
  addAfter(key: string, delay: Milliseconds): void {
    if (this.#isShutDown) return
    if (delay <= 0) return this.add(key)
    const at = this.#clock.monotonic() + delay
    const pending = this.#later.get(key)
    if (pending !== undefined && pending.at <= at) return
    pending?.timer.cancel()
    const timer = this.#clock.after(delay, () => {
      this.#later.delete(key)
      this.add(key)
    })
    this.#later.set(key, { at, timer })
  }

  /** Adds at once what was to come later: when nobody works, nobody need wait, and no timer holds the process. */
  hurry(): void {
    const keys = [...this.#later.keys()]
    for (const { timer } of this.#later.values()) timer.cancel()
    this.#later.clear()
    for (const key of keys) this.add(key)
  }

  /** Adds after a delay that doubles with each failure of the key, and not before `atLeast`. */
  addRateLimited(key: string, atLeast: Milliseconds = 0): void {
    this.#metrics.retried()
    this.addAfter(key, Math.max(this.#backoff.next(key), this.#bucket.reserve(), atLeast))
  }

  /** The key is fine again: its next failure starts at the base delay. */
  forget(key: string): void {
    this.#backoff.forget(key)
  }

  /** Failures since the last `forget`. */
  retries(key: string): number {
    return this.#backoff.failures(key)
  }

  /** Waits for a key; call `done` with it. Undefined once the queue is shut down or `signal` aborts. */
  async get(signal?: AbortSignal): Promise<string | undefined> {
    if (this.#isShutDown || signal?.aborted) return undefined
    const [first] = this.#ready
    return first === undefined ? await this.#wait(signal) : this.#start(first)
  }

  /** The work on the key has ended, one way or another. */
  done(key: string): void {
    if (!this.#processing.delete(key)) return
    this.#metrics.finished(key)
    if (this.#dirty.has(key) && !this.#isShutDown) this.#push(key)
  }

  /**
   * Frees all waiters and drops what waits: keys name objects whose state is in the API server, so the next
   * process finds the same work again.
   */
  shutDown(): void {
    this.#isShutDown = true
    for (const { timer } of this.#later.values()) timer.cancel()
    this.#later.clear()
    this.#ready.clear()
    this.#dirty.clear()
    for (const waiter of [...this.#waiters]) waiter(undefined)
    this.#metrics.close()
  }

  #push(key: string): void {
    this.#ready.add(key)
    this.#metrics.depth(this.#ready.size)
    const [waiter] = this.#waiters
    waiter?.(this.#start(key))
  }

  #start(key: string): string {
    this.#ready.delete(key)
    this.#dirty.delete(key)
    this.#processing.add(key)
    this.#metrics.depth(this.#ready.size)
    this.#metrics.started(key)
    return key
  }

  #wait(signal: AbortSignal | undefined): Promise<string | undefined> {
    return new Promise((resolve) => {
      const settle = (key: string | undefined): void => {
        this.#waiters.delete(settle)
        signal?.removeEventListener('abort', onAbort)
        resolve(key)
      }
      const onAbort = (): void => settle(undefined)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(settle)
    })
  }
}
