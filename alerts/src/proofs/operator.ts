/** Proofs of alerts/src/rules/operator.ts and certificates.ts. */
import { gone } from './gone.ts'
import { level } from './level.ts'
import type { Case, Named, Proof } from './proof.ts'
import { NONSENSE } from './series.ts'

const operator = (alert: string, severity: Named['severity'] = 'warning'): Named => ({
  alert,
  severity,
  team: 'platform',
  serviceTier: 2,
  service: 'alexandrite-operator'
})
const AT = 'namespace="alexandrite-system",pod="a"'
const namespace = 'alexandrite-system'

const errors = `controller_runtime_reconcile_errors_total{${AT},controller="cachetier"}`
const reconciles = (result: string) =>
  `controller_runtime_reconcile_total{${AT},controller="cachetier",result="${result}"}`

const reconcileErrors: Proof = {
  of: operator('OperatorReconcileErrors'),
  cases: [
    {
      says: 'fires a quarter of an hour after a tenth of ten minutes’ reconciles failed',
      series: {
        [errors]: '1000x19 1021+21x60',
        [reconciles('error')]: '1000x19 1021+21x60',
        [reconciles('success')]: '1000+179x90'
      },
      moments: [
        { at: '42m', firing: [] },
        {
          at: '43m',
          firing: [
            {
              labels: { namespace, controller: 'cachetier' },
              summary: '10.5% of the reconciles of cachetier fail'
            }
          ]
        }
      ]
    },
    {
      says: 'goes by the reconciles of the last ten minutes',
      series: {
        [errors]: '1000+21x90',
        [reconciles('error')]: '1000+21x90',
        [reconciles('success')]: '1000+400x19 8779+179x90'
      },
      moments: [
        { at: '42m', firing: [] },
        {
          at: '43m',
          firing: [
            {
              labels: { namespace, controller: 'cachetier' },
              summary: '10.5% of the reconciles of cachetier fail'
            }
          ]
        }
      ]
    },
    ...[20, 19].map((failed): Case => ({
      says: `is silent while ${failed} of 200 fail`,
      series: {
        [errors]: `1000+${failed}x90`,
        [reconciles('error')]: `1000+${failed}x90`,
        [reconciles('success')]: `1000+${200 - failed}x90`
      },
      moments: [{ at: '50m', firing: [] }]
    }))
  ]
}

const admission = `alexandrite_admission_errors_total{${AT},webhook="pods"}`

const admissionErrors: Proof = {
  of: operator('OperatorAdmissionErrors'),
  cases: [
    {
      says: 'fires when reviews have failed for ten minutes, and stops ten minutes after the last',
      series: { [admission]: '0x9 1+1x11 12x60' },
      moments: [
        { at: '19m', firing: [] },
        {
          at: '20m',
          firing: [
            {
              labels: { namespace, webhook: 'pods' },
              summary: 'The webhook pods fails: new pods start without their tier'
            }
          ]
        },
        {
          at: '29m',
          firing: [
            {
              labels: { namespace, webhook: 'pods' },
              summary: 'The webhook pods fails: new pods start without their tier'
            }
          ]
        },
        { at: '30m', firing: [] }
      ]
    },
    { says: 'is silent when none fails', series: { [admission]: 5 }, moments: [{ at: '30m', firing: [] }] },
    {
      says: 'is silent for nonsense',
      series: { [admission]: NONSENSE },
      moments: [{ at: '30m', firing: [] }]
    }
  ]
}

const levels: readonly Proof[] = [
  level({
    of: operator('OperatorWithoutLeader'),
    for: '5m',
    fault: {
      [`leader_election_master_status{${AT},name="alexandrite-operator"}`]: { bad: 0, quiet: [1, -1] }
    },
    labels: { namespace, name: 'alexandrite-operator' },
    summary: 'No replica of the operator has held the lease alexandrite-operator for 5 minutes'
  }),
  level({
    of: operator('OperatorHangs'),
    for: '5m',
    fault: {
      [`workqueue_longest_running_processor_seconds{${AT},name="cachetier"}`]: { bad: 310, quiet: [300, 290] }
    },
    labels: { namespace, name: 'cachetier' },
    summary: 'The operator has been at one object of cachetier for 5m 10s'
  }),
  level({
    of: operator('TierNotReady'),
    for: '15m',
    fault: { 'alexandrite_tier_ready{namespace="mes",name="mes-api",pod="a"}': { bad: 0, quiet: [1, -1] } },
    labels: { namespace: 'mes', name: 'mes-api', tier: 'mes/mes-api' },
    summary: 'Tier mes/mes-api has not been ready for 15 minutes'
  })
]

const expiry = `alexandrite_admission_certificate_expiry_timestamp_seconds{${AT}}`
/** So many seconds are left, at all times. */
const left = (seconds: number): string => `${seconds}+60x60`
const DAY = 86_400

const certificates: readonly Proof[] = [
  level({
    of: operator('CertificateExpires', 'warning'),
    for: '15m',
    fault: { [expiry]: { bad: left(DAY - 300), quiet: [left(DAY), left(DAY + 300)] } },
    labels: { namespace },
    summary: 'The certificate of the operator’s webhook ends in 23h 55m 0s'
  }),
  level({
    of: operator('CertificateExpires', 'ticket'),
    for: '15m',
    fault: { [expiry]: { bad: left(7 * DAY - 300), quiet: [left(7 * DAY), left(7 * DAY + 300)] } },
    labels: { namespace },
    summary: 'The certificate of the operator’s webhook ends in 6d 23h 55m 0s'
  })
]

export const operatorProofs: readonly Proof[] = [
  gone({
    of: { alert: 'OperatorDown', severity: 'warning', team: 'platform', serviceTier: 2 },
    for: '5m',
    service: 'alexandrite-operator',
    namespace,
    other: 'redis',
    summary: 'The operator has not answered for 5 minutes: changes of CacheTiers have no effect'
  }),
  ...levels,
  reconcileErrors,
  admissionErrors,
  ...certificates
]
