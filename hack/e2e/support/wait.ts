/** Polling with a bound: how the end-to-end tests wait for the cluster. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  readonly seconds?: number
  readonly everyMs?: number
}

/**
 * Calls `probe` until it answers something other than undefined or false.
 * Throws after `seconds` (default 90) with what was waited for and the last error.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  options: WaitOptions = {}
): Promise<T> {
  const { seconds = 90, everyMs = 250 } = options
  const deadline = Date.now() + seconds * 1000
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`, { cause: last })
    await sleep(everyMs)
  }
}
