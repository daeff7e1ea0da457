/** Metrics of purges through CachePurge; none has a series for a single object. */
import { Counter, Histogram, type Registry } from 'prom-client'

export class PurgeMetrics {
  readonly #finished: Counter<'result'>
  readonly #tellings: Counter<'result'>
  readonly #duration: Histogram

  constructor(registry: Registry) {
    const registers = [registry]
    this.#finished = new Counter({
      name: 'alexandrite_cachepurges_total',
      help: 'CachePurges that have ended, by how',
      labelNames: ['result'],
      registers
    })
    this.#tellings = new Counter({
      name: 'alexandrite_cachepurge_pod_requests_total',
      help: 'Pods that were told of a CachePurge, by their answer; unanswered counts each try',
      labelNames: ['result'],
      registers
    })
    this.#duration = new Histogram({
      name: 'alexandrite_cachepurge_duration_seconds',
      help: 'Seconds from the creation of a CachePurge until it was complete',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers
    })
    for (const result of ['complete', 'failed']) this.#finished.inc({ result }, 0)
    for (const result of ['acknowledged', 'unacknowledged']) this.#tellings.inc({ result }, 0)
  }

  told(acknowledged: boolean): void {
    this.#tellings.inc({ result: acknowledged ? 'acknowledged' : 'unacknowledged' })
  }

  complete(seconds: number): void {
    this.#finished.inc({ result: 'complete' })
    this.#duration.observe(Math.max(0, seconds))
  }

  failed(): void {
    this.#finished.inc({ result: 'failed' })
  }
}
