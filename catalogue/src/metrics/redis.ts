/** What prometheus-redis-exporter says of shared stores of the tiers, and a tier's proxy of the Redis in its own pod. */
import { TIER, upTo } from '../labels.ts'
import type { Family, Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge } = define({ services: ['redis'], labels: { tier: TIER } })
const db = upTo(16, 'Number of the database.')
const cmd = upTo(30, 'Name of the command.')

export const redisMetrics: readonly Metric[] = [
  gauge('redis_up', '1 while Redis answers.', { unit: 'boolean' }),
  gauge('redis_uptime_in_seconds', 'Since Redis was started.'),
  gauge('redis_memory_used_bytes', 'Memory that Redis has taken for data and its own needs.'),
  gauge('redis_memory_max_bytes', 'maxmemory: above it Redis evicts; 0: no limit.'),
  gauge('redis_mem_fragmentation_ratio', 'Resident memory to memory used.'),
  gauge('redis_connected_clients', 'Connections of clients.'),
  gauge('redis_blocked_clients', 'Connections that wait for a blocking command.'),
  gauge('redis_db_keys', 'Keys.', { labels: { db }, presence: 'OnUse' }),
  counter('redis_evicted_keys_total', 'Keys that left to make room.'),
  counter('redis_expired_keys_total', 'Keys whose time was over.'),
  counter('redis_keyspace_hits_total', 'Look-ups that found a key.'),
  counter('redis_keyspace_misses_total', 'Look-ups that found none.'),
  counter('redis_rejected_connections_total', 'Connections refused because of maxclients.'),
  counter('redis_commands_processed_total', 'Commands.'),
  counter('redis_commands_total', 'Commands by name.', { labels: { cmd }, presence: 'OnUse' }),
  counter('redis_commands_duration_seconds_total', 'Time spent in commands by name.', {
    labels: { cmd },
    presence: 'OnUse'
  }),
  counter('redis_net_input_bytes_total', 'Bytes read from clients.'),
  counter('redis_net_output_bytes_total', 'Bytes written to clients.')
]

export const redisFamilies: readonly Family[] = [
  { prefix: 'redis_', services: ['redis'], series: 600, why: 'The exporter passes on all of INFO.' }
]
