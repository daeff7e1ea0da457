/** What timers measure: how late they fire, how many are late now. */
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Pool } from 'pg'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import type { ServiceRegistry } from '../service/metrics.ts'

export interface TimerMetrics {
  readonly lateness: Histogram<'kind'>
  readonly failures: Counter<'kind'>
}

export interface TimerMetricsOptions {
  readonly registry: ServiceRegistry
  readonly pool: Pool
  readonly log: Logger
  readonly kind: string
}

const OLDEST = `
SELECT coalesce(greatest(extract(epoch FROM timers.now() - min(due_at)) / timers.rate(), 0), 0)::float8 AS seconds
FROM timers.timer WHERE state = 'set' AND kind = $1`

export function timerMetrics({ registry, pool, log, kind }: TimerMetricsOptions): TimerMetrics {
  const registers = [registry]
  const failures = new Counter({
    name: 'timers_failures_total',
    help: 'Tries to fire a timer that failed and are made again.',
    labelNames: ['kind'],
    registers
  })
  failures.inc({ kind }, 0)
  new Gauge({
    name: 'timers_overdue_seconds',
    help: 'Real seconds by which the oldest timer that has not fired is late; 0 when none is.',
    labelNames: ['kind'],
    registers,
    async collect() {
      this.reset()
      try {
        const { rows } = await pool.query<{ seconds: number }>(OLDEST, [kind])
        this.set({ kind }, rows[0]?.seconds ?? 0)
      } catch (error) {
        // No signal is better than one that stands still.
        log.warn(errorFields(error), 'the oldest timer could not be read')
      }
    }
  })
  const lateness = new Histogram({
    name: 'timers_lateness_seconds',
    help: 'Real seconds from when a timer was due to when it fired.',
    labelNames: ['kind'],
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600],
    registers
  })
  return { lateness, failures }
}
