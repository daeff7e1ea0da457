/** A small generator of pseudo-random numbers (mulberry32): the same seed gives the same run of decisions. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of the items, the weight of each being its relative frequency. */
  weighted<T>(items: readonly (readonly [item: T, weight: number])[]): T {
    let left = this.next() * items.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [item, weight] of items) {
      left -= weight
      if (left < 0) return item
    }
    const last = items.at(-1)
    if (last === undefined) throw new RangeError('nothing to choose from')
    return last[0]
  }

  /** An index in [0, below) of which small ones are far more frequent, as pages and products are: close to Zipf's law. */
  popular(below: number): number {
    return Math.floor(below * this.next() ** 5)
  }

  /** Milliseconds of thinking: exponential around `mean`, at least a tenth and at most three times of it. */
  thinkTime(mean: number): number {
    return Math.min(3 * mean, Math.max(mean / 10, -mean * Math.log(1 - this.next())))
  }
}
