/** Orders on their way through all states, as the MES writes them, whatever happens to its database meanwhile. */
import { ORDER_STATES } from '@alexandrite/orders'
import pg from 'pg'

export interface Drive {
  readonly pool: pg.Pool
  /** Numbers of the orders. */
  readonly orders: readonly number[]
  readonly workers: number
  readonly signal: AbortSignal
  /** Called after each transition that is committed. */
  readonly onTransition: () => void
}

export interface Driven {
  readonly seconds: number
  /** Milliseconds of each write that worked at once, sorted. */
  readonly writeMs: readonly number[]
  /** Writes that had to be tried again. */
  readonly retries: number
}

/** The creation and each state. */
export const TRANSITIONS_PER_ORDER = ORDER_STATES.length + 1

const RETRY_MS = 100

/** Each statement may be repeated: one that was committed without an answer does nothing the second time. */
const CREATE = `INSERT INTO mes.orders (id, number, source, customer_ref, material_id, quantity, due_at, created_at)
VALUES ($1, $2, 'B2B', 'nobody', 1, 1, now() + interval '21 days', now()) ON CONFLICT DO NOTHING`
const ENTER = `INSERT INTO mes.order_status_history (order_id, status, changed_at)
VALUES ($1, $2::mes.order_status, clock_timestamp()) ON CONFLICT DO NOTHING`

export async function drive({ pool, orders, workers, signal, onTransition }: Drive): Promise<Driven> {
  const writeMs: number[] = []
  let retries = 0
  const write = async (text: string, values: readonly unknown[]): Promise<void> => {
    for (let tries = 0; !signal.aborted; tries += 1) {
      const began = performance.now()
      try {
        await pool.query(text, [...values])
        if (tries === 0) writeMs.push(performance.now() - began)
        onTransition()
        return
      } catch (error) {
        // The database was killed: what was not committed is written again.
        if (!isAbsence(error)) throw error
        retries += 1
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }
  const left = [...orders].reverse()
  const worker = async (): Promise<void> => {
    for (let order = left.pop(); order !== undefined && !signal.aborted; order = left.pop()) {
      await write(CREATE, [order, `P-${order}`])
      for (const state of ORDER_STATES) await write(ENTER, [order, state])
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: workers }, worker))
  return { seconds: (performance.now() - began) / 1000, writeMs: writeMs.sort((a, b) => a - b), retries }
}

/** The server is ending or starting (class 57P), or the connection broke, which no code of the server's tells. */
const isAbsence = (error: unknown): boolean =>
  !(error instanceof pg.DatabaseError) || error.code?.startsWith('57P') === true

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
