/** What every service of this room measures; one registry each, so that two services in one process do not mix. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import type { Pool } from 'pg'

export type ServiceRegistry = Registry<OpenMetricsContentType>

export interface ServiceMetrics {
  readonly registry: ServiceRegistry
  /** trace_id is a label of its exemplars only; the types of prom-client have one set of names for both. */
  readonly requests: Histogram<'method' | 'route' | 'status' | 'trace_id'>
}

/** The default metrics watch the event loop until `registry.clear()`; `service` is a label of everything. */
export function createMetrics(service: string, pool: Pool | undefined): ServiceMetrics {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  if (pool !== undefined) poolGauge(registry, pool)
  const requests = new Histogram<'method' | 'route' | 'status' | 'trace_id'>({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the first byte of a request to the last of its answer, by route template; without probes and scrapes.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    enableExemplars: true,
    registers: [registry]
  })
  return { registry, requests }
}

function poolGauge(registry: ServiceRegistry, pool: Pool): void {
  new Gauge({
    name: 'db_pool_connections',
    help: 'Connections of the pool by state; waiting counts requests without one.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    }
  })
}
