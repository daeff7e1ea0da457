/** What consumers measure; one registry may hold several of them, told apart by `consumer`. */
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Metric } from 'prom-client'
import type { ServiceRegistry } from '../service/metrics.ts'
import { OUTCOMES } from './inbox.ts'
import type { Outcome } from './inbox.ts'

const LAG_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800]

const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

export interface Backlog {
  readonly count: number
  readonly oldestSeconds: number
}

/** Registers a metric, or finds the one that another consumer of the process registered. */
const shared = <Kind extends Metric, const Config extends { readonly name: string }>(
  registry: ServiceRegistry,
  Made: new (config: Config & { registers: ServiceRegistry[] }) => Kind,
  config: Config
): Kind =>
  (registry.getSingleMetric(config.name) as Kind | undefined) ??
  new Made({ ...config, registers: [registry] })

export class ConsumerMetrics {
  readonly #consumer: string
  readonly #events: Counter<'consumer' | 'outcome'>
  readonly #lag: Histogram<'consumer'>
  readonly #seconds: Histogram<'consumer'>
  readonly #kept: Gauge<'consumer' | 'why'>
  readonly #oldest: Gauge<'consumer' | 'why'>
  readonly #dead: Gauge<'consumer'>
  readonly #connected: Gauge<'consumer'>

  constructor(registry: ServiceRegistry, consumer: string) {
    this.#consumer = consumer
    this.#events = shared(registry, Counter<'consumer' | 'outcome'>, {
      name: 'orders_consumer_events_total',
      help: 'Events that came to a consumer, by what became of them.',
      labelNames: ['consumer', 'outcome']
    })
    this.#lag = shared(registry, Histogram<'consumer'>, {
      name: 'orders_consumer_lag_seconds',
      help: 'Seconds from the change of an order to the commit of its effect.',
      labelNames: ['consumer'],
      buckets: LAG_BUCKETS
    })
    this.#seconds = shared(registry, Histogram<'consumer'>, {
      name: 'orders_consumer_event_duration_seconds',
      help: 'Seconds that an event took from its arrival to its acknowledgement.',
      labelNames: ['consumer'],
      buckets: DURATION_BUCKETS
    })
    this.#kept = shared(registry, Gauge<'consumer' | 'why'>, {
      name: 'orders_inbox_kept',
      help: 'Events that wait in the inbox, for their predecessors or for another try after a failure.',
      labelNames: ['consumer', 'why']
    })
    this.#oldest = shared(registry, Gauge<'consumer' | 'why'>, {
      name: 'orders_inbox_oldest_seconds',
      help: 'Seconds that the longest of them has waited; 0 without one.',
      labelNames: ['consumer', 'why']
    })
    this.#dead = shared(registry, Gauge<'consumer'>, {
      name: 'orders_dead_letters',
      help: 'Messages in the dead-letter queue of a consumer; as of the last time that the broker was asked.',
      labelNames: ['consumer']
    })
    this.#connected = shared(registry, Gauge<'consumer'>, {
      name: 'orders_broker_connected',
      help: '1 while a consumer or the relay is connected to the broker.',
      labelNames: ['consumer']
    })
    for (const outcome of OUTCOMES) this.#events.inc({ consumer, outcome }, 0)
    this.#dead.set({ consumer }, 0)
    this.connected(false)
  }

  count(outcome: Outcome): void {
    this.#events.inc({ consumer: this.#consumer, outcome })
  }

  /** @param occurredAt ISO 8601 */
  applied(occurredAt: string): void {
    const seconds = (Date.now() - Date.parse(occurredAt)) / 1000
    // The clocks of two machines differ a little.
    this.#lag.observe({ consumer: this.#consumer }, Math.max(0, seconds))
  }

  took(seconds: number): void {
    this.#seconds.observe({ consumer: this.#consumer }, seconds)
  }

  backlog(of: Readonly<Record<'predecessor' | 'failed', Backlog>>): void {
    for (const why of ['predecessor', 'failed'] as const) {
      this.#kept.set({ consumer: this.#consumer, why }, of[why].count)
      this.#oldest.set({ consumer: this.#consumer, why }, of[why].oldestSeconds)
    }
  }

  deadLetters(count: number): void {
    this.#dead.set({ consumer: this.#consumer }, count)
  }

  connected(is: boolean): void {
    this.#connected.set({ consumer: this.#consumer }, is ? 1 : 0)
  }
}
