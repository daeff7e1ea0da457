import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricObject, OpenMetricsContentType, PrometheusContentType } from 'prom-client'
import { TRACE_PROTOCOLS } from './trace-context.ts'

/** What an API measures. One registry each, so that two APIs in one process do not mix. */
export interface Metrics {
  readonly registry: Registry<OpenMetricsContentType>
  /** trace_id is a label of its exemplars only; the types of prom-client have one set of names for both. */
  readonly requests: Histogram<'method' | 'route' | 'status' | 'trace_id'>
  readonly protocols: Counter<'protocol'>
  readonly dependencies: Histogram<'dependency' | 'result'>
  readonly queries: Counter<'query'>
  readonly querySeconds: Histogram<'query'>
  readonly connections: Gauge<'state'>
  /** The metrics in the format that the Accept field asks for; only OpenMetrics carries exemplars. */
  read(accept: string | undefined): Promise<{ readonly type: string; readonly text: string }>
}

/** The default metrics watch the event loop until `registry.clear()`; `service` is a label of everything. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const openMetrics = new View(registry, Registry.OPENMETRICS_CONTENT_TYPE)
  const text = new View(registry, Registry.PROMETHEUS_CONTENT_TYPE)
  for (const view of [openMetrics, text]) view.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    ...requestMetrics([registry]),
    ...databaseMetrics([registry]),
    read: async (accept = '') => {
      const view = accept.includes('application/openmetrics-text') ? openMetrics : text
      return { type: view.contentType, text: await view.metrics() }
    }
  }
}

function requestMetrics(registers: Registry<OpenMetricsContentType>[]) {
  const protocols = new Counter({
    name: 'legacy_trace_requests_total',
    help: 'Requests by what their sender speaks: jaeger (uber-trace-id, with or without traceparent), w3c or none.',
    labelNames: ['protocol'],
    registers
  })
  for (const protocol of TRACE_PROTOCOLS) protocols.inc({ protocol }, 0)
  return {
    requests: new Histogram<'method' | 'route' | 'status' | 'trace_id'>({
      name: 'http_request_duration_seconds',
      help: 'Seconds from the first byte of a request to the last of its answer, by route template; without probes and scrapes.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
      enableExemplars: true,
      registers
    }),
    protocols,
    dependencies: new Histogram({
      name: 'dependency_request_duration_seconds',
      help: 'Seconds a request to another service took, by its name and by result: ok, refused (4xx), failed, timeout.',
      labelNames: ['dependency', 'result'],
      buckets: [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers
    })
  }
}

function databaseMetrics(registers: Registry<OpenMetricsContentType>[]) {
  return {
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

type Format = PrometheusContentType | OpenMetricsContentType

/**
 * The metrics of a registry in one format. A Registry of prom-client has a single one, writes exemplars in OpenMetrics
 * only, and renames counters for good there: so it gets objects derived from them.
 */
class View extends Registry<Format> {
  readonly source: Registry<OpenMetricsContentType>

  constructor(source: Registry<OpenMetricsContentType>, format: Format) {
    super()
    this.setContentType(format)
    this.source = source
  }

  override getMetricsAsArray(): MetricObject[] {
    return this.source.getMetricsAsArray().map((metric) => Object.create(metric) as MetricObject)
  }
}
