import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Missed } from './subscription.ts'

const PREFIX = 'alexandrite_proxy_events'
/** Seconds: AMQP's timestamp counts whole ones. */
const LAG_BUCKETS = [0.005, 0.025, 0.1, 0.25, 1, 2, 5, 10, 30, 60, 300]

/** Purged: at least one tag. Unusable: the message has none of what the tags refer to. */
export type EventResult = 'purged' | 'unusable'

export class EventMetrics {
  readonly #events: Counter<'result'>
  readonly #gaps: Counter<'why'>
  readonly #lag: Histogram

  /** `connected` is asked at each scrape; undefined where the policy names no events. */
  constructor(registry: Registry, connected: () => boolean | undefined) {
    const registers = [registry]
    new Gauge({
      name: `${PREFIX}_connected`,
      help: '1 while events of the broker are heard; -1 where the policy names none.',
      registers,
      collect(): void {
        const now = connected()
        this.set(now === undefined ? -1 : Number(now))
      }
    })
    this.#events = new Counter({
      name: `${PREFIX}_total`,
      help: 'Events of the broker; unusable: without anything that a tag refers to.',
      labelNames: ['result'],
      registers
    })
    this.#gaps = new Counter({
      name: `${PREFIX}_gaps_total`,
      help: 'Times that events may have been missed, so that what they could have touched was dropped.',
      labelNames: ['why'],
      registers
    })
    this.#lag = new Histogram({
      name: `${PREFIX}_lag_seconds`,
      help: "From an event's timestamp to the purge, for events that have one.",
      buckets: LAG_BUCKETS,
      registers
    })
    for (const result of ['purged', 'unusable'] as const) this.#events.inc({ result }, 0)
    for (const why of ['start', 'policy', 'lost'] as const) this.#gaps.inc({ why }, 0)
  }

  event(result: EventResult): void {
    this.#events.inc({ result })
  }

  gap(why: Missed): void {
    this.#gaps.inc({ why })
  }

  /** The publisher's clock may be ahead of ours, and its timestamp no number at all. */
  lag(seconds: number): void {
    if (Number.isFinite(seconds)) this.#lag.observe(Math.max(0, seconds))
  }
}
