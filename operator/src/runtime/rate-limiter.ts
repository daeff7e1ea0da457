import type { Clock } from './clock.ts'
import type { Milliseconds } from './types.ts'

/** A token bucket that tells how long to wait for one's token (golang.org/x/time/rate's Reserve). */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  readonly #clock: Clock
  #tokens: number
  #filledAt: Milliseconds

  /** `qps`: tokens a second; `burst`: tokens that may be saved up. */
  constructor(qps: number, burst: number, clock: Clock) {
    this.#perMs = qps / 1000
    this.#burst = burst
    this.#clock = clock
    this.#tokens = burst
    this.#filledAt = clock.monotonic()
  }

  /** Takes a token, on credit if need be; the delay until it is really there. */
  reserve(): Milliseconds {
    this.#fill()
    this.#tokens -= 1
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs
  }

  /** Takes a token if there is one. */
  take(): boolean {
    this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  #fill(): void {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs)
    this.#filledAt = now
  }
}

/** Exponential delays for each key: base, 2 × base, … up to max. */
export class KeyedBackoff {
  readonly #base: Milliseconds
  readonly #max: Milliseconds
  readonly #failures = new Map<string, number>()

  constructor(base: Milliseconds, max: Milliseconds) {
    this.#base = base
    this.#max = max
  }

  next(key: string): Milliseconds {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    return Math.min(this.#max, this.#base * 2 ** failures)
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }
}
