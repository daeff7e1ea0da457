import type { Milliseconds } from './types.ts'

/** A pending timer. */
export interface Timer {
  cancel(): void
}

/** Time as a dependency, so that tests of hours run in milliseconds. */
export interface Clock {
  /** Wall-clock time since the epoch. Jumps when somebody sets it: for time stamps only. */
  now(): Milliseconds
  /** Time since some fixed moment; never jumps. For intervals and expiry. */
  monotonic(): Milliseconds
  /** Calls `callback` once after `delay`; `delay` may exceed setTimeout's 24.8 days. */
  after(delay: Milliseconds, callback: () => void): Timer
}

const LONGEST_TIMEOUT: Milliseconds = 2 ** 31 - 1

const longTimeout = (delay: Milliseconds, callback: () => void): Timer => {
  let handle: NodeJS.Timeout
  const arm = (left: Milliseconds): void => {
    const step = Math.min(Math.max(left, 0), LONGEST_TIMEOUT)
    handle = setTimeout(() => {
      if (left > step) arm(left - step)
      else callback()
    }, step)
  }
  arm(delay)
  return { cancel: () => clearTimeout(handle) }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: longTimeout
}

/** Resolves after `delay`, or at once when `signal` aborts (without an error: the caller looks at the signal). */
export const sleep = (clock: Clock, delay: Milliseconds, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const finish = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.after(delay, finish)
    signal?.addEventListener('abort', finish, { once: true })
  })
