/** Orders on their way through their states, as the MES and the Shop write them, whatever happens to the database meanwhile. */
import pg from 'pg'
import type { Journey, Write } from './journeys.ts'

export interface Drive {
  readonly pool: pg.Pool
  readonly journeys: readonly Journey[]
  readonly workers: number
  /** Writes a second at most. */
  readonly rate: number
  readonly signal: AbortSignal
  /** Called after each write that is committed. */
  readonly onWrite: () => void
}

export interface Driven {
  readonly seconds: number
  /** Milliseconds of each write that worked at once, sorted. */
  readonly writeMs: readonly number[]
  /** Writes that had to be tried again. */
  readonly retries: number
}

const RETRY_MS = 100

export async function drive({ pool, journeys, workers, rate, signal, onWrite }: Drive): Promise<Driven> {
  const writeMs: number[] = []
  let retries = 0
  const write = async ({ text, values }: Write): Promise<void> => {
    for (let tries = 0; !signal.aborted; tries += 1) {
      const began = performance.now()
      try {
        await pool.query(text, [...values])
        if (tries === 0) writeMs.push(performance.now() - began)
        onWrite()
        return
      } catch (error) {
        // The database was killed: what was not committed is written again.
        if (!isAbsence(error)) throw error
        retries += 1
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }
  const turn = pace(rate)
  const left = [...journeys].reverse()
  const after: Promise<void>[] = []
  const worker = async (): Promise<void> => {
    for (let journey = left.pop(); journey !== undefined && !signal.aborted; journey = left.pop()) {
      for (const one of journey.writes) {
        await turn()
        await write(one)
      }
      if (journey.then !== undefined) after.push(afterwards(journey.then))
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: workers }, worker))
  const seconds = (performance.now() - began) / 1000
  await Promise.all(after)
  return { seconds, writeMs: writeMs.sort((a, b) => a - b), retries }
}

/** Its failure is told once all is written. */
function afterwards(work: () => Promise<void>): Promise<void> {
  const doing = work()
  doing.catch(() => undefined)
  return doing
}

/** Each turn comes so long after the one before. */
function pace(rate: number): () => Promise<void> {
  let next = performance.now()
  return async () => {
    const now = performance.now()
    const mine = Math.max(next, now - 1000)
    next = mine + 1000 / rate
    if (mine > now) await new Promise((resolve) => setTimeout(resolve, mine - now))
  }
}

/** The server is ending or starting (class 57P), or the connection broke, which no code of the server's tells. */
const isAbsence = (error: unknown): boolean =>
  !(error instanceof pg.DatabaseError) || error.code?.startsWith('57P') === true

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
