/** Proofs of alerts/src/rules/redis.ts and database.ts. */
import { level } from './level.ts'
import type { Named, Proof } from './proof.ts'

const redis = (alert: string, severity: Named['severity']): Named => ({
  alert,
  severity,
  team: 'platform',
  serviceTier: 2,
  service: 'redis'
})
const database = (alert: string, severity: Named['severity']): Named => ({
  alert,
  severity,
  team: 'platform',
  serviceTier: 1,
  service: 'postgresql'
})
const REDIS = 'tier="mes/mes-api",namespace="mes",instance="10.0.0.1:9121",pod="a"'
const labels = { tier: 'mes/mes-api', namespace: 'mes', instance: '10.0.0.1:9121' }
const DATABASE = 'namespace="data",server="postgres:5432"'

const redisProofs: readonly Proof[] = [
  level({
    of: redis('RedisDown', 'warning'),
    for: '2m',
    fault: { [`redis_up{${REDIS}}`]: { bad: 0, quiet: [1, -1] } },
    labels,
    summary: 'Redis 10.0.0.1:9121 has not answered for 2 minutes'
  }),
  level({
    of: redis('RedisMemoryHigh', 'ticket'),
    for: '30m',
    fault: {
      [`redis_memory_used_bytes{${REDIS}}`]: { bad: 92, quiet: [90, 88] },
      // Without a limit, and nonsense: a share of nothing says nothing.
      [`redis_memory_max_bytes{${REDIS}}`]: { bad: 100, quiet: [0] }
    },
    elsewhere: [{ [`redis_memory_used_bytes{${REDIS}}`]: -92, [`redis_memory_max_bytes{${REDIS}}`]: -100 }],
    labels,
    summary: 'Redis 10.0.0.1:9121 uses 92% of its memory'
  }),
  level({
    of: redis('RedisMemoryHigh', 'ticket'),
    for: '30m',
    fault: {
      [`redis_memory_used_bytes{${REDIS}}`]: { bad: 0.92, quiet: [] },
      [`redis_memory_max_bytes{${REDIS}}`]: { bad: 1, quiet: [] }
    },
    labels,
    summary: 'Redis 10.0.0.1:9121 uses 92% of its memory'
  }),
  {
    of: redis('RedisEvicting', 'warning'),
    cases: [
      {
        says: 'fires ten minutes after its ten minutes saw more than ten a second',
        series: { [`redis_evicted_keys_total{${REDIS}}`]: '1000x19 1615+615x60' },
        moments: [
          { at: '37m', firing: [] },
          {
            at: '38m',
            firing: [
              { labels, summary: 'Redis 10.0.0.1:9121 throws out 10.25 answers a second to make room' }
            ]
          }
        ]
      },
      ...[600, 570].map((perMinute) => ({
        says: `is silent while ${perMinute} a minute are thrown out`,
        series: { [`redis_evicted_keys_total{${REDIS}}`]: `1000+${perMinute}x60` },
        moments: [{ at: '40m', firing: [] } as const]
      }))
    ]
  }
]

const connections = (state: string): string =>
  `pg_stat_activity_count{${DATABASE},datname="orders",state="${state}"}`

const databaseProofs: readonly Proof[] = [
  level({
    of: database('DatabaseDown', 'critical'),
    for: '1m',
    step: '30s',
    fault: { 'pg_up{namespace="data",instance="10.0.0.2:9187",pod="a"}': { bad: 0, quiet: [1, -1] } },
    labels: { namespace: 'data', instance: '10.0.0.2:9187' },
    summary: 'PostgreSQL does not answer (asked by 10.0.0.2:9187)'
  }),
  level({
    of: database('DatabaseConnectionsHigh', 'warning'),
    for: '5m',
    fault: {
      [connections('active')]: { bad: 62, quiet: [60, 58] },
      [`pg_settings_max_connections{${DATABASE}}`]: { bad: 100, quiet: [110] }
    },
    around: { [connections('idle')]: 20 },
    labels: { namespace: 'data', server: 'postgres:5432' },
    summary: 'PostgreSQL postgres:5432 has 82% of its connections in use'
  })
]

export const storeProofs: readonly Proof[] = [...redisProofs, ...databaseProofs]
