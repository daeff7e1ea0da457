/** How long an order still takes, given the state it is in and how long it has been there. A value, built from passages. */
import type { OrderState } from '../order.ts'
import { lessonOf, PROMISED_STATES } from './passage.ts'
import type { Lesson, Milliseconds, Passage } from './passage.ts'
import { leaning, quantile } from './pooling.ts'
import type { Distribution } from './pooling.ts'
import type { SizeClass } from './sizes.ts'

export interface Situation {
  readonly state: OrderState
  readonly size: SizeClass
  /** Since the state was entered. */
  readonly age: Milliseconds
}

/** What history says of a situation. */
export type Estimate =
  | { readonly kind: 'Known'; readonly remaining: Milliseconds }
  /** Too few orders ever stayed so long and arrived: no date can be named honestly. */
  | { readonly kind: 'BeyondHistory' }

export interface ModelOptions {
  /** Samples that the group of all sizes is worth to one size. Default 50. */
  readonly strength?: number
  /** Fewer orders than these that stayed as long say nothing. Default 20. */
  readonly fewest?: number
}

const HOUR = 3_600_000
/** Ages are compared in these steps: up to the age on the left, of the width on the right. */
const STEPS: readonly (readonly [until: Milliseconds, step: Milliseconds])[] = [
  [96 * HOUR, 2 * HOUR],
  [336 * HOUR, 6 * HOUR],
  [Infinity, 24 * HOUR]
]

/** The age, rounded down to a step, so that what was computed once serves all of that age. */
const stepOf = (age: Milliseconds): Milliseconds => {
  const step = STEPS.find(([until]) => age < until)?.[1] ?? HOUR
  return Math.floor(Math.max(0, age) / step) * step
}

type Lessons = ReadonlyMap<OrderState, ReadonlyMap<SizeClass, readonly Lesson[]>>

export class PromiseModel {
  readonly #lessons: Lessons
  readonly #strength: number
  readonly #fewest: number
  readonly #known = new Map<string, Distribution | undefined>()

  /** @param passages of orders that are old enough to have been delivered, whether or not they were: see `mature` */
  constructor(passages: readonly Passage[], { strength = 50, fewest = 20 }: ModelOptions = {}) {
    this.#lessons = lessonsOf(passages)
    this.#strength = strength
    this.#fewest = fewest
  }

  /** Time to the delivery that the share `level` of such orders did not exceed. */
  estimate({ state, size, age }: Situation, level: number): Estimate {
    const distribution = this.#remaining(state, size, stepOf(age))
    if (distribution === undefined) return { kind: 'BeyondHistory' }
    return { kind: 'Known', remaining: Math.max(0, quantile(distribution, level) - age) }
  }

  /** How long orders of that size stay in a state; undefined where nothing is known. */
  usualDwell(state: OrderState, size: SizeClass, level: number): Milliseconds | undefined {
    const distribution = this.#once(`dwell ${state} ${size}`, () =>
      this.#pooled(state, size, ({ dwell }) => [dwell])
    )
    return distribution && quantile(distribution, level)
  }

  /** Orders that it learnt one state from. */
  lessons(state: OrderState): number {
    return this.#all(state).length
  }

  #all(state: OrderState): readonly Lesson[] {
    return [...(this.#lessons.get(state)?.values() ?? [])].flat()
  }

  #remaining(state: OrderState, size: SizeClass, age: Milliseconds): Distribution | undefined {
    return this.#once(`${state} ${size} ${age}`, () =>
      this.#pooled(state, size, ({ dwell, remaining }) => (dwell >= age ? [remaining] : []))
    )
  }

  #pooled(
    state: OrderState,
    size: SizeClass,
    take: (lesson: Lesson) => readonly number[]
  ): Distribution | undefined {
    const all = this.#all(state).flatMap(take)
    if (all.length < this.#fewest) return undefined
    const own = (this.#lessons.get(state)?.get(size) ?? []).flatMap(take)
    // Nobody compares with orders of an unknown size: they lean on all.
    return leaning(size === 'unknown' ? [] : own, all, this.#strength)
  }

  #once(key: string, compute: () => Distribution | undefined): Distribution | undefined {
    if (!this.#known.has(key)) this.#known.set(key, compute())
    return this.#known.get(key)
  }
}

function lessonsOf(passages: readonly Passage[]): Lessons {
  const lessons = new Map<OrderState, Map<SizeClass, Lesson[]>>(
    PROMISED_STATES.map((state) => [state, new Map<SizeClass, Lesson[]>()])
  )
  for (const passage of passages)
    for (const [state, bySize] of lessons) {
      const lesson = lessonOf(passage, state)
      if (lesson === undefined) continue
      const list = bySize.get(passage.size)
      if (list === undefined) bySize.set(passage.size, [lesson])
      else list.push(lesson)
    }
  return lessons
}

/**
 * Orders made so long ago that even the slow ones have arrived. Of younger ones only the quick ones have: a model that
 * learnt from those would promise too much.
 * @param maturity how long the slowest orders take
 */
export const mature = (
  passages: readonly Passage[],
  now: Milliseconds,
  maturity: Milliseconds
): readonly Passage[] => passages.filter(({ entered: [made] }) => made !== undefined && made < now - maturity)
