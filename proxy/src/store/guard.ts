import type { Milliseconds } from '@alexandrite/api'
import type { Breaker } from './breaker.ts'

export type StoreOperation = 'read' | 'write' | 'purge' | 'sync'
export type StoreResult = 'ok' | 'timeout' | 'error' | 'skipped'
export type StoreObserver = (operation: StoreOperation, result: StoreResult, error?: unknown) => void

const TIMED_OUT = Symbol('timed out')

/**
 * Resolves when the time is over, and then only after pending input was read: an answer that waits in the
 * socket because this process was busy still counts.
 */
const deadline = (ms: Milliseconds): { over: Promise<typeof TIMED_OUT>; cancel: () => void } => {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = setTimeout(() => setImmediate(() => resolve(TIMED_OUT)), ms)
  })
  return { over, cancel: () => clearTimeout(timer) }
}

/** Runs commands of the store under a deadline and the breaker. It never rejects: no answer is undefined. */
export class Guard {
  readonly #breaker: Breaker
  readonly #observe: StoreObserver

  constructor(breaker: Breaker, observe: StoreObserver) {
    this.#breaker = breaker
    this.#observe = observe
  }

  async run<T>(
    operation: StoreOperation,
    ms: Milliseconds,
    command: () => Promise<T>
  ): Promise<T | undefined> {
    if (!this.#breaker.tryAcquire()) {
      this.#observe(operation, 'skipped')
      return undefined
    }
    const limit = deadline(ms)
    try {
      const answer = await Promise.race([command(), limit.over])
      return answer === TIMED_OUT ? this.#failed(operation, 'timeout') : this.#succeeded(operation, answer)
    } catch (error) {
      return this.#failed(operation, 'error', error)
    } finally {
      limit.cancel()
    }
  }

  #succeeded<T>(operation: StoreOperation, answer: T): T {
    this.#breaker.succeeded()
    this.#observe(operation, 'ok')
    return answer
  }

  #failed(operation: StoreOperation, result: 'timeout' | 'error', error?: unknown): undefined {
    this.#breaker.failed()
    this.#observe(operation, result, error)
    return undefined
  }
}
