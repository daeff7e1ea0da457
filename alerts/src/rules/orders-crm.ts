/** The CRM's copy of orders, and its way out of the Shop's database. */
import { thresholds } from '@alexandrite/catalogue'
import { serviceNamed } from '../owners.ts'
import type { Alert, Group, Silencer } from '../rule.ts'

const { team, tier } = serviceNamed('crm-read-model')
const owned = { team, service: 'crm-read-model', serviceTier: tier, dashboard: 'orders' } as const

/** Without the broker nothing arrives, without the database nothing is read. */
const deadBroker: Silencer = { alert: 'BrokerDown', on: [] }
const deadDatabase: Silencer = { alert: 'DatabaseDown', on: [] }

const alerts: readonly Alert[] = [
  {
    ...owned,
    alert: 'CrmReadModelLags',
    expr: `max by (namespace) (crm_read_model_lag_seconds) > ${thresholds.crmReadModelLag.value}`,
    for: '2m',
    severity: 'warning',
    summary: 'The CRM sees orders as they were {{ $value | humanizeDuration }} ago',
    description: 'Sellers approve and close by what they see; after a while they see nothing new at all.',
    silencedBy: [deadBroker, deadDatabase]
  },
  {
    ...owned,
    alert: 'CrmReadModelDiverges',
    expr: `sum by (namespace, kind) (increase(crm_reconcile_divergences_total[1h])) >= ${thresholds.crmDivergence.value}`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $value | humanize }} order(s) of the CRM were not as in the shop ({{ $labels.kind }})',
    description:
      'They were repaired unless CrmReadModelUnrepaired says so; whatever loses events loses them still.'
  },
  {
    ...owned,
    alert: 'CrmReadModelUnrepaired',
    expr: `max by (namespace) (crm_reconcile_unrepaired_orders) > ${thresholds.crmUnrepaired.value}`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $value }} order(s) of the CRM are not as in the shop and could not be repaired',
    description: 'Sellers see these orders wrong until someone looks.',
    silencedBy: [deadDatabase]
  },
  {
    ...owned,
    alert: 'CrmConnectsAfterRevocation',
    expr: 'max by (namespace) (crm_legacy_connections) * on (namespace) max by (namespace) (crm_migration_target_step{step="revoked"}) > 0',
    for: '1m',
    severity: 'warning',
    summary: '{{ $value }} session(s) at the shop’s database are the CRM’s, whose role is revoked',
    description:
      'Somebody gave the role back or works around the read model: the shop’s tables are no longer its own.'
  }
]

export const ordersCrm: Group = { name: 'orders-crm', file: 'alerts/src/rules/orders-crm.ts', rules: alerts }
