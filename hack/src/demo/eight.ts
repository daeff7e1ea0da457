/** The end of the demo: the case's eight problems, each with what this very run measured of it, or where it is measured. */
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
  /** Milliseconds from the carrier's signed call to the lag in the histogram. */
  readonly acceptedMs: number
}

export interface Evidence {
  readonly comparison: Comparison
  readonly orders: OrderMeasures | undefined
}

interface Line {
  readonly problem: string
  readonly before: string
  readonly after: string
}

const PAGE = 'mes GET /api/orders'
const NOT_HERE = 'not measured in this run'

/** One line for each problem, in the order of the case. */
export function eightLines(evidence: Evidence): string[] {
  return linesOf(evidence).map(
    ({ problem, before, after }, i) => `${i + 1}. ${problem}: before, ${before}; now, ${after}`
  )
}

function linesOf({ comparison, orders }: Evidence): readonly Line[] {
  const { direct, tier } = comparison
  const ofPage = ({ routes }: Comparison['direct']): string => {
    const p95 = routes.find(({ route }) => route === PAGE)?.p95
    return p95 === undefined ? NOT_HERE : `p95 ${Math.round(p95)} ms`
  }
  return [
    { problem: 'The page with the orders is slow', before: ofPage(direct), after: ofPage(tier) },
    {
      problem: 'Operators learn of a new order too late',
      before: 'by reloading the page',
      after: `${NOT_HERE}: it starts no broker`
    },
    { problem: 'Customers are not told of a delay', before: 'never told', after: told(orders) },
    {
      problem: 'Deadlines are forgotten',
      before: 'nobody is warned',
      after: `${NOT_HERE}: it starts no broker`
    },
    {
      problem: 'The source of a problem is not found',
      before: 'no traces',
      after: `${NOT_HERE}: node hack/prove-telemetry.ts finds the traces of an order by its id`
    },
    {
      problem: 'The gap between hand-over and dispatch is not seen',
      before: 'no figure',
      after: handed(orders)
    },
    {
      problem: 'The CRM works on the shop’s database',
      before: 'on its tables',
      after: `${NOT_HERE}: it starts no CRM; the walk of all steps under load is a test`
    },
    { problem: 'Not ready for its load', before: 'no figures', after: load(comparison) }
  ]
}

const told = (orders: OrderMeasures | undefined): string =>
  orders === undefined
    ? NOT_HERE
    : `a moved date is a message ${orders.toldMs.toFixed(0)} ms after the look at the order, and ` +
      `${orders.toldAgain} at the next look (learnt from ${orders.learnt} orders)`

const handed = (orders: OrderMeasures | undefined): string =>
  orders === undefined
    ? NOT_HERE
    : `a piece is in the table of what waits ${orders.waitingShownMs.toFixed(0)} ms after its hand-over was told, ` +
      `and in the histogram ${orders.acceptedMs.toFixed(0)} ms after the carrier’s call`

const load = ({ direct, tier }: Comparison): string =>
  `the same users got ${direct.requestsPerSecond.toFixed(0)} answers/s straight and ` +
  `${tier.requestsPerSecond.toFixed(0)} through the tiers, with ${direct.errors + tier.errors} errors; ` +
  'the knee is a matter of the load tests'
