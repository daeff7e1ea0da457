/** Resident memory of each cache with nothing stored: at rest, and after load that may not be stored. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Start } from './contenders.ts'
import { loadOnce, withAll } from './load.ts'
import type { Stand } from './load-row.ts'
import { residentOf } from './proc.ts'
import type { Mebibytes } from './proc.ts'

export interface MemoryResult {
  readonly contender: string
  readonly atRest: Mebibytes
  readonly afterLoad: Mebibytes
}

/** A runtime that gives memory back does it within this time. */
const REST_MS = 3000
const LOAD_SECONDS = 3

export const measureMemory = (
  contenders: Readonly<Record<string, Start>>,
  stand: Stand
): Promise<MemoryResult[]> =>
  withAll(contenders, stand, async (running) => {
    await sleep(REST_MS, undefined, { signal: stand.signal })
    const atRest = new Map([...running].map(([name, { groups }]) => [name, residentOf(groups)]))
    for (const contender of running.values()) {
      await loadOnce(contender, { path: '/private/1', seconds: LOAD_SECONDS }, stand)
    }
    await sleep(REST_MS, undefined, { signal: stand.signal })
    return [...running].map(([contender, { groups }]) => ({
      contender,
      atRest: atRest.get(contender) ?? NaN,
      afterLoad: residentOf(groups)
    }))
  })
