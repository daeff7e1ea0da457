/** Choices that depend on nothing but the seed. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

export class Random {
  readonly #generator: RandomGenerator

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed)
  }

  /** A number in [0, 1). */
  next(): number {
    return uniformFloat64(this.#generator)
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of the items, each as often as its weight says. @throws RangeError without any */
  weighted<T>(items: readonly (readonly [item: T, weight: number])[]): T {
    let left = this.next() * items.reduce((sum, [, weight]) => sum + weight, 0)
    const chosen = items.find(([, weight]) => (left -= weight) < 0) ?? items.at(-1)
    if (chosen === undefined) throw new RangeError('nothing to choose from')
    return chosen[0]
  }

  /** An index in [0, below) of which small ones are far more frequent, as pages and products are: close to Zipf's law. */
  popular(below: number): number {
    return Math.floor(below * this.next() ** 5)
  }

  /** Exponential around `mean`, at least a tenth and at most three times of it: how people think. */
  thinkTime(mean: number): number {
    return Math.round(Math.min(3 * mean, Math.max(mean / 10, -mean * Math.log(1 - this.next()))))
  }
}
