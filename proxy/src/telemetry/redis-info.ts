/** Pure: what Redis says of itself (INFO), under the names that prometheus-redis-exporter gives it. */

export interface InfoField {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** Its name in INFO. */
  readonly field: string
}

const gauge = (name: string, help: string, field: string): InfoField => ({ name, type: 'gauge', help, field })
const counter = (name: string, help: string, field: string): InfoField => ({
  ...gauge(name, help, field),
  type: 'counter'
})

export const INFO_FIELDS: readonly InfoField[] = [
  gauge('redis_uptime_in_seconds', 'Since Redis was started.', 'uptime_in_seconds'),
  gauge('redis_memory_used_bytes', 'Memory that Redis has taken for data and its own needs.', 'used_memory'),
  gauge('redis_memory_max_bytes', 'maxmemory: above it Redis evicts; 0: no limit.', 'maxmemory'),
  gauge('redis_mem_fragmentation_ratio', 'Resident memory to memory used.', 'mem_fragmentation_ratio'),
  gauge('redis_connected_clients', 'Connections of clients.', 'connected_clients'),
  gauge('redis_blocked_clients', 'Connections that wait for a blocking command.', 'blocked_clients'),
  counter('redis_evicted_keys_total', 'Keys that left to make room.', 'evicted_keys'),
  counter('redis_expired_keys_total', 'Keys whose time was over.', 'expired_keys'),
  counter('redis_keyspace_hits_total', 'Look-ups that found a key.', 'keyspace_hits'),
  counter('redis_keyspace_misses_total', 'Look-ups that found none.', 'keyspace_misses'),
  counter(
    'redis_rejected_connections_total',
    'Connections refused because of maxclients.',
    'rejected_connections'
  ),
  counter('redis_commands_processed_total', 'Commands.', 'total_commands_processed'),
  counter('redis_net_input_bytes_total', 'Bytes read from clients.', 'total_net_input_bytes'),
  counter('redis_net_output_bytes_total', 'Bytes written to clients.', 'total_net_output_bytes')
]

export interface RedisInfo {
  /** Those of INFO_FIELDS that this version of Redis has, by their names in INFO. */
  readonly fields: ReadonlyMap<string, number>
  /** Calls by command, such as `get` or `config|get`. */
  readonly calls: ReadonlyMap<string, number>
}

const CALLS = /^cmdstat_([^:]+):calls=(\d+)/

/** Reads the answer to `INFO all`. What is no number is left out. */
export function parseInfo(text: string): RedisInfo {
  const wanted = new Set(INFO_FIELDS.map(({ field }) => field))
  const fields = new Map<string, number>()
  const calls = new Map<string, number>()
  for (const line of text.split(/\r?\n/)) {
    const [, command, count] = CALLS.exec(line) ?? []
    if (command !== undefined) calls.set(command, Number(count))
    const colon = line.indexOf(':')
    const [field, value] = [line.slice(0, Math.max(0, colon)), Number(line.slice(colon + 1))]
    if (wanted.has(field) && Number.isFinite(value)) fields.set(field, value)
  }
  return { fields, calls }
}
