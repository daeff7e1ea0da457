/** What operators' orders measure; an order's id is never a label. */
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Pool } from 'pg'
import { ORDER_STATES } from '../order.ts'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import type { ServiceRegistry } from '../service/metrics.ts'
import type { BoardRow } from './board.ts'
import type { OrderChange } from './change.ts'
import { LEVELS } from './rules.ts'

export interface OperatorMetrics {
  readonly alarms: Counter<'level'>
  readonly pushDelay: Histogram
  /** An order entered a state; `left` is how it was before, if it was known. */
  entered(change: OrderChange, left: BoardRow | undefined): void
}

const HOUR = 3600
const DAY = 24 * HOUR

export function operatorMetrics(registry: ServiceRegistry, pool: Pool, log: Logger): OperatorMetrics {
  const registers = [registry]
  const transitions = new Counter({
    name: 'operators_transitions_total',
    help: 'Orders that entered each state.',
    labelNames: ['state'],
    registers
  })
  for (const state of ORDER_STATES) transitions.inc({ state }, 0)
  const alarms = new Counter({
    name: 'operators_alarms_total',
    help: 'Deadlines that came near, passed, or were told to the lead, by level.',
    labelNames: ['level'],
    registers
  })
  for (const level of LEVELS) if (level !== 'new') alarms.inc({ level }, 0)
  overdueGauge(registry, pool, log)
  const stay = new Histogram({
    name: 'operators_state_duration_seconds',
    help: 'Seconds that orders stayed in a state until they left it.',
    labelNames: ['state'],
    buckets: [60, 300, HOUR, 2 * HOUR, 8 * HOUR, DAY, 3 * DAY, 7 * DAY, 21 * DAY],
    registers
  })
  const lead = new Histogram({
    name: 'operators_lead_time_seconds',
    help: 'Seconds from when an order was submitted to when it was shipped.',
    buckets: [DAY, 3 * DAY, 7 * DAY, 14 * DAY, 21 * DAY, 28 * DAY, 60 * DAY],
    registers
  })
  const seconds = (from: Date, to: Date): number => Math.max((to.getTime() - from.getTime()) / 1000, 0)
  return {
    alarms,
    pushDelay: new Histogram({
      name: 'operators_push_delay_seconds',
      help: 'Seconds from when a change of an order was put down to when it was pushed to the open pages.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30],
      registers
    }),
    entered: ({ status, at }, left) => {
      transitions.inc({ state: status })
      if (left === undefined) return
      stay.observe({ state: left.status }, seconds(left.enteredAt, at))
      if (status === 'SHIPPED' && left.submittedAt !== null) lead.observe(seconds(left.submittedAt, at))
    }
  }
}

function overdueGauge(registry: ServiceRegistry, pool: Pool, log: Logger): void {
  new Gauge({
    name: 'operators_orders_overdue',
    help: 'Orders that are in each state for longer than its deadline allows.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      this.reset()
      try {
        const { rows } = await pool.query<{ status: string; orders: number }>(
          `SELECT status, count(*)::int AS orders FROM operators.board
           WHERE level IN ('overdue', 'escalated') GROUP BY status`
        )
        for (const state of ORDER_STATES)
          this.set({ state }, rows.find(({ status }) => status === state)?.orders ?? 0)
      } catch (error) {
        // No signal is better than one that stands still.
        log.warn(errorFields(error), 'the overdue orders could not be counted')
      }
    }
  })
}
