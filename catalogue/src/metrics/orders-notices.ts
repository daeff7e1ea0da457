/** What senders of notices and timers measure: orders/src/notices/metrics.ts, orders/src/timers/metrics.ts. */
import { oneOf } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge, histogram } = define({ services: ['orders-operators', 'orders-customers'] })
const timers = define({ services: ['orders-operators'] })

const channel = oneOf('Way to the outside.', ['chat', 'email', 'webhook'])
const kind = oneOf('Whose timers.', ['operators'])

export const orderNoticeMetrics: readonly Metric[] = [
  counter(
    'notices_messages_total',
    'Tries to send a message by result: sent, silenced (nothing left to say), failed (tried again), dead (given up).',
    { labels: { channel, result: oneOf('What came of it.', ['sent', 'silenced', 'failed', 'dead']) } }
  ),
  histogram(
    'notices_lateness_seconds',
    'Seconds from when a message was due to when the other side had taken it.',
    { labels: { channel }, buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600], presence: 'OnUse' }
  ),
  gauge('notices_waiting', 'Messages that are due and not sent yet.', { labels: { channel } }),
  gauge('notices_oldest_seconds', 'Seconds that the oldest of the due messages has waited; 0 without one.', {
    labels: { channel }
  }),
  timers.counter('timers_failures_total', 'Tries to fire a timer that failed and are made again.', {
    labels: { kind }
  }),
  timers.gauge(
    'timers_overdue_seconds',
    'Real seconds by which the oldest timer that has not fired is late; 0 when none is.',
    { labels: { kind } }
  ),
  timers.histogram('timers_lateness_seconds', 'Real seconds from when a timer was due to when it fired.', {
    labels: { kind },
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600],
    presence: 'OnUse'
  })
]
