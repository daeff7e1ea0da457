import { setTimeout as sleep } from 'node:timers/promises'
import { RefusedRun } from './refusal.ts'
import type { RunRequest } from './run.ts'
import type { Milliseconds } from './units.ts'

const EVERY_MS: Milliseconds = 2000

/**
 * Looks again while what was looked for is only coming up: a Service without a pod, a database that is being filled.
 * @throws the newest RefusedRun once the time is over, the signal's reason, and at once whatever else goes wrong
 */
export async function onceThere<T>(
  { waitSeconds = 0, signal, say }: Pick<RunRequest, 'waitSeconds' | 'signal' | 'say'>,
  look: () => Promise<T>
): Promise<T> {
  const deadline = Date.now() + waitSeconds * 1000
  let told: string | undefined
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof RefusedRun) || Date.now() >= deadline) throw error
      if (error.message !== told) say?.(`waiting: ${error.message}`)
      told = error.message
    }
    await sleep(EVERY_MS)
    signal.throwIfAborted()
  }
}
