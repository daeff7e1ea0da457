import type { Milliseconds } from './types.ts'

export interface BackoffOptions {
  /** The first delay. */
  readonly base: Milliseconds
  /** The longest delay. */
  readonly max: Milliseconds
  /** In [0, 1); default Math.random. */
  readonly random?: () => number
}

/** Delays that double up to a bound, each cut by up to half at random, so that clients do not come back at once. */
export class Backoff {
  readonly #base: Milliseconds
  readonly #max: Milliseconds
  readonly #random: () => number
  #tries = 0

  constructor({ base, max, random = Math.random }: BackoffOptions) {
    this.#base = base
    this.#max = max
    this.#random = random
  }

  next(): Milliseconds {
    const full = Math.min(this.#max, this.#base * 2 ** this.#tries)
    this.#tries = Math.min(this.#tries + 1, 60)
    return full * (0.5 + this.#random() / 2)
  }

  reset(): void {
    this.#tries = 0
  }
}
