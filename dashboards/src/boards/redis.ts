import { rate } from '../queries.ts'
import type { DashboardSpec } from '../spec.ts'
import { NAMESPACE } from '../variables.ts'

const where = 'namespace=~"$namespace"'

export const redis: DashboardSpec = {
  uid: 'redis',
  title: 'Redis',
  description:
    'The stores of the cache tiers, shared or in their pods: memory, evictions, commands. Without Redis the tiers go on from memory.',
  variables: [NAMESPACE],
  rows: [
    {
      title: 'Redis',
      panels: [
        {
          kind: 'stat',
          title: 'Reachable',
          description: 'Instances that answer.',
          unit: 'short',
          width: 6,
          height: 5,
          queries: [{ expr: `sum(redis_up{${where}})` }],
          steps: [{ colour: 'red' }, { from: 1, colour: 'green' }]
        },
        {
          kind: 'stat',
          title: 'Memory in use',
          description:
            'Of maxmemory, of the fullest. Full is usual for a cache: what counts is how much is evicted.',
          unit: 'percentunit',
          width: 6,
          height: 5,
          queries: [
            { expr: `max(redis_memory_used_bytes{${where}} / (redis_memory_max_bytes{${where}} > 0))` }
          ],
          steps: [{ colour: 'green' }, { from: 0.9, colour: 'yellow' }]
        },
        {
          kind: 'stat',
          title: 'Evictions a second',
          description: 'Entries that left to make room before their time was over.',
          unit: 'ops',
          width: 6,
          height: 5,
          queries: [{ expr: rate('redis_evicted_keys_total', { where }) }],
          steps: [{ colour: 'green' }, { from: 10, colour: 'yellow' }, { from: 100, colour: 'red' }]
        },
        {
          kind: 'stat',
          title: 'Clients',
          description: 'Connections that are open.',
          unit: 'short',
          width: 6,
          height: 5,
          queries: [{ expr: `sum(redis_connected_clients{${where}})` }]
        },
        {
          kind: 'timeseries',
          title: 'Memory',
          description: 'Used memory of each instance.',
          unit: 'bytes',
          queries: [{ expr: `redis_memory_used_bytes{${where}}`, legend: '{{instance}}' }]
        },
        {
          kind: 'stacked',
          title: 'Commands',
          description: 'Commands a second over all instances.',
          unit: 'ops',
          queries: [
            { expr: `topk(8, ${rate('redis_commands_total', { by: 'cmd', where })})`, legend: '{{cmd}}' }
          ]
        },
        {
          kind: 'timeseries',
          title: 'Found and not found',
          description: 'Look-ups of keys, by whether they were there.',
          unit: 'ops',
          queries: [
            { expr: rate('redis_keyspace_hits_total', { where }), legend: 'found' },
            { expr: rate('redis_keyspace_misses_total', { where }), legend: 'not found' }
          ]
        }
      ]
    }
  ]
}
