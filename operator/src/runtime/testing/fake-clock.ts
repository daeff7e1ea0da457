import type { Clock, Timer } from '../clock.ts'
import type { Milliseconds } from '../types.ts'

/** A clock that moves only when a test moves it. */
export class FakeClock implements Clock {
  #now: Milliseconds
  #monotonic: Milliseconds = 0
  readonly #timers = new Set<{ readonly at: Milliseconds; readonly callback: () => void }>()

  constructor(now: Milliseconds = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): Milliseconds {
    return this.#now
  }

  monotonic(): Milliseconds {
    return this.#monotonic
  }

  after(delay: Milliseconds, callback: () => void): Timer {
    const timer = { at: this.#monotonic + Math.max(0, delay), callback }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Delays until each pending timer, soonest first. */
  pending(): Milliseconds[] {
    return [...this.#timers].map((timer) => timer.at - this.#monotonic).sort((a, b) => a - b)
  }

  /** Lets time pass: due timers fire in order, and what they started may run in between. */
  async advance(duration: Milliseconds): Promise<void> {
    const end = this.#monotonic + duration
    for (;;) {
      await settle()
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#move(next.at)
      next.callback()
    }
    this.#move(end)
    await settle()
  }

  #move(to: Milliseconds): void {
    this.#now += to - this.#monotonic
    this.#monotonic = to
  }
}

/** Lets promises and I/O callbacks that are due run. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
