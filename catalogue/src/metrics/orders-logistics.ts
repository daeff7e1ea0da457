/** Pieces on their way, and calls of carriers: orders/src/logistics/metrics.ts. */
import { oneOf } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge, histogram } = define({ services: ['orders-logistics'] })

const HOUR = 3600
const DAY = 24 * HOUR

export const orderLogisticsMetrics: readonly Metric[] = [
  counter(
    'logistics_calls_total',
    'Genuine calls of carriers by type and by what became of them: put or repeated.',
    {
      labels: {
        type: oneOf('What the carrier says.', ['parcel.accepted', 'parcel.delivered']),
        result: oneOf('What became of it.', ['put', 'repeated'])
      }
    }
  ),
  counter('logistics_calls_refused_total', 'Calls that were refused, by reason; kept for inspection.', {
    labels: {
      reason: oneOf('Why.', [
        'header_missing',
        'header_malformed',
        'expired',
        'from_the_future',
        'signature_wrong',
        'body_malformed',
        'type_unknown',
        'time_impossible',
        'order_unknown'
      ])
    }
  }),
  counter(
    'logistics_milestones_total',
    'Pieces that reached a milestone: packed, handed, accepted, delivered.',
    {
      labels: { milestone: oneOf('Which one.', ['packed', 'handed', 'accepted', 'delivered']) }
    }
  ),
  histogram(
    'logistics_acceptance_lag_seconds',
    'Seconds from the hand-over of a piece to its acceptance by the carrier.',
    {
      buckets: [...[60, 600, HOUR, 4 * HOUR, 12 * HOUR], ...[DAY, 2 * DAY, 3 * DAY, 4 * DAY, 7 * DAY]]
    }
  ),
  counter('logistics_closings_total', 'Tries to close a delivered order, by result: closed, later.', {
    labels: { result: oneOf('What came of it.', ['closed', 'later']) }
  }),
  gauge('logistics_waiting_acceptance', 'Pieces that were handed over and that no carrier has accepted.'),
  gauge(
    'logistics_waiting_acceptance_oldest_seconds',
    'Seconds that the piece has waited that was handed over first, of those that no carrier has accepted; 0 without one.'
  ),
  gauge('logistics_closings_waiting', 'Delivered orders that are not closed yet.')
]
