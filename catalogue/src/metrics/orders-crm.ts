/** The CRM's way out of the Shop's database: orders/src/crm/metrics.ts, and of the CRM itself examples/src/crm/metrics.ts. */
import { oneOf } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge } = define({ services: ['crm-read-model'] })
const crm = define({ services: ['crm-api'] })

/** legacy: the Shop’s tables; shadow: both; cut-over: the read model; revoked: the database refuses the CRM. */
export const CRM_STEPS = ['legacy', 'shadow', 'cut-over', 'revoked'] as const

const step = oneOf('Step of the migration.', CRM_STEPS)

const readModel: readonly Metric[] = [
  gauge(
    'crm_read_model_lag_seconds',
    'Age of the oldest event of the Shop that has not had its effect on the read model; 0 without one.'
  ),
  gauge('crm_snapshot_copied_orders', 'Orders that the first copy has brought.'),
  gauge('crm_snapshot_complete', '1 once the first copy is complete.', { unit: 'boolean' }),
  counter('crm_reconcile_checked_orders_total', 'Orders of the source that the reconciliation compared.'),
  counter(
    'crm_reconcile_divergences_total',
    'Orders that differed from their source and were not under way, by kind.',
    {
      labels: {
        kind: oneOf('How the copy differed.', ['missing', 'extra', 'stale', 'ahead', 'different'])
      }
    }
  ),
  counter('crm_reconcile_repairs_total', 'Repairs of orders that differed, by result.', {
    labels: { result: oneOf('What came of it.', ['repaired', 'failed']) }
  }),
  gauge('crm_reconcile_unrepaired_orders', 'Orders that the last whole pass could not repair.'),
  gauge('crm_reconcile_waiting', '1 while the reconciliation waits for events that are under way.', {
    unit: 'boolean'
  }),
  gauge(
    'crm_reconcile_last_pass_timestamp_seconds',
    'When the last whole pass of the reconciliation ended; 0 before the first.'
  ),
  gauge(
    'crm_legacy_connections',
    'Sessions at the Shop’s database of the role that the CRM had there; NaN while they cannot be counted.'
  ),
  gauge(
    'crm_migration_target_step',
    '1 for the step of the migration that the CRM is told to act by, 0 for the others.',
    { unit: 'boolean', labels: { step } }
  )
]

const ofTheCrm: readonly Metric[] = [
  crm.counter('crm_order_reads_total', 'Reads of orders by where the answer that was served came from.', {
    labels: { store: oneOf('Where it came from.', ['shop-db', 'read-model']) }
  }),
  crm.counter(
    'crm_shadow_reads_total',
    'Answers from the Shop’s tables that were compared with the read model, by what came of it; skipped: too many at once.',
    { labels: { result: oneOf('What came of it.', ['equal', 'different', 'failed', 'skipped']) } }
  ),
  crm.counter(
    'crm_shadow_differences_total',
    'Compared answers that lastingly differed, by field; order: only one side has it.',
    {
      labels: {
        field: oneOf('What differed.', ['order', 'customerId', 'status', 'createdAt', 'quantity'])
      }
    }
  ),
  crm.gauge(
    'crm_migration_step',
    '1 for the step of the migration that this process acts by, 0 for the others.',
    { unit: 'boolean', labels: { step } }
  )
]

export const orderCrmMetrics: readonly Metric[] = [...readModel, ...ofTheCrm]
