/** Work that is done again and again until the service ends. */
import type { Logger } from './log.ts'
import { errorFields } from './log.ts'
import { pause } from './time.ts'

export interface Round {
  /** For the log, when it fails; it is tried again. */
  readonly name: string
  readonly everyMs: number
  readonly work: () => Promise<unknown>
}

/** Each at its own pace, at once the first time. `stop` waits for what is under way. */
export function startRounds(rounds: readonly Round[], log: Logger): { stop(): Promise<void> } {
  const over = new AbortController()
  const running = Promise.all(rounds.map((round) => repeat(round, log, over.signal)))
  return {
    stop: async () => {
      over.abort()
      await running
    }
  }
}

async function repeat({ name, everyMs, work }: Round, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await work()
    } catch (error) {
      log.warn({ ...errorFields(error), part: name }, 'tried again later')
    }
    await pause(everyMs, signal)
  }
}
