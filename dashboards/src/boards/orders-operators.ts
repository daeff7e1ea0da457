import { thresholds } from '@alexandrite/catalogue'
import { rate } from '../queries.ts'
import type { DashboardSpec } from '../spec.ts'

const QUIET = 'Nothing of the kind happened in this time.'

/** Whether operators are told in time; a row of the board of orders. */
export const operatorsRow: DashboardSpec['rows'][number] = {
  title: 'Operators are told in time',
  panels: [
    {
      kind: 'bargauge',
      title: 'Overdue by state',
      description: 'Orders that are in their state for longer than its deadline, in working time, allows.',
      unit: 'short',
      width: 8,
      queries: [{ expr: 'max by (state) (operators_orders_overdue)', legend: '{{state}}' }],
      steps: [
        { colour: 'green' },
        { from: 1, colour: 'yellow' },
        { from: thresholds.ordersStuck.value, colour: 'red' }
      ]
    },
    {
      kind: 'timeseries',
      title: 'Messages by what came of them',
      description: 'failed is tried again; dead was given up, and an alert says so.',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: rate('notices_messages_total', { by: 'channel, result' }), legend: '{{channel}} {{result}}' }
      ]
    },
    {
      kind: 'timeseries',
      title: 'How late timers and messages are',
      description: 'The oldest timer that has not fired, and the oldest message that is not sent.',
      unit: 's',
      width: 8,
      queries: [
        { expr: 'max by (kind) (timers_overdue_seconds)', legend: 'timers of {{kind}}' },
        { expr: 'max by (channel) (notices_oldest_seconds)', legend: 'messages to {{channel}}' }
      ]
    },
    {
      kind: 'timeseries',
      title: 'Steps and alarms',
      description: 'Orders that entered each state, and deadlines that came near or passed.',
      unit: 'ops',
      width: 12,
      queries: [
        { expr: rate('operators_transitions_total', { by: 'state' }), legend: '{{state}}' },
        { expr: rate('operators_alarms_total', { by: 'level' }), legend: '{{level}}' }
      ]
    },
    {
      kind: 'timeseries',
      title: 'From a change to the open pages, p99',
      description: 'A new order must be on the page within a second.',
      unit: 's',
      width: 12,
      queries: [
        {
          expr: 'histogram_quantile(0.99, sum by (le) (rate(operators_push_delay_seconds_bucket[5m])))',
          legend: 'p99'
        }
      ],
      emptyIsHealthy: QUIET
    }
  ]
}
