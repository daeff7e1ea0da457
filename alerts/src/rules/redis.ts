/** The stores of the tiers. */
import { thresholds } from '@alexandrite/catalogue'
import type { Alert, Group } from '../rule.ts'

const ours = { team: 'platform', service: 'redis', serviceTier: 2, dashboard: 'redis' } as const
/** A Redis in a pod has the tier's name; one in the bundle only its namespace and address. */
const BY = 'tier, namespace, instance'

const alerts: readonly Alert[] = [
  {
    ...ours,
    alert: 'RedisDown',
    expr: `max by (${BY}) (redis_up) == 0`,
    for: '2m',
    severity: 'warning',
    summary: 'Redis {{ $labels.instance }} has not answered for 2 minutes',
    description:
      'Tiers serve from memory and from the application: no request fails, the application works more.'
  },
  {
    ...ours,
    alert: 'RedisMemoryHigh',
    expr:
      `max by (${BY}) (redis_memory_used_bytes) / (max by (${BY}) (redis_memory_max_bytes) > 0) ` +
      `> ${thresholds.redisMemory.value}`,
    for: '30m',
    severity: 'ticket',
    summary: 'Redis {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory',
    description: 'The next answers are stored at the cost of others; the hit ratio falls when that goes on.'
  },
  {
    ...ours,
    alert: 'RedisEvicting',
    expr: `sum by (${BY}) (rate(redis_evicted_keys_total[10m])) > ${thresholds.redisEvictions.value}`,
    for: '10m',
    severity: 'warning',
    summary: 'Redis {{ $labels.instance }} throws out {{ $value | humanize }} answers a second to make room',
    description: 'What is thrown out is fetched from the application again.'
  }
]

export const redis: Group = { name: 'redis', file: 'alerts/src/rules/redis.ts', rules: alerts }
