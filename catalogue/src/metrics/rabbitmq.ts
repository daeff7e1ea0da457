/**
 * What RabbitMQ's own plugin says at /metrics with `prometheus.return_per_object_metrics = true`. Of 3.10,
 * /metrics/per-object lacks the alarms, and /metrics without that setting lacks the names of queues.
 */
import { upTo } from '../labels.ts'
import type { Family, Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge } = define({ services: ['rabbitmq'] })
const queue = {
  labels: { vhost: upTo(1, 'Virtual host.'), queue: upTo(30, 'Name of the queue.') },
  presence: 'OnUse' as const
}

export const rabbitmqMetrics: readonly Metric[] = [
  gauge('rabbitmq_identity_info', 'Always 1; names the node and the cluster.', {
    labels: {
      rabbitmq_node: upTo(1, 'Name of the node.'),
      rabbitmq_cluster: upTo(1, 'Name of the cluster.'),
      rabbitmq_cluster_permanent_id: upTo(1, 'Its identity.')
    }
  }),
  gauge('rabbitmq_queue_messages_ready', 'Messages that wait for a consumer.', queue),
  gauge('rabbitmq_queue_messages_unacked', 'Messages handed out and not acknowledged.', queue),
  gauge('rabbitmq_queue_messages', 'Both together.', queue),
  gauge('rabbitmq_queue_consumers', 'Consumers.', queue),
  gauge(
    'rabbitmq_queue_head_message_timestamp',
    'Timestamp that the publisher gave to the oldest message, in seconds since the epoch; NaN without one.',
    { ...queue, unit: 'timestamp' }
  ),
  counter('rabbitmq_queue_messages_published_total', 'Messages that came in.', {
    ...queue,
    labels: {
      queue: queue.labels.queue,
      queue_vhost: upTo(1, 'Virtual host of the queue.'),
      exchange: upTo(10, 'Exchange it came through.'),
      exchange_vhost: upTo(1, 'Virtual host of the exchange.'),
      channel: upTo(20, 'Channel that published it.')
    },
    together: { labels: ['queue', 'exchange', 'channel'], combinations: 40 }
  }),
  gauge('rabbitmq_connections', 'Connections that are open.'),
  gauge('rabbitmq_channels', 'Channels that are open.'),
  gauge('rabbitmq_queues', 'Queues.'),
  gauge('rabbitmq_process_resident_memory_bytes', 'Memory of the broker.'),
  gauge('rabbitmq_resident_memory_limit_bytes', 'Above it the broker stops publishers.'),
  gauge('rabbitmq_disk_space_available_bytes', 'Free space where messages are kept.'),
  gauge('rabbitmq_disk_space_available_limit_bytes', 'Below it the broker stops publishers.'),
  gauge('rabbitmq_alarms_memory_used_watermark', '1 while publishers are stopped for want of memory.', {
    unit: 'boolean'
  }),
  gauge('rabbitmq_alarms_free_disk_space_watermark', '1 while publishers are stopped for want of disk.', {
    unit: 'boolean'
  })
]

export const rabbitmqFamilies: readonly Family[] = [
  {
    prefix: 'rabbitmq_',
    services: ['rabbitmq'],
    series: 1300,
    why: 'Each queue and channel has about twenty, each connection eight.'
  },
  { prefix: 'erlang_', services: ['rabbitmq'], series: 600, why: 'The Erlang machine.' },
  { prefix: 'process_', services: ['rabbitmq'], series: 10, why: 'When the broker started.' },
  { prefix: 'telemetry_', services: ['rabbitmq'], series: 20, why: 'The scrape of the plugin.' }
]
