/** Waiting until a bad day is over. */
import { say, waitUntil } from '../run.ts'
import { expectedEvents, slowest } from './checks.ts'
import type { Pools } from './checks.ts'
import { toClose } from './checks-services.ts'
import { allTold } from './checks-told.ts'
import type { Expected } from './checks-told.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'

const STANDS_STILL_MS = 90_000
/** A dead sender's messages wait for the end of its lease, refused ones for their next try. */
const TOLD_MS = 180_000

/** Waits until every consumer has had every event; a lost one shows as a run that stands still. */
export async function settle(pools: Pools, signal: AbortSignal): Promise<Finding> {
  const began = performance.now()
  let last = { done: 0, at: performance.now() }
  for (;;) {
    const [expected, done, open] = await Promise.all([expectedEvents(pools), slowest(pools), toClose(pools)])
    if (done - open !== last.done) last = { done: done - open, at: performance.now() }
    const isOver = done >= expected && open === 0
    if (isOver || performance.now() - last.at > STANDS_STILL_MS || signal.aborted) {
      const seconds = (performance.now() - began) / 1000
      // A copy that is still under way would have its effect, were it to have one, now.
      await new Promise((resolve) => setTimeout(resolve, 3000))
      return finding(
        'everything had its effect',
        isOver,
        `${done} of ${expected} at the slowest consumer, ${seconds.toFixed(1)} s after the last change`
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Waits until everybody was told; what is missing then is a finding of its own. */
export async function untilTold(pools: Pools, expected: Expected, signal: AbortSignal): Promise<void> {
  const over = { what: 'everybody is told', timeoutMs: TOLD_MS, everyMs: 500 }
  const done = async (): Promise<boolean> => signal.aborted || (await allTold(pools, expected))
  await waitUntil(done, over).catch((error: unknown) =>
    say(error instanceof Error ? error.message : String(error))
  )
}
