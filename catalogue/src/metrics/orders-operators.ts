/** What the operators' service measures: orders/src/operators/metrics.ts. */
import { oneOf } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'
import { ORDER_STATES } from './examples.ts'

const { counter, gauge, histogram } = define({ services: ['orders-operators'] })

const HOUR = 3600
const DAY = 24 * HOUR
const state = oneOf('State of the order.', ORDER_STATES)

export const orderOperatorMetrics: readonly Metric[] = [
  counter('operators_transitions_total', 'Orders that entered each state.', { labels: { state } }),
  counter('operators_alarms_total', 'Deadlines that came near, passed, or were told to the lead, by level.', {
    labels: { level: oneOf('How far the deadline is.', ['due-soon', 'overdue', 'escalated']) }
  }),
  gauge('operators_orders_overdue', 'Orders that are in each state for longer than its deadline allows.', {
    labels: { state }
  }),
  histogram('operators_state_duration_seconds', 'Seconds that orders stayed in a state until they left it.', {
    labels: { state },
    buckets: [60, 300, HOUR, 2 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY, 21 * DAY],
    presence: 'OnUse'
  }),
  histogram(
    'operators_lead_time_seconds',
    'Seconds from when an order was submitted to when it was shipped.',
    { buckets: [DAY, 3 * DAY, 7 * DAY, 14 * DAY, 21 * DAY, 28 * DAY, 60 * DAY] }
  ),
  histogram(
    'operators_push_delay_seconds',
    'Seconds from when a change of an order was put down to when it was pushed to the open pages.',
    { buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30] }
  ),
  gauge(
    'operators_rules_usable',
    'Whether the rules file, as it is now, is in force: 0 while an older one goes on.',
    { unit: 'boolean' }
  )
]
