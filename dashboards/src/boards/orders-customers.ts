/** The row of the order board about dates that customers were promised. */
import { rate } from '../queries.ts'
import type { Row } from '../spec.ts'

export const customersRow: Row = {
  title: 'Customers are told in time',
  panels: [
    {
      kind: 'timeseries',
      title: 'Orders with a promised date',
      description: 'yes: a date can be named; no: it waits for longer than anything the model has seen.',
      unit: 'short',
      queries: [{ expr: 'sum by (dated) (promises_open)', legend: '{{dated}}' }]
    },
    {
      kind: 'stacked',
      title: 'Dates that moved',
      description: 'By kind and by the part of the way that took longer; each is one message.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (kind, reason) (increase(promises_shifted_total[1h])) > 0',
          legend: '{{kind}} {{reason}}'
        }
      ],
      emptyIsHealthy: 'No date moved in an hour.'
    },
    {
      kind: 'stacked',
      title: 'Whether customers were told',
      description: 'no_contact needs somebody: a date has moved, and nobody knows where to write.',
      unit: 'ops',
      queries: [{ expr: rate('promises_told_total', { by: 'outcome' }), legend: '{{outcome}}' }]
    },
    {
      kind: 'bargauge',
      title: 'Promises kept and late, last day',
      description: 'Delivered by the last promised day, or after it.',
      unit: 'short',
      queries: [{ expr: 'sum by (result) (increase(promises_ended_total[1d]))', legend: '{{result}}' }]
    },
    {
      kind: 'stat',
      title: 'Orders that dates were learnt from',
      description: 'Few: dates are guesses. Learnt anew each hour.',
      unit: 'short',
      queries: [
        { expr: 'max(promises_model_orders)', legend: 'orders' },
        { expr: 'time() - max(promises_model_timestamp_seconds)', legend: 'seconds since' }
      ]
    },
    {
      kind: 'stat',
      title: 'Customers who want no more messages, last day',
      description: 'More than a few: the messages are not worth reading.',
      unit: 'short',
      queries: [{ expr: 'sum(increase(customers_unsubscribed_total[1d]))', legend: 'unsubscribed' }]
    }
  ]
}
