import { thresholds } from '@alexandrite/catalogue'
import { errorRatio, quantile, rate } from '../queries.ts'
import type { DashboardSpec } from '../spec.ts'

const { serverErrors, databaseConnections } = thresholds
const HISTOGRAM = 'http_request_duration_seconds'

/** RED of one API: rate, errors, duration; then what it depends on. One board an API, so that links stay simple. */
export function apiBoard(service: string, title: string): DashboardSpec {
  const where = `service="${service}"`
  return {
    uid: service,
    title: `API: ${title}`,
    description: `Requests, errors and times of ${service}, measured by itself; its database, traces and logs.`,
    variables: [],
    rows: [
      {
        title: 'Requests',
        panels: [
          {
            kind: 'stacked',
            title: 'Rate by route',
            description:
              'Requests a second that reach the API. With a cache tier in front, hits are not among them.',
            unit: 'reqps',
            queries: [
              {
                expr: rate(`${HISTOGRAM}_count`, { by: 'method, route', where }),
                legend: '{{method}} {{route}}'
              }
            ]
          },
          {
            kind: 'timeseries',
            title: 'Errors',
            description: `Share of answers with 5xx, by route. An alert comes at ${serverErrors.value * 100} % of all for 5 minutes.`,
            unit: 'percentunit',
            queries: [{ expr: errorRatio('route', where), legend: '{{route}}' }],
            steps: [{ colour: 'green' }, { from: serverErrors.value, colour: 'red' }]
          },
          {
            kind: 'timeseries',
            title: 'Duration by route, p95',
            description: 'Each point that stands out leads to a trace of that moment.',
            unit: 's',
            queries: [
              {
                expr: quantile(0.95, HISTOGRAM, { by: 'method, route', where }),
                legend: '{{method}} {{route}}',
                exemplars: 'Shown'
              }
            ]
          },
          {
            kind: 'timeseries',
            title: 'Duration, p50 p95 p99',
            description: 'Over all routes.',
            unit: 's',
            width: 12,
            queries: [0.5, 0.95, 0.99].map((share) => ({
              expr: quantile(share, HISTOGRAM, { where }),
              legend: `p${share * 100}`
            }))
          },
          {
            kind: 'table',
            title: 'Routes now',
            description: 'The slowest routes of the last interval on top.',
            unit: 's',
            width: 12,
            queries: [{ expr: `sort_desc(${quantile(0.95, HISTOGRAM, { by: 'method, route', where })})` }]
          }
        ]
      },
      {
        title: 'What it depends on',
        panels: [
          {
            kind: 'timeseries',
            title: 'Statements, p95',
            description: 'Time of each statement without the wait for a connection.',
            unit: 's',
            queries: [
              {
                expr: quantile(0.95, 'db_query_duration_seconds', { by: 'query', where }),
                legend: '{{query}}'
              }
            ]
          },
          {
            kind: 'stacked',
            title: 'Statements a second',
            description: 'How much the API asks of its database.',
            unit: 'ops',
            queries: [{ expr: rate('db_queries_total', { by: 'query', where }), legend: '{{query}}' }]
          },
          {
            kind: 'timeseries',
            title: 'Connections of the pool',
            description: `waiting above 0 means that requests stand in line for a connection; PostgreSQL itself is full at ${databaseConnections.value * 100} %.`,
            unit: 'short',
            queries: [{ expr: `sum by (state) (db_pool_connections{${where}})`, legend: '{{state}}' }]
          },
          {
            kind: 'timeseries',
            title: 'Processor',
            description: 'Cores in use, by instance.',
            unit: 'short',
            width: 6,
            queries: [
              { expr: `rate(process_cpu_seconds_total{${where}}[$__rate_interval])`, legend: '{{instance}}' }
            ]
          },
          {
            kind: 'timeseries',
            title: 'Memory',
            description: 'Resident memory, by instance.',
            unit: 'bytes',
            width: 6,
            queries: [{ expr: `process_resident_memory_bytes{${where}}`, legend: '{{instance}}' }]
          },
          {
            kind: 'timeseries',
            title: 'Event loop',
            description: 'Delay of the event loop, p99: above 0.1 s the process itself is the bottleneck.',
            unit: 's',
            width: 6,
            queries: [{ expr: `nodejs_eventloop_lag_p99_seconds{${where}}`, legend: '{{instance}}' }]
          },
          {
            kind: 'timeseries',
            title: 'Requests by trace protocol',
            description:
              'How callers hand over their trace: jaeger is the old way; when it is gone the bridge can go.',
            unit: 'reqps',
            width: 6,
            queries: [
              { expr: rate('legacy_trace_requests_total', { by: 'protocol', where }), legend: '{{protocol}}' }
            ]
          }
        ]
      },
      {
        title: 'Traces and logs',
        panels: [
          {
            kind: 'traces',
            title: 'Slow or failed requests',
            description:
              'Traces of this service that ended with an error. A click opens the trace, from there its logs.',
            width: 12,
            search: { service, tags: 'error=true' },
            emptyIsHealthy: 'No request failed in this time.'
          },
          {
            kind: 'logs',
            title: 'Warnings and errors',
            description: 'Lines of level warn and above. trace_id leads to the trace.',
            width: 12,
            queries: [{ expr: `{service_name="${service}", level=~"warn|error|fatal"}` }],
            emptyIsHealthy: 'There was nothing to warn of.'
          }
        ]
      }
    ]
  }
}
