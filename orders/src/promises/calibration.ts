/** Whether the model keeps its word: of orders that it has not seen, how many arrive within what it would have said. */
import type { OrderState } from '../order.ts'
import type { PromiseModel } from './model.ts'
import { lessonOf, PROMISED_STATES } from './passage.ts'
import type { Passage } from './passage.ts'
import type { SizeClass } from './sizes.ts'

const HOUR = 3_600_000
/**
 * When an order is asked about, after it entered a state, as long as it is in it. Fixed ages: at a share of its own stay,
 * those that stay short would be asked too often for their age.
 */
const AGES = [0, 24, 72, 168, 336].map((hours) => hours * HOUR)

/** Of the orders of one state and size. */
export interface Coverage {
  readonly state: OrderState
  readonly size: SizeClass
  readonly asked: number
  /** Moments at which no date could be named. */
  readonly beyond: number
  /** Shares that arrived in time, by nominal level in the order given. */
  readonly actual: readonly number[]
}

interface Count {
  asked: number
  beyond: number
  readonly within: number[]
}

/** @param levels nominal shares, 0 to 1 */
export function coverage(
  model: PromiseModel,
  heldOut: readonly Passage[],
  levels: readonly number[]
): Coverage[] {
  const counts = new Map<string, Count & { readonly state: OrderState; readonly size: SizeClass }>()
  for (const passage of heldOut)
    for (const state of PROMISED_STATES) {
      const key = `${state} ${passage.size}`
      const count = counts.get(key) ?? {
        state,
        size: passage.size,
        asked: 0,
        beyond: 0,
        within: levels.map(() => 0)
      }
      counts.set(key, count)
      ask(model, { passage, state, levels }, count)
    }
  return [...counts.values()]
    .filter(({ asked }) => asked > 0)
    .map(({ within, ...rest }) => ({
      ...rest,
      actual: within.map((each) => each / Math.max(1, rest.asked - rest.beyond))
    }))
}

interface Question {
  readonly passage: Passage
  readonly state: OrderState
  readonly levels: readonly number[]
}

function ask(model: PromiseModel, { passage, state, levels }: Question, count: Count): void {
  const lesson = lessonOf(passage, state)
  if (lesson === undefined) return
  for (const age of AGES.filter((age) => age <= lesson.dwell)) {
    count.asked++
    const situation = { state, size: passage.size, age }
    for (const [i, level] of levels.entries()) {
      const estimate = model.estimate(situation, level)
      if (estimate.kind === 'BeyondHistory') {
        count.beyond++
        break
      }
      if (age + estimate.remaining >= lesson.remaining) count.within[i] = (count.within[i] ?? 0) + 1
    }
  }
}

/** The largest distance between nominal and actual, of groups with at least so many orders asked. */
export function worst(
  rows: readonly Coverage[],
  levels: readonly number[],
  atLeast: number
): { readonly row: Coverage; readonly level: number; readonly distance: number } | undefined {
  return rows
    .filter(({ asked }) => asked >= atLeast)
    .flatMap((row) =>
      levels.map((level, i) => ({ row, level, distance: Math.abs((row.actual[i] ?? 0) - level) }))
    )
    .sort((a, b) => b.distance - a.distance)[0]
}
