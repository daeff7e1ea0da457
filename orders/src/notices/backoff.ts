/** When a message is tried again, and when no more. */

export interface RetryPolicy {
  /** Tries until the message is given up. Default 10: a receiver may be away for some three hours. */
  readonly attempts: number
  /** Seconds until the second try; each further pause is twice as long. Default 5. */
  readonly firstSeconds: number
  /** The longest pause, in seconds. Default 3600. */
  readonly longestSeconds: number
}

export const RETRY: RetryPolicy = { attempts: 10, firstSeconds: 5, longestSeconds: 3600 }

/**
 * Seconds until the next try after `attempts` tries, or undefined when there is none. `spread`, from 0 to 1, takes up to
 * a quarter off, so that what failed together is not tried together.
 */
export function pauseAfter(attempts: number, policy: RetryPolicy, spread: number): number | undefined {
  if (attempts >= policy.attempts) return undefined
  const whole = Math.min(policy.firstSeconds * 2 ** (attempts - 1), policy.longestSeconds)
  return whole * (1 - 0.25 * spread)
}
