/** Whether operators and customers are told in time: timers, messages, and the rules that operators go by. */
import { thresholds } from '@alexandrite/catalogue'
import { serviceNamed } from '../owners.ts'
import type { Alert, Group, Silencer } from '../rule.ts'

const { team, tier } = serviceNamed('orders-operators')
const owned = { team, service: 'orders-operators', serviceTier: tier, dashboard: 'orders' } as const
const deadDatabase: Silencer = { alert: 'DatabaseDown', on: [] }

/** Who writes to people, and to whom. */
const SENDERS = [
  { service: 'orders-operators', unsaid: 'Operators do not hear of it; the page still shows everything.' },
  { service: 'orders-customers', unsaid: 'Customers do not hear that their date has moved.' }
] as const

function noticesOf({ service, unsaid }: (typeof SENDERS)[number]): readonly Alert[] {
  const { team, tier } = serviceNamed(service)
  const common = { team, service, serviceTier: tier, dashboard: 'orders', severity: 'warning' } as const
  return [
    {
      ...common,
      alert: 'NoticesWaiting',
      expr: `max by (namespace, channel) (notices_oldest_seconds{service="${service}"}) > ${thresholds.noticeWaits.value}`,
      for: '1m',
      summary: 'A message to {{ $labels.channel }} has waited for {{ $value | humanizeDuration }}',
      description: `The other side does not take messages. ${unsaid}`,
      silencedBy: [deadDatabase]
    },
    {
      ...common,
      alert: 'NoticesGivenUp',
      expr: `sum by (namespace, channel) (increase(notices_messages_total{service="${service}", result="dead"}[15m])) >= ${thresholds.noticesGivenUp.value}`,
      for: '1m',
      summary: 'Messages to {{ $labels.channel }} were given up: {{ $value | printf "%.0f" }} in 15 minutes',
      description: `Somebody was not told what they should know. ${unsaid}`
    }
  ]
}

const rules: readonly Alert[] = [
  {
    ...owned,
    alert: 'TimersLate',
    expr: `max by (namespace, kind) (timers_overdue_seconds) > ${thresholds.timerLate.value}`,
    for: '1m',
    severity: 'warning',
    summary: 'A timer of {{ $labels.kind }} is {{ $value | humanizeDuration }} late',
    description: 'Operators hear of deadlines too late, or not at all.',
    silencedBy: [deadDatabase]
  },
  ...SENDERS.flatMap(noticesOf),
  {
    ...owned,
    alert: 'DeadlineRulesRefused',
    expr: `min by (namespace) (operators_rules_usable) == 0`,
    for: '5m',
    severity: 'ticket',
    summary: 'The rules of deadlines in {{ $labels.namespace }} cannot be used; older ones go on',
    description: 'Deadlines are not those that somebody meant to set.'
  }
]

export const orderNotices: Group = { name: 'order-notices', file: 'alerts/src/rules/order-notices.ts', rules }
