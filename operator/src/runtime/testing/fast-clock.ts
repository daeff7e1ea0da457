import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'

/** Real time, `factor` times as fast: for tests in which real sockets wait. */
export const fastClock = (factor: number): Clock => {
  const start = systemClock.monotonic()
  const wallStart = systemClock.now()
  const monotonic = (): number => (systemClock.monotonic() - start) * factor
  return {
    monotonic,
    now: () => wallStart + monotonic(),
    after: (delay, callback) => systemClock.after(delay / factor, callback)
  }
}
