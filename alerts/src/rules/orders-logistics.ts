/** Pieces between us and their customers: what no carrier took, whose calls are refused, what nobody closed. */
import { thresholds } from '@alexandrite/catalogue'
import { serviceNamed } from '../owners.ts'
import type { Alert, Group, Silencer } from '../rule.ts'

const { team, tier } = serviceNamed('orders-logistics')
const owned = {
  team,
  service: 'orders-logistics',
  serviceTier: tier,
  dashboard: 'orders',
  severity: 'warning'
} as const

const deadDatabase: Silencer = { alert: 'DatabaseDown', on: [] }

const alerts: readonly Alert[] = [
  {
    ...owned,
    alert: 'CarrierAcceptanceMissing',
    expr: `max by (namespace) (logistics_waiting_acceptance_oldest_seconds) > ${thresholds.carrierAcceptance.value}`,
    for: '5m',
    summary: 'A piece was handed over {{ $value | humanizeDuration }} ago, and no carrier has accepted it',
    description: 'It lies somewhere between us and the carrier; its customer believes it is on its way.',
    silencedBy: [deadDatabase]
  },
  {
    ...owned,
    alert: 'CarrierCallsRefused',
    expr: `sum by (namespace, reason) (increase(logistics_calls_refused_total[15m])) > ${thresholds.carrierRefusals.value}`,
    for: '1m',
    summary: '{{ $value | humanize }} calls of carriers were refused in 15 minutes ({{ $labels.reason }})',
    description: 'Either a carrier’s key or format has changed and we are deaf to it, or a stranger tries.'
  },
  {
    ...owned,
    alert: 'DeliveredNotClosed',
    expr: `max by (namespace) (logistics_closings_waiting) > ${thresholds.closingsWaiting.value}`,
    for: '30m',
    summary: '{{ $value }} delivered order(s) could not be closed for half an hour',
    description: 'The CRM or the MES refuses or is away; customers see their piece as on its way.',
    silencedBy: [deadDatabase]
  }
]

export const ordersLogistics: Group = {
  name: 'orders-logistics',
  file: 'alerts/src/rules/orders-logistics.ts',
  rules: alerts
}
