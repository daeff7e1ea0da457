import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

/** Closed: a user thinks after each answer. Open: a user keeps to a plan, however long the answers take. */
export type Model = 'closed' | 'open'

export interface Pace {
  readonly model: Model
  /** Mean milliseconds between two acts of a user. */
  readonly thinkMs: number
  readonly random: Random
  /** Ends the wait and the user. */
  readonly until: AbortSignal
}

/** One thing a user does; `plannedAt` is set in the open model. */
export type Act = (plannedAt: number | undefined) => Promise<void>

/** Acts until the time is up. An act under way is finished: its answer belongs to the report. */
export async function beUser(pace: Pace, act: Act): Promise<void> {
  let planned = performance.now()
  while (!pace.until.aborted) {
    planned = (pace.model === 'open' ? planned : performance.now()) + pace.random.thinkTime(pace.thinkMs)
    if (!(await pause(planned - performance.now(), pace.until))) return
    await act(pace.model === 'open' ? planned : undefined)
  }
}

/** False when the time was up first. */
async function pause(milliseconds: number, until: AbortSignal): Promise<boolean> {
  try {
    await sleep(Math.max(0, milliseconds), undefined, { signal: until })
    return true
  } catch (error) {
    if (until.aborted) return false
    throw error
  }
}
