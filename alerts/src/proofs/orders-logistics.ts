/** Proofs of alerts/src/rules/orders-logistics.ts. */
import { level } from './level.ts'
import type { Firing, Named, Proof } from './proof.ts'

const logistics = (alert: string): Named => ({
  alert,
  severity: 'warning',
  team: 'crm',
  serviceTier: 2,
  service: 'orders-logistics'
})
const series = (metric: string, labels = '', pod = 'a'): string =>
  `${metric}{namespace="orders",pod="${pod}"${labels}}`
const inOrders = { namespace: 'orders' }
const refusals = (reason: string, pod = 'a'): string =>
  series('logistics_calls_refused_total', `,reason="${reason}"`, pod)

const six: readonly Firing[] = [
  {
    labels: { ...inOrders, reason: 'expired' },
    summary: '6 calls of carriers were refused in 15 minutes (expired)'
  },
  {
    labels: { ...inOrders, reason: 'type_unknown' },
    summary: '5.2 calls of carriers were refused in 15 minutes (type_unknown)'
  }
]

const refused: Proof = {
  of: logistics('CarrierCallsRefused'),
  cases: [
    {
      says: 'fires a minute after six were refused, counted over processes, for a quarter of an hour',
      step: '30s',
      series: {
        [refusals('expired')]: '0x9 3x120',
        [refusals('expired', 'b')]: '0x9 3x120',
        [refusals('type_unknown')]: '0x9 5.2x120',
        [refusals('signature_wrong')]: '0x9 5x120'
      },
      moments: [
        { at: '330s', firing: [] },
        { at: '360s', firing: six },
        { at: '18m', firing: six },
        { at: '30m', firing: [] }
      ]
    },
    {
      says: 'is silent for what was refused long ago',
      series: { [refusals('expired')]: '70x60' },
      moments: [{ at: '40m', firing: [] }]
    }
  ]
}

export const orderLogisticsProofs: readonly Proof[] = [
  level({
    of: logistics('CarrierAcceptanceMissing'),
    for: '5m',
    fault: {
      [series('logistics_waiting_acceptance_oldest_seconds')]: { bad: 90_000, quiet: [86_400, 80_000] }
    },
    labels: inOrders,
    summary: 'A piece was handed over 1d 1h 0m 0s ago, and no carrier has accepted it'
  }),
  refused,
  level({
    of: logistics('DeliveredNotClosed'),
    for: '30m',
    fault: { [series('logistics_closings_waiting')]: { bad: 1, quiet: [0, -1] } },
    labels: inOrders,
    summary: '1 delivered order(s) could not be closed for half an hour'
  })
]
