/** PostgreSQL. */
import { thresholds } from '@alexandrite/catalogue'
import type { Alert, Group } from '../rule.ts'

const ours = { team: 'platform', service: 'postgresql', serviceTier: 1, dashboard: 'overview' } as const
const BY = 'namespace, server'

const alerts: readonly Alert[] = [
  {
    ...ours,
    alert: 'DatabaseDown',
    expr: 'max by (namespace, instance) (pg_up) == 0',
    for: '1m',
    severity: 'critical',
    summary: 'PostgreSQL does not answer (asked by {{ $labels.instance }})',
    description: 'Orders stand still: nothing can be read that is not cached, nothing can be written.'
  },
  {
    ...ours,
    alert: 'DatabaseConnectionsHigh',
    expr:
      `sum by (${BY}) (pg_stat_activity_count) / max by (${BY}) (pg_settings_max_connections) ` +
      `> ${thresholds.databaseConnections.value}`,
    for: '5m',
    severity: 'warning',
    summary:
      'PostgreSQL {{ $labels.server }} has {{ $value | humanizePercentage }} of its connections in use',
    description: 'When there are none left, requests of all APIs fail.',
    silencedBy: [{ alert: 'DatabaseDown', on: ['namespace'] }]
  }
]

export const database: Group = { name: 'database', file: 'alerts/src/rules/database.ts', rules: alerts }
