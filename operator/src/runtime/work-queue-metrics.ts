import type { Clock } from './clock.ts'
import type { RuntimeMetrics } from './metrics.ts'
import type { Milliseconds } from './types.ts'

/** Keeps workqueue_* of one queue, with client-go's meaning of each. */
export class WorkQueueMetrics {
  readonly #label: { name: string; controller: string }
  readonly #metrics: RuntimeMetrics
  readonly #clock: Clock
  readonly #addedAt = new Map<string, Milliseconds>()
  readonly #startedAt = new Map<string, Milliseconds>()
  readonly #collect = (): void => this.#collectRunning()

  constructor(name: string, metrics: RuntimeMetrics, clock: Clock) {
    this.#label = { name, controller: name }
    this.#metrics = metrics
    this.#clock = clock
    metrics.queue.depth.set(this.#label, 0)
    metrics.queue.adds.inc(this.#label, 0)
    metrics.queue.retries.inc(this.#label, 0)
    metrics.collectors.add(this.#collect)
  }

  added(key: string): void {
    this.#metrics.queue.adds.inc(this.#label)
    this.#addedAt.set(key, this.#clock.monotonic())
  }

  retried(): void {
    this.#metrics.queue.retries.inc(this.#label)
  }

  depth(depth: number): void {
    this.#metrics.queue.depth.set(this.#label, depth)
  }

  started(key: string): void {
    const now = this.#clock.monotonic()
    this.#metrics.queue.queueDuration.observe(this.#label, (now - (this.#addedAt.get(key) ?? now)) / 1000)
    this.#addedAt.delete(key)
    this.#startedAt.set(key, now)
  }

  finished(key: string): void {
    const now = this.#clock.monotonic()
    this.#metrics.queue.workDuration.observe(this.#label, (now - (this.#startedAt.get(key) ?? now)) / 1000)
    this.#startedAt.delete(key)
  }

  close(): void {
    this.depth(0)
    this.#addedAt.clear()
    this.#metrics.collectors.delete(this.#collect)
  }

  #collectRunning(): void {
    const now = this.#clock.monotonic()
    const seconds = [...this.#startedAt.values()].map((started) => (now - started) / 1000)
    const { unfinishedWork, longestRunning } = this.#metrics.queue
    unfinishedWork.set(
      this.#label,
      seconds.reduce((sum, each) => sum + each, 0)
    )
    longestRunning.set(this.#label, Math.max(0, ...seconds))
  }
}
