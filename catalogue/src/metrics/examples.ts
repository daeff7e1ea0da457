/** What the APIs of the company measure: examples/src/metrics.ts. */
import { oneOf, upTo } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const APIS = ['mes-api', 'shop-api', 'crm-api']
/** Services of orders/, which measure their pool and their HTTP port by the same names. */
/** Services of orders/ with routes; the relay has none. */
const ROUTED = ['crm-read-model', 'orders-operators', 'orders-customers', 'orders-logistics']
const api = define({ services: APIS })
const withPool = define({ services: [...APIS, ...ROUTED, 'orders-relay'] })
const withRoutes = define({ services: [...APIS, ...ROUTED] })
const callers = define({ services: ['shop-api', 'crm-api'] })
const mes = define({ services: ['mes-api'] })

/** In the order in which an order goes through them. */
export const ORDER_STATES = [
  'INITIATED',
  'FILE_UPLOADED',
  'SUBMITTED',
  'PRICE_CALCULATED',
  'MANUFACTURING_APPROVED',
  'MANUFACTURING_STARTED',
  'MANUFACTURING_COMPLETED',
  'PACKAGING',
  'SHIPPED',
  'CLOSED'
] as const

const query = upTo(15, 'Name of the statement; never made from input.')
const state = oneOf('State of the order.', ORDER_STATES)

const requests: readonly Metric[] = [
  withRoutes.histogram(
    'http_request_duration_seconds',
    'Seconds from the first byte of a request to the last of its answer, by route template; without probes and scrapes.',
    {
      labels: {
        method: oneOf('HTTP method.', ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
        route: upTo(16, 'Route template; unmatched: none.'),
        status: upTo(12, 'HTTP status of the answer.')
      },
      together: { labels: ['method', 'route', 'status'], combinations: 35 },
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
      presence: 'OnUse'
    }
  ),
  api.counter(
    'legacy_trace_requests_total',
    'Requests by what their sender speaks: jaeger (uber-trace-id, with or without traceparent), w3c or none.',
    {
      labels: { protocol: oneOf('Of the context that came with it.', ['jaeger', 'w3c', 'none']) }
    }
  ),
  callers.histogram(
    'dependency_request_duration_seconds',
    'Seconds a request to another service took, by its name and by result: ok, refused (4xx), failed, timeout.',
    {
      labels: {
        dependency: oneOf('The service that was asked.', ['mes-api', 'shop-api', 'crm-read-model']),
        result: oneOf('What came of it.', ['ok', 'refused', 'failed', 'timeout'])
      },
      buckets: [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      presence: 'OnUse'
    }
  )
]

const database: readonly Metric[] = [
  api.counter('db_queries_total', 'Statements sent to the database, by name.', {
    labels: { query },
    presence: 'OnUse'
  }),
  api.histogram('db_query_duration_seconds', 'Seconds a statement took, without the wait for a connection.', {
    labels: { query },
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    presence: 'OnUse'
  }),
  withPool.gauge(
    'db_pool_connections',
    'Connections of the pool by state; waiting counts requests without one.',
    {
      labels: { state: oneOf('What it does.', ['busy', 'idle', 'waiting']) }
    }
  )
]

const orders: readonly Metric[] = [
  mes.gauge('orders_in_state', 'Orders in each state whose last step is within the look-back.', {
    labels: { state }
  }),
  mes.gauge(
    'orders_oldest_seconds',
    'Seconds that the oldest order of each state, but the last, has been in it; 0 without one.',
    {
      labels: { state }
    }
  ),
  mes.gauge(
    'orders_stuck',
    'Orders that have been in their state for longer than its limit; only states that have one.',
    {
      labels: { state }
    }
  )
]

export const exampleMetrics: readonly Metric[] = [...requests, ...database, ...orders]
