import type { Milliseconds } from '@alexandrite/api'
import { shownTarget } from './shown-key.ts'

/** What of the origin took longest lately. */
export interface SlowKey {
  /** Method, path and names of the query's parameters. */
  readonly key: string
  /** From asking the origin to the head of its answer. */
  readonly ms: number
  /** Wall clock. */
  readonly at: Milliseconds
}

const CAPACITY = 32
const KEEP_MS: Milliseconds = 5 * 60_000

/** The slowest requests to the origin of the last five minutes, one of each key. */
export class SlowKeys {
  readonly #found = new Map<string, SlowKey>()
  readonly #now: () => Milliseconds
  /** What is faster needs no look, while the table is full. */
  #least = 0

  constructor(now: () => Milliseconds = Date.now) {
    this.#now = now
  }

  note(method: string, target: string, ms: number): void {
    if (ms <= this.#least && this.#found.size >= CAPACITY) return
    const key = `${method} ${shownTarget(target)}`
    const at = this.#now()
    const before = this.#found.get(key)
    if (before && before.ms >= ms && before.at >= at - KEEP_MS) return
    this.#found.set(key, { key, ms, at })
    if (this.#found.size > CAPACITY) this.#prune()
  }

  /** Slowest first. */
  top(n: number): SlowKey[] {
    this.#prune()
    return this.#sorted().slice(0, n)
  }

  #sorted(): SlowKey[] {
    return [...this.#found.values()].sort((a, b) => b.ms - a.ms)
  }

  #prune(): void {
    const oldest = this.#now() - KEEP_MS
    for (const { key, at } of this.#found.values()) if (at < oldest) this.#found.delete(key)
    const sorted = this.#sorted()
    for (const { key } of sorted.slice(CAPACITY)) this.#found.delete(key)
    this.#least = this.#found.size >= CAPACITY ? (sorted[CAPACITY - 1]?.ms ?? 0) : 0
  }
}
