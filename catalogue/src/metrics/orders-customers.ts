/** Promises to customers, and what they are told of them: orders/src/customers/metrics.ts. */
import { oneOf } from '../labels.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

const { counter, gauge } = define({ services: ['orders-customers'] })

export const orderCustomerMetrics: readonly Metric[] = [
  counter(
    'promises_shifted_total',
    'Promises that moved, by kind (Later, Earlier, NoDate) and reason class; one message each.',
    {
      labels: {
        kind: oneOf('How it moved; NoDate: no new date can be named.', ['Later', 'Earlier', 'NoDate']),
        reason: oneOf('Why, as customers are told.', ['Queue', 'Production', 'Packing', 'Carrier', 'Other'])
      }
    }
  ),
  counter(
    'promises_told_total',
    'Moved promises by whether a message was queued, there is no contact, or none is wanted.',
    { labels: { outcome: oneOf('What came of it.', ['queued', 'no_contact', 'not_wanted']) } }
  ),
  counter(
    'promises_ended_total',
    'Delivered orders by whether they came by the last promised day: kept or late.',
    { labels: { result: oneOf('By the last promised day, or after it.', ['kept', 'late']) } }
  ),
  counter('customers_unsubscribed_total', 'Customers who wanted no more messages.'),
  gauge('promises_model_orders', 'Orders that the promise model learnt from.'),
  gauge('promises_model_timestamp_seconds', 'When the promise model was learnt, in seconds since 1970.'),
  gauge('promises_open', 'Orders under way with a promise, by whether a date can be named.', {
    labels: { dated: oneOf('Whether a date can be named.', ['yes', 'no']) }
  })
]
