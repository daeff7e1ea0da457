import type { Milliseconds } from '@alexandrite/api'

export type BreakerState = 'Closed' | 'Open' | 'HalfOpen'

export interface BreakerOptions {
  /** Consecutive failures that open it. @default 5 */
  readonly failures?: number
  /** How long it stays open at first; doubled with each failed probe up to maxOpenMs. @default 500 */
  readonly openMs?: Milliseconds
  /** @default 5000 */
  readonly maxOpenMs?: Milliseconds
  readonly now?: () => Milliseconds
}

/** Circuit breaker: after some failures in a row nothing is tried for a while, then one probe decides. */
export class Breaker {
  readonly #threshold: number
  readonly #baseMs: Milliseconds
  readonly #maxMs: Milliseconds
  readonly #now: () => Milliseconds
  #failures = 0
  #openMs: Milliseconds
  #openUntil: Milliseconds | undefined
  #probing = false

  constructor(options: BreakerOptions = {}) {
    this.#threshold = options.failures ?? 5
    this.#baseMs = options.openMs ?? 500
    this.#maxMs = options.maxOpenMs ?? 5000
    this.#now = options.now ?? (() => performance.now())
    this.#openMs = this.#baseMs
  }

  get state(): BreakerState {
    if (this.#openUntil === undefined) return 'Closed'
    return this.#now() < this.#openUntil ? 'Open' : 'HalfOpen'
  }

  /** Whether a command may be tried now. In half-open state only one caller at a time hears yes. */
  tryAcquire(): boolean {
    const state = this.state
    if (state === 'Closed') return true
    if (state === 'Open' || this.#probing) return false
    this.#probing = true
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#openMs = this.#baseMs
    this.#openUntil = undefined
    this.#probing = false
  }

  failed(): void {
    this.#failures += 1
    if (this.#probing) this.#openMs = Math.min(this.#openMs * 2, this.#maxMs)
    else if (this.#failures < this.#threshold) return
    this.#probing = false
    this.#openUntil = this.#now() + this.#openMs
  }
}
