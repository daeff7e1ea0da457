/** What the read model measures of itself. */
import { Counter, Gauge } from 'prom-client'
import type { ServiceRegistry } from '../service/metrics.ts'
import { DIVERGENCES } from './compare.ts'
import { STEPS } from './migration.ts'
import type { Step } from './migration.ts'

export const REPAIRS = ['repaired', 'failed'] as const

export interface CrmModelMetrics {
  readonly lag: Gauge
  readonly copied: Gauge
  readonly complete: Gauge
  readonly checked: Counter
  readonly divergences: Counter<'kind'>
  readonly repairs: Counter<'result'>
  readonly unrepaired: Gauge
  readonly waiting: Gauge
  readonly lastPass: Gauge
  readonly legacyConnections: Gauge
  readonly step: Gauge<'step'>
  /** The last whole pass, of whichever process. */
  passed(last: { readonly secondsAgo: number; readonly unrepaired: number }): void
  /** The step that counts. */
  stepIs(step: Step): void
}

export function createCrmMetrics(registry: ServiceRegistry): CrmModelMetrics {
  const registers = [registry]
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers })
  const metrics = {
    lag: gauge(
      'crm_read_model_lag_seconds',
      'Age of the oldest event of the Shop that has not had its effect on the read model; 0 without one.'
    ),
    copied: gauge('crm_snapshot_copied_orders', 'Orders that the first copy has brought.'),
    complete: gauge('crm_snapshot_complete', '1 once the first copy is complete.'),
    checked: new Counter({
      name: 'crm_reconcile_checked_orders_total',
      help: 'Orders of the source that the reconciliation compared.',
      registers
    }),
    divergences: new Counter({
      name: 'crm_reconcile_divergences_total',
      help: 'Orders that differed from their source and were not under way, by kind.',
      labelNames: ['kind'],
      registers
    }),
    repairs: new Counter({
      name: 'crm_reconcile_repairs_total',
      help: 'Repairs of orders that differed, by result.',
      labelNames: ['result'],
      registers
    }),
    unrepaired: gauge('crm_reconcile_unrepaired_orders', 'Orders that the last whole pass could not repair.'),
    waiting: gauge(
      'crm_reconcile_waiting',
      '1 while the reconciliation waits for events that are under way.'
    ),
    lastPass: gauge(
      'crm_reconcile_last_pass_timestamp_seconds',
      'When the last whole pass of the reconciliation ended; 0 before the first.'
    ),
    legacyConnections: gauge(
      'crm_legacy_connections',
      'Sessions at the Shop’s database of the role that the CRM had there; NaN while they cannot be counted.'
    ),
    step: new Gauge({
      name: 'crm_migration_target_step',
      help: '1 for the step of the migration that the CRM is told to act by, 0 for the others.',
      labelNames: ['step'],
      registers
    })
  }
  for (const kind of DIVERGENCES) metrics.divergences.inc({ kind }, 0)
  for (const result of REPAIRS) metrics.repairs.inc({ result }, 0)
  return {
    ...metrics,
    passed: ({ secondsAgo, unrepaired }) => {
      metrics.unrepaired.set(unrepaired)
      metrics.lastPass.set(Date.now() / 1000 - secondsAgo)
    },
    stepIs: (current) => {
      for (const step of STEPS) metrics.step.set({ step }, step === current ? 1 : 0)
    }
  }
}
