import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What an API measures. One registry each, so that two APIs in one process do not mix. */
export interface Metrics {
  readonly registry: Registry
  readonly requests: Histogram<'method' | 'route' | 'status'>
  readonly queries: Counter<'query'>
  readonly querySeconds: Histogram<'query'>
  readonly connections: Gauge<'state'>
}

/** The default metrics watch the event loop until `registry.clear()`; `service` is a label of everything. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    requests: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Seconds from the first byte of a request to the last of its answer, by route template.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
      registers
    }),
    queries: new Counter({
      name: 'db_queries_total',
      help: 'Statements sent to the database, by name.',
      labelNames: ['query'],
      registers
    }),
    querySeconds: new Histogram({
      name: 'db_query_duration_seconds',
      help: 'Seconds a statement took, without the wait for a connection.',
      labelNames: ['query'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers
    }),
    connections: new Gauge({
      name: 'db_pool_connections',
      help: 'Connections of the pool by state; waiting counts requests without one.',
      labelNames: ['state'],
      registers
    })
  }
}
