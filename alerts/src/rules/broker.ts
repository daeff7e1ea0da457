/** RabbitMQ and its queues. */
import { thresholds } from '@alexandrite/catalogue'
import { isGone } from '../promql.ts'
import type { Alert, Group, Silencer } from '../rule.ts'

const ours = { team: 'platform', service: 'rabbitmq', serviceTier: 1, dashboard: 'orders' } as const
const BY = 'namespace, queue'
/** Queues for messages that nobody could handle are named so. */
const DEAD = '.*(dead|dlq).*'
const { service: _, ...withServiceOfSeries } = ours

const down: Silencer = { alert: 'BrokerDown', on: ['namespace'] }
const deep: Silencer = { alert: 'QueueDeep', on: ['namespace', 'queue'] }

const alerts: readonly Alert[] = [
  {
    ...withServiceOfSeries,
    alert: 'BrokerDown',
    expr: isGone('service="rabbitmq"'),
    for: '2m',
    severity: 'critical',
    summary: 'RabbitMQ in {{ $labels.namespace }} does not answer',
    description:
      'MES and CRM no longer hear of each other’s orders; tiers that purge by events show older pages.'
  },
  {
    ...ours,
    alert: 'QueueDeep',
    expr: `max by (${BY}) (rabbitmq_queue_messages{queue!~"${DEAD}"}) > ${thresholds.queueDepth.value}`,
    for: '10m',
    severity: 'warning',
    summary: '{{ $value }} messages wait in queue {{ $labels.queue }}',
    description: 'What happened to orders is known late; consumers are too slow or gone.',
    silencedBy: [down]
  },
  {
    ...ours,
    alert: 'QueueOld',
    expr:
      `time() - min by (${BY}) (rabbitmq_queue_head_message_timestamp{queue!~"${DEAD}"} > 0) ` +
      `> ${thresholds.oldestMessage.value}`,
    for: '1m',
    severity: 'warning',
    summary: 'The oldest message of queue {{ $labels.queue }} has waited for {{ $value | humanizeDuration }}',
    description: 'An order stands still between two systems.',
    silencedBy: [down, deep]
  },
  {
    ...ours,
    alert: 'DeadLetters',
    expr: `max by (${BY}) (rabbitmq_queue_messages{queue=~"${DEAD}"}) > ${thresholds.deadLetters.value}`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $value }} message(s) that nobody could handle lie in {{ $labels.queue }}',
    description: 'Each is an order of which some system does not know what happened.',
    silencedBy: [down]
  }
]

export const broker: Group = { name: 'broker', file: 'alerts/src/rules/broker.ts', rules: alerts }
