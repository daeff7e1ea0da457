/** Proofs of alerts/src/rules/orders-events.ts. */
import { level } from './level.ts'
import type { Named, Proof } from './proof.ts'

const relay = (alert: string, severity: Named['severity']): Named => ({
  alert,
  severity,
  team: 'platform',
  serviceTier: 1,
  service: 'orders-relay'
})

const lag = (source: string, pod = 'a'): string =>
  `orders_outbox_lag_seconds{namespace="orders",pod="${pod}",source="${source}"}`
const oldest = (why: string, pod = 'a'): string =>
  `orders_inbox_oldest_seconds{namespace="orders",pod="${pod}",consumer="crm",why="${why}"}`

export const orderEventProofs: readonly Proof[] = [
  level({
    of: relay('OrdersOutboxLags', 'critical'),
    for: '2m',
    fault: { [lag('mes')]: { bad: 31, quiet: [30, 29] } },
    around: { [lag('mes', 'b')]: 1, [lag('shop')]: 0 },
    labels: { namespace: 'orders', source: 'mes' },
    summary: 'Changes of orders in mes have not been told for 31s'
  }),
  level({
    of: relay('OrdersEventsBlocked', 'warning'),
    for: '2m',
    fault: { [oldest('failed')]: { bad: 301, quiet: [300, 299] } },
    around: { [oldest('failed', 'b')]: 1, [oldest('predecessor')]: 0 },
    labels: { namespace: 'orders', consumer: 'crm', why: 'failed' },
    summary: 'An order stands still for crm: its event has waited for 5m 1s (failed)'
  })
]
