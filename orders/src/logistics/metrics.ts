/** What logistics measures; declared in catalogue/src/metrics/orders-logistics.ts. */
import type { Pool } from 'pg'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { ServiceRegistry } from '../service/metrics.ts'
import { CALLBACK_TYPES } from './callback.ts'
import type { Milestone } from './parcel.ts'
import { MILESTONES } from './parcel.ts'
import { REFUSALS } from './signature.ts'
import type { RefusalReason } from './signature.ts'
import { waitingSummary } from './store.ts'
import type { WaitingSummary } from './store.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 24 * HOUR
/** Seconds; between minutes and a week. */
export const LAG_BUCKETS = [
  MINUTE,
  10 * MINUTE,
  HOUR,
  4 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  3 * DAY,
  4 * DAY,
  7 * DAY
]

export class LogisticsMetrics {
  readonly calls: Counter<'type' | 'result'>
  readonly refused: Counter<'reason'>
  readonly milestones: Counter<'milestone'>
  readonly lag: Histogram
  readonly closings: Counter<'result'>

  constructor(registry: ServiceRegistry, pool: Pool) {
    const registers = [registry]
    this.calls = new Counter({
      name: 'logistics_calls_total',
      help: 'Genuine calls of carriers by type and by what became of them: put or repeated.',
      labelNames: ['type', 'result'],
      registers
    })
    this.refused = new Counter({
      name: 'logistics_calls_refused_total',
      help: 'Calls that were refused, by reason; kept for inspection.',
      labelNames: ['reason'],
      registers
    })
    this.milestones = new Counter({
      name: 'logistics_milestones_total',
      help: 'Pieces that reached a milestone: packed, handed, accepted, delivered.',
      labelNames: ['milestone'],
      registers
    })
    this.lag = new Histogram({
      name: 'logistics_acceptance_lag_seconds',
      help: 'Seconds from the hand-over of a piece to its acceptance by the carrier.',
      buckets: LAG_BUCKETS,
      registers
    })
    this.closings = new Counter({
      name: 'logistics_closings_total',
      help: 'Tries to close a delivered order, by result: closed, later.',
      labelNames: ['result'],
      registers
    })
    this.#begin()
    observeWaiting(registry, pool)
  }

  reached(milestone: Milestone, lagMs: number | undefined): void {
    this.milestones.inc({ milestone })
    if (lagMs !== undefined) this.lag.observe(lagMs / 1000)
  }

  refuse(reason: RefusalReason): void {
    this.refused.inc({ reason })
  }

  /** So that a first increase is seen as one. */
  #begin(): void {
    for (const type of CALLBACK_TYPES)
      for (const result of ['put', 'repeated']) this.calls.inc({ type, result }, 0)
    for (const reason of REFUSALS) this.refused.inc({ reason }, 0)
    for (const milestone of MILESTONES) this.milestones.inc({ milestone }, 0)
    for (const result of ['closed', 'later']) this.closings.inc({ result }, 0)
  }
}

/** Asked of the database at each scrape: two processes say the same, and a restart forgets nothing. */
function observeWaiting(registry: ServiceRegistry, pool: Pool): void {
  let asked: Promise<WaitingSummary> | undefined
  // One question for the gauges of one scrape, which are collected side by side.
  const ask = (): Promise<WaitingSummary> =>
    (asked ??= waitingSummary(pool).finally(() => {
      asked = undefined
    }))
  const gauge = (name: string, help: string, of: (summary: WaitingSummary) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(of(await ask()))
      }
    })
  gauge(
    'logistics_waiting_acceptance',
    'Pieces that were handed over and that no carrier has accepted.',
    ({ waiting }) => waiting
  )
  gauge(
    'logistics_waiting_acceptance_oldest_seconds',
    'Seconds that the piece has waited that was handed over first, of those that no carrier has accepted; 0 without one.',
    ({ oldestSeconds }) => oldestSeconds
  )
  gauge('logistics_closings_waiting', 'Delivered orders that are not closed yet.', ({ toClose }) => toClose)
}
