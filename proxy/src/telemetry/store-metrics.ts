import type { Registry } from 'prom-client'
import type { StoreOperation, StoreResult } from '../store/guard.ts'
import { Histogram, merged } from './histogram.ts'
import { readCounter, readHistogram } from './prometheus.ts'

/** Commands to the store since the start, in plain numbers. */
export interface StoreTotals {
  readonly ok: number
  /** Timeouts and errors. */
  readonly failed: number
  /** Left out while the breaker was open. */
  readonly skipped: number
  /** Durations of commands that were answered, by bucket, see BUCKETS. */
  readonly buckets: readonly number[]
}

type Results = Record<StoreResult, number>

/** What is counted for each command to the store (L2). */
export class StoreMetrics {
  readonly #results = new Map<StoreOperation, Results>()
  readonly #durations = new Map<StoreOperation, Histogram>()

  constructor(registry: Registry, prefix: string) {
    readCounter(
      {
        registry,
        name: `${prefix}store_operations_total`,
        help: 'Commands to the store (L2), by outcome.',
        labelNames: ['operation', 'result']
      },
      () => this.#each()
    )
    readHistogram(
      {
        registry,
        name: `${prefix}store_duration_seconds`,
        help: 'Of commands that the store (L2) answered.',
        labelNames: ['operation']
      },
      () => [...this.#durations].map(([operation, histogram]) => [{ operation }, histogram])
    )
  }

  /** `seconds` only of a command that was answered. */
  count(operation: StoreOperation, result: StoreResult, seconds?: number): void {
    let results = this.#results.get(operation)
    if (results === undefined) {
      results = { ok: 0, timeout: 0, error: 0, skipped: 0 }
      this.#results.set(operation, results)
    }
    results[result] += 1
    if (seconds !== undefined) this.#durationsOf(operation).observe(seconds)
  }

  #durationsOf(operation: StoreOperation): Histogram {
    const known = this.#durations.get(operation)
    if (known) return known
    const histogram = new Histogram()
    this.#durations.set(operation, histogram)
    return histogram
  }

  *#each(): Generator<[{ operation: string; result: string }, number]> {
    for (const [operation, results] of this.#results)
      for (const [result, count] of Object.entries(results))
        if (count > 0) yield [{ operation, result }, count]
  }

  totals(): StoreTotals {
    const all = [...this.#results.values()]
    const sum = (result: StoreResult): number => all.reduce((total, results) => total + results[result], 0)
    return {
      ok: sum('ok'),
      failed: sum('timeout') + sum('error'),
      skipped: sum('skipped'),
      buckets: [...merged(this.#durations.values()).counts]
    }
  }
}
