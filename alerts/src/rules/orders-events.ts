/** Events of orders on their way out of the databases and into those who hear them. */
import { thresholds } from '@alexandrite/catalogue'
import { serviceNamed } from '../owners.ts'
import type { Alert, Group, Silencer } from '../rule.ts'

const { team, tier } = serviceNamed('orders-relay')
const owned = { team, service: 'orders-relay', serviceTier: tier, dashboard: 'orders' } as const

/** Without the broker nothing is published, without the database nothing is read. */
const silencedBy: readonly Silencer[] = [
  { alert: 'BrokerDown', on: [] },
  { alert: 'DatabaseDown', on: [] }
]

const alerts: readonly Alert[] = [
  {
    ...owned,
    alert: 'OrdersOutboxLags',
    expr: `max by (namespace, source) (orders_outbox_lag_seconds) > ${thresholds.outboxLag.value}`,
    for: '2m',
    severity: 'critical',
    summary:
      'Changes of orders in {{ $labels.source }} have not been told for {{ $value | humanizeDuration }}',
    description:
      'Operators, customers and the CRM hear of no change; nothing is lost, all of it waits in the outbox.',
    silencedBy
  },
  {
    ...owned,
    alert: 'OrdersEventsBlocked',
    expr: `max by (namespace, consumer, why) (orders_inbox_oldest_seconds) > ${thresholds.oldestMessage.value}`,
    for: '2m',
    severity: 'warning',
    summary:
      'An order stands still for {{ $labels.consumer }}: its event has waited for {{ $value | humanizeDuration }} ({{ $labels.why }})',
    description:
      'failed: it is tried again and fails; predecessor: an earlier event of the order never came.',
    silencedBy
  }
]

export const ordersEvents: Group = {
  name: 'orders-events',
  file: 'alerts/src/rules/orders-events.ts',
  rules: alerts
}
