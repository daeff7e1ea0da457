/** The row of the order board about pieces between us and their customers. */
import { thresholds } from '@alexandrite/catalogue'
import { rate } from '../queries.ts'
import type { Row } from '../spec.ts'

const { carrierAcceptance } = thresholds

export const logisticsRow: Row = {
  title: 'On the way to the customer',
  panels: [
    {
      kind: 'timeseries',
      title: 'From the hand-over to the carrier’s acceptance',
      description: 'Half of the pieces, and nine in ten, were accepted within that time, of the last day.',
      unit: 's',
      queries: [
        {
          expr: 'histogram_quantile(0.5, sum by (le) (increase(logistics_acceptance_lag_seconds_bucket[1d])))',
          legend: 'half'
        },
        {
          expr: 'histogram_quantile(0.9, sum by (le) (increase(logistics_acceptance_lag_seconds_bucket[1d])))',
          legend: 'nine in ten'
        }
      ],
      emptyIsHealthy: 'Nothing was accepted in a day.'
    },
    {
      kind: 'timeseries',
      title: 'The oldest piece that waits for acceptance',
      description: `An alert comes at more than ${carrierAcceptance.value / 3600} h; GET /api/logistics/waiting lists them.`,
      unit: 's',
      queries: [{ expr: 'max(logistics_waiting_acceptance_oldest_seconds)', legend: 'oldest' }]
    },
    {
      kind: 'timeseries',
      title: 'Pieces that wait',
      description: 'For the carrier’s acceptance, and, delivered, for their order to be closed.',
      unit: 'short',
      queries: [
        { expr: 'max(logistics_waiting_acceptance)', legend: 'for acceptance' },
        { expr: 'max(logistics_closings_waiting)', legend: 'to be closed' }
      ]
    },
    {
      kind: 'stacked',
      title: 'Calls of carriers that were refused',
      description: 'By reason; each is kept for inspection.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (reason) (increase(logistics_calls_refused_total[15m]))',
          legend: '{{reason}}'
        }
      ]
    },
    {
      kind: 'stacked',
      title: 'Pieces on their way',
      description: 'How many reached each of the four moments.',
      unit: 'ops',
      queries: [{ expr: rate('logistics_milestones_total', { by: 'milestone' }), legend: '{{milestone}}' }]
    },
    {
      kind: 'stacked',
      title: 'Calls of carriers, and orders closed by them',
      description: 'repeated is normal; later is tried again, and an alert comes when it lasts.',
      unit: 'ops',
      queries: [
        { expr: rate('logistics_calls_total', { by: 'type, result' }), legend: '{{type}} {{result}}' },
        { expr: rate('logistics_closings_total', { by: 'result' }), legend: 'closed: {{result}}' }
      ]
    }
  ]
}
