/** Events of orders: what the relay (orders/src/relay/metrics.ts) and consumers (orders/src/events/consumer-metrics.ts) measure. */
import { oneOf, upTo } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

/** Services that hear events. */
const CONSUMERS = ['crm-read-model', 'orders-operators', 'orders-customers', 'orders-logistics']

const source = oneOf('Whose outbox.', ['mes', 'shop'])
const relay = define({ services: ['orders-relay'], labels: { source: { ...source, cardinality: 1 } } })
const consumer = define({
  services: CONSUMERS,
  labels: { consumer: upTo(2, 'Name of the consumer; its queue is orders.NAME.') }
})
const why = oneOf('For its predecessors, or for another try.', ['predecessor', 'failed'])

const relayed: readonly Metric[] = [
  relay.gauge(
    'orders_outbox_lag_seconds',
    'Seconds that the oldest event of an outbox has waited to be published; 0 without one.'
  ),
  relay.gauge(
    'orders_outbox_backlog',
    'Events of an outbox that wait to be published, counted up to 100,000.'
  ),
  relay.counter('orders_relay_published_total', 'Events that the broker has confirmed.'),
  relay.counter(
    'orders_relay_failures_total',
    'Batches that were not confirmed, or whose outbox could not be read; they are published again.'
  ),
  relay.histogram(
    'orders_relay_delay_seconds',
    'Seconds from the change of an order to the confirm of its event.',
    { buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800], presence: 'OnUse' }
  ),
  relay.gauge('orders_relay_connected', '1 while the relay is connected to the broker.', { unit: 'boolean' })
]

const consumed: readonly Metric[] = [
  consumer.counter(
    'orders_consumer_events_total',
    'Events that came to a consumer, by what became of them.',
    {
      labels: {
        outcome: oneOf('What became of it; passed: of no binding, only its version counts.', [
          'applied',
          'passed',
          'late',
          'duplicate',
          'waiting',
          'failed',
          'dead'
        ])
      }
    }
  ),
  consumer.histogram(
    'orders_consumer_lag_seconds',
    'Seconds from the change of an order to the commit of its effect.',
    { buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800], presence: 'OnUse' }
  ),
  consumer.histogram(
    'orders_consumer_event_duration_seconds',
    'Seconds that an event took from its arrival to its acknowledgement.',
    { buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5], presence: 'OnUse' }
  ),
  consumer.gauge(
    'orders_inbox_kept',
    'Events that wait in the inbox, for their predecessors or for another try after a failure.',
    { labels: { why } }
  ),
  consumer.gauge(
    'orders_inbox_oldest_seconds',
    'Seconds that the longest of them has waited; 0 without one.',
    { labels: { why } }
  ),
  consumer.gauge(
    'orders_dead_letters',
    'Messages in the dead-letter queue of a consumer; as of the last time that the broker was asked.'
  ),
  consumer.gauge('orders_broker_connected', '1 while a consumer or the relay is connected to the broker.', {
    unit: 'boolean'
  })
]

export const orderEventMetrics: readonly Metric[] = [...relayed, ...consumed]
