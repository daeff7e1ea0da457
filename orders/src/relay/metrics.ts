/** What a relay measures; `source` says which outbox. */
import { Counter, Gauge, Histogram } from 'prom-client'
import type { EventSource } from '../events/event.ts'
import type { ServiceRegistry } from '../service/metrics.ts'

export class RelayMetrics {
  readonly #source: EventSource
  readonly #lag: Gauge<'source'>
  readonly #backlog: Gauge<'source'>
  readonly #published: Counter<'source'>
  readonly #failures: Counter<'source'>
  readonly #delay: Histogram<'source'>
  readonly #connected: Gauge<'source'>

  constructor(registry: ServiceRegistry, source: EventSource) {
    const registers = [registry]
    const labelNames = ['source'] as const
    this.#source = source
    this.#lag = new Gauge({
      name: 'orders_outbox_lag_seconds',
      help: 'Seconds that the oldest event of an outbox has waited to be published; 0 without one.',
      labelNames,
      registers
    })
    this.#backlog = new Gauge({
      name: 'orders_outbox_backlog',
      help: 'Events of an outbox that wait to be published, counted up to 100,000.',
      labelNames,
      registers
    })
    this.#published = new Counter({
      name: 'orders_relay_published_total',
      help: 'Events that the broker has confirmed.',
      labelNames,
      registers
    })
    this.#failures = new Counter({
      name: 'orders_relay_failures_total',
      help: 'Batches that were not confirmed, or whose outbox could not be read; they are published again.',
      labelNames,
      registers
    })
    this.#delay = new Histogram({
      name: 'orders_relay_delay_seconds',
      help: 'Seconds from the change of an order to the confirm of its event.',
      labelNames,
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
      registers
    })
    this.#connected = new Gauge({
      name: 'orders_relay_connected',
      help: '1 while the relay is connected to the broker.',
      labelNames,
      registers
    })
    for (const counter of [this.#published, this.#failures]) counter.inc({ source }, 0)
    this.connected(false)
  }

  /** @param occurredAt ISO 8601 */
  published(occurredAt: string): void {
    const labels = { source: this.#source }
    this.#published.inc(labels)
    this.#delay.observe(labels, Math.max(0, (Date.now() - Date.parse(occurredAt)) / 1000))
  }

  failed(): void {
    this.#failures.inc({ source: this.#source })
  }

  backlog({ count, oldestSeconds }: { readonly count: number; readonly oldestSeconds: number }): void {
    this.#backlog.set({ source: this.#source }, count)
    this.#lag.set({ source: this.#source }, oldestSeconds)
  }

  connected(is: boolean): void {
    this.#connected.set({ source: this.#source }, is ? 1 : 0)
  }
}
