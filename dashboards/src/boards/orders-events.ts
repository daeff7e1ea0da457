/** The row of the order board about events: out of the databases, and into those who hear them. */
import { thresholds } from '@alexandrite/catalogue'
import { rate } from '../queries.ts'
import type { Row } from '../spec.ts'

const { outboxLag } = thresholds

export const eventsRow: Row = {
  title: 'Events of orders',
  panels: [
    {
      kind: 'timeseries',
      title: 'How long changes have waited to be told',
      description: `Oldest event of each outbox. An alert comes at more than ${outboxLag.value} s.`,
      unit: 's',
      queries: [{ expr: 'max by (source) (orders_outbox_lag_seconds)', legend: '{{source}}' }]
    },
    {
      kind: 'timeseries',
      title: 'Events published',
      description: 'Confirmed by the broker; failures are published again.',
      unit: 'ops',
      queries: [
        { expr: rate('orders_relay_published_total', { by: 'source' }), legend: '{{source}}' },
        { expr: rate('orders_relay_failures_total', { by: 'source' }), legend: '{{source}} failed' }
      ]
    },
    {
      kind: 'stacked',
      title: 'What became of events',
      description: 'By consumer. Duplicates are normal after a restart; dead ones need someone.',
      unit: 'ops',
      queries: [
        {
          expr: rate('orders_consumer_events_total', { by: 'consumer, outcome' }),
          legend: '{{consumer}} {{outcome}}'
        }
      ]
    },
    {
      kind: 'bargauge',
      title: 'Kept in inboxes, and dead letters',
      description:
        'Events that wait for their predecessors or another try, and messages that nobody could handle.',
      unit: 'short',
      queries: [
        { expr: 'max by (consumer, why) (orders_inbox_kept)', legend: '{{consumer}} {{why}}' },
        { expr: 'max by (consumer) (orders_dead_letters)', legend: '{{consumer}} dead' }
      ],
      steps: [{ colour: 'green' }, { from: 1, colour: 'red' }]
    }
  ]
}
