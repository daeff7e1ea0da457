/** Pure: in which month an objective breaks, and how sure that is. */
import { middleOf } from '../statistics/interval.ts'
import type { Interval, Probability } from '../statistics/interval.ts'
import { drawn } from '../statistics/random.ts'
import type { Random } from '../statistics/random.ts'
import { at, fitCost } from './cost.ts'
import type { Cost, CostPoint } from './cost.ts'
import { inMonths } from './growth.ts'
import type { Growth } from './growth.ts'
import type { Step } from './knee.ts'
import { busyAt, busyPoints, stretchAt } from './queue.ts'
import type { BusyPoint } from './queue.ts'

/** How the order page is used and served. */
export interface Demand {
  /** Looks at the page a second, all operators together. */
  readonly looks: number
  /** Different pages that are looked at: states, and pages of each. */
  readonly pages: number
  /** Writes a second today that purge the pages; they grow with the month's orders. */
  readonly writes: number
  /** Seconds for which the tier may show a page. */
  readonly ttl: number
}

export interface Setting {
  readonly growth: Growth
  readonly demand: Demand
  /** What is promised: p95 in milliseconds. */
  readonly limitMs: number
  /** Processors of the machine that the page's work can use. */
  readonly processors: number
}

/** What was measured: blocks at several sizes, and the steps of the page's own route at one. */
export interface Measured {
  readonly costs: readonly CostPoint[]
  readonly steps: readonly Step[]
  /** Orders in the table under the steps. */
  readonly stepsAt: number
}

export type Way = 'Straight' | 'Tier'

interface Model {
  readonly cost: Cost
  readonly points: readonly BusyPoint[]
}

export const modelOf = ({ costs, steps, stepsAt }: Measured, processors: number): Model => {
  const cost = fitCost(costs)
  const alone = { latencyMs: at(cost.latency, stepsAt), processorMs: at(cost.processor, stepsAt), processors }
  return { cost, points: busyPoints(steps, alone) }
}

/** How often a second the tier asks the database anew: when a page's time is over, or a write purged it. */
export const refills = ({ looks, pages, writes, ttl }: Demand, activity: number): number =>
  Math.min(looks, pages * (1 / ttl + writes * activity))

export interface Place {
  readonly way: Way
  /** 1 for today's machine; 2 for twice its APIs and databases. */
  readonly replicas: number
}

/** p95 of the order page in milliseconds, so many months from today. */
export const p95In = (model: Model, setting: Setting, months: number, { way, replicas }: Place): number => {
  const { growth, demand } = setting
  const { orders, activity } = inMonths(growth, months)
  const rate = way === 'Straight' ? demand.looks : refills(demand, activity)
  const processorMs = at(model.cost.processor, orders)
  const busy = busyAt(rate, { processorMs, processors: setting.processors * replicas })
  const answer = at(model.cost.latency, orders) * stretchAt(model.points, busy)
  return way === 'Straight' ? answer : throughTier(answer, rate / demand.pages)
}

/**
 * While a page is filled, all who ask for it wait, for what is left of the filling; everybody else is answered at once. So
 * p95 is that of those who wait, and nothing when fewer than one in twenty do.
 * @param fills of one page, a second
 */
const throughTier = (answerMs: number, fills: number): number => {
  if (!Number.isFinite(answerMs)) return Infinity
  const waiting = Math.min(1, (fills * answerMs) / 1000)
  return waiting <= SLOWEST ? 0 : answerMs * (1 - SLOWEST / waiting)
}

const SLOWEST = 0.05

/** Further than this nobody looks. */
export const HORIZON_MONTHS = 240

/** The first month, 0 for today, in which the promise does not hold; the horizon when it holds until then. */
export const breaksIn = (model: Model, setting: Setting, place: Place): number => {
  for (let month = 0; month < HORIZON_MONTHS; month++)
    if (p95In(model, setting, month, place) > setting.limitMs) return month
  return HORIZON_MONTHS
}

export interface Forecast extends Place {
  readonly months: number
  /** Where the month is when everything had been measured again. */
  readonly interval: Interval
  readonly confidence: Probability
}

export interface ForecastOptions {
  readonly random: Random
  /** @default 500 */
  readonly rounds?: number
  /** @default 0.9 */
  readonly confidence?: Probability
}

/**
 * The month, and the same from samples drawn from the sizes, the blocks of each and the answers of each step: a line that
 * does not fit the sizes makes the interval wide.
 */
export const forecast = (
  measured: Measured,
  setting: Setting,
  place: Place,
  { random, rounds = 500, confidence = 0.9 }: ForecastOptions
): Forecast => {
  const months = breaksIn(modelOf(measured, setting.processors), setting, place)
  const again = Array.from({ length: rounds }, () =>
    breaksIn(modelOf(redrawn(measured, random), setting.processors), setting, place)
  )
  return { ...place, months, interval: middleOf(again, confidence), confidence }
}

const redrawn = ({ costs, steps, stepsAt }: Measured, random: Random): Measured => {
  return {
    costs: sizesFrom(costs, random).flatMap((size) =>
      drawn(
        costs.filter(({ orders }) => orders === size),
        random
      )
    ),
    steps: steps.map((step) => ({ ...step, took: drawn(step.took, random) })),
    stepsAt
  }
}

/** Two different ones at least: a line needs them. */
const sizesFrom = (costs: readonly CostPoint[], random: Random): number[] => {
  const sizes = [...new Set(costs.map(({ orders }) => orders))]
  const some = drawn(sizes, random)
  return new Set(some).size > 1 ? some : sizes
}

/** In words: in 31 months (26 to 38). */
export const monthsText = ({ months, interval }: Pick<Forecast, 'months' | 'interval'>): string => {
  const shown = (value: number): string =>
    value >= HORIZON_MONTHS ? `over ${HORIZON_MONTHS}` : value.toFixed(0)
  const range = `${shown(interval.low)} to ${shown(interval.high)}`
  if (months === 0 && interval.high === 0) return 'broken today'
  return months === 0 ? `broken today (${range} months)` : `in ${shown(months)} months (${range})`
}
