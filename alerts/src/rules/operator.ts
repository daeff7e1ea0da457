/** The operator: what it is told to do and does not get done. Tiers serve on without it. */
import { thresholds } from '@alexandrite/catalogue'
import { isGone, share } from '../promql.ts'
import type { Alert, Group, Silencer } from '../rule.ts'

const ours = { team: 'platform', serviceTier: 2, dashboard: 'operator' } as const
const operator = { ...ours, service: 'alexandrite-operator' } as const
const down: Silencer = { alert: 'OperatorDown', on: ['service'] }

/** Seconds that one reconcile may take before it counts as hung: a roll waits for pods, but returns meanwhile. */
const HUNG = 300

const alerts: readonly Alert[] = [
  {
    ...ours,
    alert: 'OperatorDown',
    expr: isGone('service="alexandrite-operator"'),
    for: '5m',
    severity: 'warning',
    summary: 'The operator has not answered for 5 minutes: changes of CacheTiers have no effect',
    description:
      'Tiers serve as before. New pods start without a tier, so the application gets more requests.'
  },
  {
    ...operator,
    alert: 'OperatorWithoutLeader',
    expr: 'max by (namespace, name) (leader_election_master_status) == 0',
    for: '5m',
    severity: 'warning',
    summary: 'No replica of the operator has held the lease {{ $labels.name }} for 5 minutes',
    description: 'Changes of CacheTiers have no effect; tiers serve as before.',
    silencedBy: [down]
  },
  {
    ...operator,
    alert: 'OperatorReconcileErrors',
    expr:
      share(
        'rate(controller_runtime_reconcile_errors_total[10m])',
        'rate(controller_runtime_reconcile_total[10m])',
        ['controller', 'namespace']
      ) + ` > ${thresholds.reconcileErrors.value}`,
    for: '15m',
    severity: 'warning',
    summary: '{{ $value | humanizePercentage }} of the reconciles of {{ $labels.controller }} fail',
    description: 'Changes of CacheTiers arrive late or not at all.'
  },
  {
    ...operator,
    alert: 'OperatorHangs',
    expr: `max by (name, namespace) (workqueue_longest_running_processor_seconds) > ${HUNG}`,
    for: '5m',
    severity: 'warning',
    summary: 'The operator has been at one object of {{ $labels.name }} for {{ $value | humanizeDuration }}',
    description: 'That tier gets no changes, and others may wait behind it.'
  },
  {
    ...operator,
    alert: 'OperatorAdmissionErrors',
    expr: 'sum by (webhook, namespace) (rate(alexandrite_admission_errors_total[10m])) > 0',
    for: '10m',
    severity: 'warning',
    summary: 'The webhook {{ $labels.webhook }} fails: new pods start without their tier',
    description: 'The operator replaces such pods later; until then the application gets more requests.'
  },
  {
    ...operator,
    alert: 'TierNotReady',
    expr: 'label_join(max by (namespace, name) (alexandrite_tier_ready) == 0, "tier", "/", "namespace", "name")',
    for: '15m',
    severity: 'warning',
    summary: 'Tier {{ $labels.tier }} has not been ready for 15 minutes',
    description: 'Part of its pods serve without the cache, or with an older policy.'
  }
]

export const operatorRules: Group = {
  name: 'operator',
  file: 'alerts/src/rules/operator.ts',
  rules: alerts
}
