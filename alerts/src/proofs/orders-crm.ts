/** Proofs of alerts/src/rules/orders-crm.ts. */
import { level } from './level.ts'
import type { Named, Proof } from './proof.ts'

const crm = (alert: string): Named => ({
  alert,
  severity: 'warning',
  team: 'crm',
  serviceTier: 2,
  service: 'crm-read-model'
})
const series = (metric: string, labels = '', pod = 'a'): string =>
  `${metric}{namespace="orders",pod="${pod}"${labels}}`
const inOrders = { namespace: 'orders' }

const divergence = (kind: string, pod = 'a'): string =>
  series('crm_reconcile_divergences_total', `,kind="${kind}"`, pod)
const step = (name: string): string => series('crm_migration_target_step', `,step="${name}"`)

const diverges: Proof = {
  of: crm('CrmReadModelDiverges'),
  cases: [
    {
      says: 'fires a minute after an order differed, for an hour, and then no more',
      step: '30s',
      series: { [divergence('stale')]: '0x9 1x180', [divergence('missing')]: '0x190' },
      moments: [
        { at: '330s', firing: [] },
        {
          at: '6m',
          firing: [
            {
              labels: { ...inOrders, kind: 'stale' },
              summary: '1 order(s) of the CRM were not as in the shop (stale)'
            }
          ]
        },
        {
          at: '50m',
          firing: [
            {
              labels: { ...inOrders, kind: 'stale' },
              summary: '1 order(s) of the CRM were not as in the shop (stale)'
            }
          ]
        },
        { at: '75m', firing: [] }
      ]
    },
    {
      says: 'counts the processes together and the kinds apart',
      series: { [divergence('stale')]: '0x4 1x90', [divergence('stale', 'b')]: '0x4 1x90' },
      moments: [
        {
          at: '30m',
          firing: [
            {
              labels: { ...inOrders, kind: 'stale' },
              summary: '2 order(s) of the CRM were not as in the shop (stale)'
            }
          ]
        }
      ]
    },
    {
      says: 'is silent for less than an order',
      series: { [divergence('stale')]: '0x4 0.96x90' },
      moments: [{ at: '30m', firing: [] }]
    },
    {
      says: 'is silent while nothing new differs',
      series: { [divergence('stale')]: '7x90' },
      moments: [{ at: '70m', firing: [] }]
    },
    {
      says: 'is silent when a process begins to count anew',
      series: { [divergence('stale')]: '7x20 0x70' },
      moments: [{ at: '70m', firing: [] }]
    }
  ]
}

const connects: Proof = {
  of: crm('CrmConnectsAfterRevocation'),
  cases: [
    {
      says: 'fires when the role connects a minute after it was revoked',
      step: '30s',
      series: {
        [series('crm_legacy_connections')]: '0x3 1x20',
        [series('crm_legacy_connections', '', 'b')]: '0x3 1x20',
        [step('revoked')]: '1x24',
        [step('cut-over')]: '0x24'
      },
      moments: [
        { at: '150s', firing: [] },
        {
          at: '180s',
          firing: [
            {
              labels: inOrders,
              summary: '1 session(s) at the shop’s database are the CRM’s, whose role is revoked'
            }
          ]
        }
      ]
    },
    ...[
      {
        says: 'the role is not revoked',
        series: { [series('crm_legacy_connections')]: 2, [step('revoked')]: 0, [step('cut-over')]: 1 }
      },
      {
        says: 'a number of sessions that cannot be',
        series: { [series('crm_legacy_connections')]: -1, [step('revoked')]: 1 }
      },
      {
        says: 'nobody connects',
        series: { [series('crm_legacy_connections')]: 0, [step('revoked')]: 1, [step('cut-over')]: 0 }
      }
    ].map(({ says, series: given }) => ({
      says: `is silent while ${says}`,
      series: given,
      moments: [{ at: '10m', firing: [] } as const]
    }))
  ]
}

export const orderCrmProofs: readonly Proof[] = [
  level({
    of: crm('CrmReadModelLags'),
    for: '2m',
    fault: { [series('crm_read_model_lag_seconds')]: { bad: 31, quiet: [30, 29] } },
    labels: inOrders,
    elsewhere: [{ [series('crm_read_model_lag_seconds')]: 'NaN' }],
    summary: 'The CRM sees orders as they were 31s ago'
  }),
  level({
    of: crm('CrmReadModelUnrepaired'),
    for: '1m',
    step: '30s',
    fault: { [series('crm_reconcile_unrepaired_orders')]: { bad: 1, quiet: [0, -1] } },
    labels: inOrders,
    summary: '1 order(s) of the CRM are not as in the shop and could not be repaired'
  }),
  diverges,
  connects
]
