/** The end of the demo: the case's eight problems, each with what this very run measured of it. */
import type { ProcessMeasures, Untold } from './process/measure.ts'
import type { Comparison } from './table.ts'

/** Of a promise that moved, and of a piece that waits; made by `measureOrders`. */
export interface OrderMeasures {
  /** Orders that the promise model learnt from. */
  readonly learnt: number
  /** Milliseconds from the look at an order whose date has moved to its message, put down for sending. */
  readonly toldMs: number
  /** The same look once more: messages that it made. */
  readonly toldAgain: number
  /** Milliseconds from the event of a hand-over to its line in the table of what waits. */
  readonly waitingShownMs: number
  /** The gap of a piece that was handed over a day before the carrier's signed call, as the histogram has it. */
  readonly gapSeconds: number
}

export interface Evidence {
  readonly comparison: Comparison
  readonly untold: Untold
  readonly orders: OrderMeasures
  /** Undefined with somebody's own database, which gets neither roles nor the services' own tables. */
  readonly process: ProcessMeasures | undefined
}

interface Line {
  readonly problem: string
  readonly before: string
  readonly after: string
}

const PAGE = 'mes GET /api/orders'
const NOT_HERE = 'not measured with --database-url: leave it out'

/** One line for each problem, in the order of the case. */
export function eightLines(evidence: Evidence): string[] {
  return linesOf(evidence).map(
    ({ problem, before, after }, i) => `${i + 1}. ${problem}: before, ${before}; now, ${after}`
  )
}

function linesOf({ comparison, untold, orders, process }: Evidence): readonly Line[] {
  const { direct, tier } = comparison
  const past = `${untold.pastDate} orders are past their date`
  return [
    { problem: 'The page with the orders is slow', before: ofPage(direct), after: ofPage(tier) },
    { problem: 'Operators learn of a new order too late', ...learnt(process?.learning) },
    {
      problem: 'Customers are not told of a delay',
      before: `${past} and no customer was told`,
      after: told(orders)
    },
    {
      problem: 'Deadlines are forgotten',
      before: `${past} and nobody was warned`,
      after: process === undefined ? NOT_HERE : warned(process.deadlines)
    },
    {
      problem: 'The source of a problem is not found',
      before: 'no service tells what it did to an order',
      after: process === undefined ? NOT_HERE : traced(process.found)
    },
    {
      problem: 'The gap between hand-over and dispatch is not seen',
      before: `${untold.handed} orders were handed over, and of none is known when the carrier took it`,
      after: handed(orders)
    },
    { problem: 'The CRM works on the shop’s database', ...moved(process?.crm) },
    { problem: 'Not ready for its load', before: 'no figures', after: load(comparison) }
  ]
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`
const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`

function ofPage({ routes }: Comparison['direct']): string {
  const p95 = routes.find(({ route }) => route === PAGE)?.p95
  return p95 === undefined ? 'not asked for in so short a run' : `p95 ${Math.round(p95)} ms`
}

function learnt(learning: ProcessMeasures['learning'] | undefined): Omit<Line, 'problem'> {
  if (learning === undefined) return { before: NOT_HERE, after: NOT_HERE }
  const { reloaded, pushed, reloadSeconds, orders } = learning
  return {
    before: `after ${seconds(reloaded.median)} and up to ${seconds(reloaded.longest)} by who reloads the page every ${reloadSeconds} s`,
    after: `after ${ms(pushed.median)} and up to ${ms(pushed.longest)} on the live page (${orders.length} orders)`
  }
}

const told = ({ toldMs, toldAgain, learnt: from }: OrderMeasures): string =>
  `a moved date is a message ${ms(toldMs)} after the look at the order, and ` +
  `${toldAgain} at the next look (learnt from ${from} orders)`

const warned = ({ dueSoonMs, overdueMs, chatMs, rate }: ProcessMeasures['deadlines']): string =>
  `the page shows that a deadline comes near after ${ms(dueSoonMs)}, that it has passed after ${ms(overdueMs)}, and the chat ` +
  `says so after ${seconds(chatMs)}, a minute at most (the clock of deadlines ran ${rate} times as fast)`

const traced = ({ spans, services, afterMs }: ProcessMeasures['found']): string =>
  `${seconds(afterMs)} after a change the order’s id finds ${spans} spans of ${services.length} services (${services.join(', ')})`

const handed = ({ waitingShownMs, gapSeconds }: OrderMeasures): string =>
  `a piece is in the table of what waits ${ms(waitingShownMs)} after its hand-over was told, and a gap that was made ` +
  `of 24 h is read as ${(gapSeconds / 3600).toFixed(2)} h`

function moved(crm: ProcessMeasures['crm'] | undefined): Omit<Line, 'problem'> {
  if (crm === undefined) return { before: NOT_HERE, after: NOT_HERE }
  const said = ({ reads, fromShop, sessions }: ProcessMeasures['crm']['before']): string =>
    `${fromShop} of ${reads} reads from its tables, ${sessions} session${sessions === 1 ? '' : 's'} there`
  return {
    before: said(crm.before),
    after: `${said(crm.after)} (${crm.compared} answers compared on the way, ${crm.different} differed)`
  }
}

const load = ({ direct, tier }: Comparison): string =>
  `the same users got ${direct.requestsPerSecond.toFixed(0)} answers/s straight and ` +
  `${tier.requestsPerSecond.toFixed(0)} through the tiers, with ${direct.errors + tier.errors} errors; ` +
  'how much load each route takes: make capacity'
