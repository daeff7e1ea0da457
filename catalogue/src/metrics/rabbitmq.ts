/** What RabbitMQ's own plugin says at /metrics/per-object. */
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
      rabbitmq_cluster_permanent_id: upTo(1, 'Its identity.'),
      rabbitmq_endpoint: upTo(1, 'Which of the plugin’s pages.')
    }
  }),
  gauge('rabbitmq_queue_messages_ready', 'Messages that wait for a consumer.', queue),
  gauge('rabbitmq_queue_messages_unacked', 'Messages handed out and not acknowledged.', queue),
  gauge('rabbitmq_queue_messages', 'Both together.', queue),
  gauge('rabbitmq_queue_consumers', 'Consumers.', queue),
  gauge(
    'rabbitmq_queue_head_message_timestamp',
    'Timestamp of the oldest message, in seconds since the epoch; 0 or absent where messages have none.',
    { ...queue, unit: 'timestamp' }
  ),
  counter('rabbitmq_queue_messages_published_total', 'Messages that came in.', {
    ...queue,
    labels: {
      ...queue.labels,
      exchange: upTo(10, 'Exchange it came through.'),
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
    series: 1500,
    why: 'Each queue, connection and channel has about twenty.'
  },
  { prefix: 'erlang_', services: ['rabbitmq'], series: 250, why: 'The Erlang machine.' },
  { prefix: 'telemetry_', services: ['rabbitmq'], series: 20, why: 'The scrape of the plugin.' }
]
