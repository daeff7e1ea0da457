/** What the customers' service measures; declared in catalogue/src/metrics/orders-customers.ts. */
import { Counter, Gauge } from 'prom-client'
import type { ServiceRegistry } from '../service/metrics.ts'
import { REASONS } from '../promises/reason.ts'

export const TELLING_KINDS = ['Later', 'Earlier', 'NoDate'] as const
/** queued: to be sent; no_contact: nobody knows how; not_wanted: the customer wants no messages. */
export const TELLING_OUTCOMES = ['queued', 'no_contact', 'not_wanted'] as const
export type TellingOutcome = (typeof TELLING_OUTCOMES)[number]

export class CustomerMetrics {
  readonly shifts: Counter<'kind' | 'reason'>
  readonly tellings: Counter<'outcome'>
  readonly ended: Counter<'result'>
  readonly unsubscribed: Counter
  readonly learnt: Gauge
  readonly learntAt: Gauge
  readonly promises: Gauge<'dated'>

  constructor(registry: ServiceRegistry) {
    const registers = [registry]
    this.shifts = new Counter({
      name: 'promises_shifted_total',
      help: 'Promises that moved, by kind (Later, Earlier, NoDate) and reason class; one message each.',
      labelNames: ['kind', 'reason'],
      registers
    })
    this.tellings = new Counter({
      name: 'promises_told_total',
      help: 'Moved promises by whether a message was queued, there is no contact, or none is wanted.',
      labelNames: ['outcome'],
      registers
    })
    this.ended = new Counter({
      name: 'promises_ended_total',
      help: 'Delivered orders by whether they came by the last promised day: kept or late.',
      labelNames: ['result'],
      registers
    })
    this.unsubscribed = new Counter({
      name: 'customers_unsubscribed_total',
      help: 'Customers who wanted no more messages.',
      registers
    })
    this.learnt = new Gauge({
      name: 'promises_model_orders',
      help: 'Orders that the promise model learnt from.',
      registers
    })
    this.learntAt = new Gauge({
      name: 'promises_model_timestamp_seconds',
      help: 'When the promise model was learnt, in seconds since 1970.',
      registers
    })
    this.promises = new Gauge({
      name: 'promises_open',
      help: 'Orders under way with a promise, by whether a date can be named.',
      labelNames: ['dated'],
      registers
    })
    for (const kind of TELLING_KINDS) for (const reason of REASONS) this.shifts.inc({ kind, reason }, 0)
    for (const outcome of TELLING_OUTCOMES) this.tellings.inc({ outcome }, 0)
    for (const result of ['kept', 'late']) this.ended.inc({ result }, 0)
  }
}
