import type { Milliseconds } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'
import type { Stamp } from '../epochs/epochs.ts'
import { DepartureSource } from '../http/departure.ts'
import type { Departure } from '../http/departure.ts'
import type { RequestTrace } from '../telemetry/tracing.ts'
import type { FillOutcome } from './fill.ts'
import { Routes } from './routes.ts'
import type { SharedBody } from './shared-body.ts'

/** How long others wait for one request to the origin before they ask for themselves. */
export const PATIENCE_MS: Milliseconds = 5000
const UNCACHEABLE_MS: Milliseconds = 60_000
const MAX_UNCACHEABLE = 10_000
/** Requests that do not wait for a fill because of its route alone: what a wrong guess costs the origin at most. */
const MAX_GUESSES = 64

/** A request to the origin under way, and those who wait for it. */
export class Fill {
  readonly stamp: Stamp
  /** The leader's request fields: a waiter checks that Vary selects the same answer for it. */
  readonly headers: RawHeaders
  readonly outcome: Promise<FillOutcome>
  readonly startedAt = performance.now()
  /** Of the leader. */
  trace: RequestTrace | undefined
  /** Once its head is there and it is shared. */
  body: SharedBody | undefined
  /** The one before it for its key stalled: who has a stale answer does not wait for this one. */
  behindStalled = false
  #guesses = 0
  /** Of the last one who waited. No AbortController: its listeners live until the next full collection of garbage. */
  readonly #left = new DepartureSource()
  #interest = 0
  #settled = false

  constructor(stamp: Stamp, headers: RawHeaders, run: (left: Departure) => Promise<FillOutcome>) {
    this.stamp = stamp
    this.headers = headers
    this.outcome = run(this.#left).finally(() => {
      this.#settled = true
    })
  }

  hold(): void {
    this.#interest += 1
  }

  /** When the last one leaves before the head is there, the origin is asked no longer. */
  release(): void {
    this.#interest -= 1
    if (this.#interest === 0 && !this.#settled) this.#left.abort(new Error('nobody waits for this any more'))
  }

  /** Counts one more request that does not wait for it on a guess; false when there were enough. */
  mayGuess(): boolean {
    this.#guesses += 1
    return this.#guesses <= MAX_GUESSES
  }

  /** Whether the origin lets it wait for so long already. */
  stalled(patienceMs: Milliseconds): boolean {
    return this.body ? this.body.stalled(patienceMs) : performance.now() - this.startedAt >= patienceMs
  }

  get abandoned(): boolean {
    return this.#left.aborted
  }
}

/** The fills under way by key, and the keys whose answers were found uncacheable lately. */
export class Fills {
  readonly routes = new Routes()
  readonly #fills = new Map<string, Fill>()
  readonly #uncacheable = new Map<string, Milliseconds>()

  get size(): number {
    return this.#fills.size
  }

  /** A fill to wait for: one that no purge has overtaken and that is not stalled. */
  find(key: string, alive: (stamp: Stamp) => boolean): Fill | undefined {
    const fill = this.#fills.get(key)
    if (!fill || fill.abandoned || !alive(fill.stamp)) return undefined
    return performance.now() - fill.startedAt < PATIENCE_MS ? fill : undefined
  }

  /**
   * Whether the origin was asked for this key and lets those who asked wait longer than their patience. AskAgain
   * once in so long, for it may be back.
   */
  trouble(key: string, patienceMs: Milliseconds): 'Wait' | 'AskAgain' | undefined {
    const fill = this.#fills.get(key)
    if (!fill || fill.abandoned) return undefined
    if (fill.stalled(patienceMs)) return 'AskAgain'
    return fill.behindStalled ? 'Wait' : undefined
  }

  lead(key: string, fill: Fill): Fill {
    this.#fills.set(key, fill)
    const forget = (): void => {
      if (this.#fills.get(key) === fill) this.#fills.delete(key)
    }
    void fill.outcome.then((outcome) => {
      if (outcome.kind !== 'Shared') return forget()
      fill.body = outcome.body
      void outcome.body.whole.then(forget)
    })
    return fill
  }

  /** Hit-for-miss: for a minute, requests for this key do not wait for one another. */
  markUncacheable(key: string): void {
    this.#uncacheable.delete(key)
    this.#uncacheable.set(key, performance.now() + UNCACHEABLE_MS)
    if (this.#uncacheable.size <= MAX_UNCACHEABLE) return
    for (const oldest of this.#uncacheable.keys()) return void this.#uncacheable.delete(oldest)
  }

  markCacheable(key: string): void {
    this.#uncacheable.delete(key)
  }

  isUncacheable(key: string): boolean {
    const until = this.#uncacheable.get(key)
    if (until === undefined) return false
    if (performance.now() < until) return true
    this.#uncacheable.delete(key)
    return false
  }
}
