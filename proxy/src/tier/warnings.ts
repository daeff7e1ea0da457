import type { Milliseconds } from '@alexandrite/api'
import type { Logger } from 'pino'

/** A log for what may happen with every request: each message once in a while, with how often it was left out. */
export interface Warnings {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}

const INTERVAL_MS: Milliseconds = 1000

interface Said {
  at: Milliseconds
  suppressed: number
}

/** Passes the first of equal messages in a second on; an origin that is down must not drown the log. */
export const warnings = (log: Logger, now: () => Milliseconds = () => performance.now()): Warnings => {
  const said = new Map<string, Said>()
  return {
    warn(fields, message) {
      const last = said.get(message)
      if (last && now() - last.at < INTERVAL_MS) {
        last.suppressed += 1
        return
      }
      log.warn(last ? { ...fields, suppressed: last.suppressed } : fields, message)
      said.set(message, { at: now(), suppressed: 0 })
    }
  }
}
