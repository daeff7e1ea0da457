/** What prometheus-postgres-exporter says of the database. */
import { oneOf, upTo } from '../labels.ts'
import type { Family, Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge } = define({ services: ['postgresql'] })
const server = upTo(1, 'host:port of the database.')
const datname = upTo(5, 'Name of the database.')
const database = { datname, datid: upTo(5, 'Its number.') }
const together = { labels: ['datname', 'datid'], combinations: 5 }
const activity = {
  server,
  datname,
  state: oneOf('What the connection does.', [
    'active',
    'idle',
    'idle in transaction',
    'idle in transaction (aborted)',
    'fastpath function call',
    'disabled'
  ]),
  usename: upTo(5, 'Its user.'),
  application_name: upTo(9, 'What it calls itself.'),
  backend_type: upTo(10, 'Kind of the process.'),
  wait_event: upTo(10, 'What it waits for.'),
  wait_event_type: upTo(5, 'Kind of what it waits for.')
}
const ofActivity = { labels: activity, together: { labels: Object.keys(activity), combinations: 70 } }
const ofDatabase = { labels: database, together }

export const postgresqlMetrics: readonly Metric[] = [
  gauge('pg_up', '1 while PostgreSQL answers the exporter.', { unit: 'boolean' }),
  gauge('pg_settings_max_connections', 'The most connections at once.', { labels: { server } }),
  gauge('pg_stat_activity_count', 'Connections by database and state.', ofActivity),
  gauge('pg_stat_activity_max_tx_duration', 'The oldest transaction, in seconds.', {
    ...ofActivity,
    unit: 'seconds'
  }),
  gauge('pg_database_size_bytes', 'Bytes on disk.', { labels: { datname } }),
  gauge('pg_locks_count', 'Locks.', {
    labels: { server, datname, mode: upTo(9, 'Mode of the lock.') },
    together: { labels: ['datname', 'mode'], combinations: 45 }
  }),
  counter('pg_stat_database_xact_commit', 'Transactions that were committed.', ofDatabase),
  counter('pg_stat_database_xact_rollback', 'Transactions that were rolled back.', ofDatabase),
  counter('pg_stat_database_blks_hit', 'Blocks found in the cache.', ofDatabase),
  counter('pg_stat_database_blks_read', 'Blocks read from the disk.', ofDatabase),
  counter('pg_stat_database_deadlocks', 'Deadlocks.', ofDatabase),
  counter('pg_stat_database_tup_returned', 'Rows read.', ofDatabase),
  counter('pg_stat_database_tup_fetched', 'Rows fetched by index.', ofDatabase)
]

export const postgresqlFamilies: readonly Family[] = [
  {
    prefix: 'pg_',
    services: ['postgresql'],
    series: 1100,
    why: 'Settings, and statistics of each database.'
  },
  { prefix: 'postgres_exporter_', services: ['postgresql'], series: 10, why: 'The exporter itself.' }
]
