/** The row of the order board about the CRM's copy and its way out of the Shop's database. */
import { thresholds } from '@alexandrite/catalogue'
import { rate } from '../queries.ts'
import type { Row } from '../spec.ts'

const { crmReadModelLag } = thresholds

export const crmRow: Row = {
  title: 'The CRM by itself',
  panels: [
    {
      kind: 'timeseries',
      title: 'How far the CRM’s copy is behind',
      description: `Age of the oldest change that it lacks. An alert comes at more than ${crmReadModelLag.value} s.`,
      unit: 's',
      queries: [{ expr: 'max(crm_read_model_lag_seconds)', legend: 'lag' }]
    },
    {
      kind: 'bargauge',
      title: 'Orders that differed, last hour',
      description: 'Found by the reconciliation and repaired; each kind has a cause, see the runbook.',
      unit: 'short',
      queries: [
        { expr: 'sum by (kind) (increase(crm_reconcile_divergences_total[1h]))', legend: '{{kind}}' },
        { expr: 'max(crm_reconcile_unrepaired_orders)', legend: 'not repaired' }
      ],
      steps: [{ colour: 'green' }, { from: 1, colour: 'red' }]
    },
    {
      kind: 'stat',
      title: 'Step of the migration',
      description: 'legacy, shadow, cut-over, revoked: how many processes of the CRM act by each.',
      unit: 'short',
      queries: [{ expr: 'sum by (step) (crm_migration_step)', legend: '{{step}}' }]
    },
    {
      kind: 'stacked',
      title: 'Where the CRM reads orders',
      description: 'After the cut-over nothing may come from the shop’s tables.',
      unit: 'ops',
      queries: [{ expr: rate('crm_order_reads_total', { by: 'store' }), legend: '{{store}}' }]
    },
    {
      kind: 'timeseries',
      title: 'Answers compared in the shadow',
      description: 'A line of "different" above 0 forbids the cut-over; the fields are below.',
      unit: 'ops',
      queries: [
        { expr: rate('crm_shadow_reads_total', { by: 'result' }), legend: '{{result}}' },
        { expr: rate('crm_shadow_differences_total', { by: 'field' }), legend: 'field {{field}}' }
      ]
    },
    {
      kind: 'timeseries',
      title: 'Sessions of the CRM at the shop’s database',
      description: 'They must end at the cut-over, and must never come back once the role is revoked.',
      unit: 'short',
      queries: [{ expr: 'max(crm_legacy_connections)', legend: 'sessions' }]
    },
    {
      kind: 'timeseries',
      title: 'Reconciliation',
      description: 'Orders compared a second; a pass every five minutes, bounded in its load.',
      unit: 'ops',
      queries: [
        { expr: 'sum(rate(crm_reconcile_checked_orders_total[5m]))', legend: 'compared' },
        { expr: 'max(crm_reconcile_waiting)', legend: 'waits for events' }
      ]
    },
    {
      kind: 'stat',
      title: 'Since the last whole pass',
      description: 'Seconds; more than ten minutes: it waits for events, or fails.',
      unit: 's',
      queries: [{ expr: 'time() - max(crm_reconcile_last_pass_timestamp_seconds)', legend: 'since' }]
    },
    {
      kind: 'stat',
      title: 'First copy',
      description: 'Orders that the snapshot has brought, and whether it is complete.',
      unit: 'short',
      queries: [
        { expr: 'max(crm_snapshot_copied_orders)', legend: 'orders' },
        { expr: 'max(crm_snapshot_complete)', legend: 'complete' }
      ]
    }
  ]
}
