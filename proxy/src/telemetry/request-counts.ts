import type { Result } from '../engine/cache-status.ts'
import { Histogram, merged } from './histogram.ts'

const INDEX: Record<Result, number> = {
  hit: 0,
  stale: 1,
  stale_error: 2,
  revalidated: 3,
  coalesced: 4,
  miss: 5,
  hit_for_miss: 6,
  pass: 7,
  error: 8,
  aborted: 9,
  refused: 10
}
export const RESULTS = Object.keys(INDEX) as readonly Result[]

/** Answered from the store, without waiting for the origin. */
const FROM_CACHE: readonly Result[] = ['hit', 'stale']

/** The label of requests that no rule matched. */
export const NO_RULE = 'none'

type ByResult = (Histogram | undefined)[]

/**
 * Requests by rule and result with their durations. Only the rules of the policy in effect have counts of their own;
 * of rules that are gone, the sums by result stay.
 */
export class RequestCounts {
  readonly #rules = new Map<string, ByResult>()
  readonly #gone: ByResult = []

  /** Where to count requests of one rule and result; valid until the policy changes. */
  of(rule: string | undefined, result: Result): Histogram {
    let results = this.#rules.get(rule ?? NO_RULE)
    if (results === undefined) {
      results = []
      this.#rules.set(rule ?? NO_RULE, results)
    }
    const index = INDEX[result]
    return (results[index] ??= new Histogram())
  }

  /** Forgets the counts of rules that are not among these. */
  keep(rules: readonly string[]): void {
    const kept = new Set([...rules, NO_RULE])
    for (const [rule, results] of this.#rules) {
      if (kept.has(rule)) continue
      this.#rules.delete(rule)
      for (const [index, histogram] of results.entries())
        if (histogram) (this.#gone[index] ??= new Histogram()).add(histogram)
    }
  }

  *each(): Generator<{ readonly rule: string; readonly result: Result; readonly histogram: Histogram }> {
    for (const [rule, results] of this.#rules)
      for (const result of RESULTS) {
        const histogram = results[INDEX[result]]
        if (histogram) yield { rule, result, histogram }
      }
  }

  /** By result over all rules, also those that are gone. */
  byResult(): Map<Result, Histogram> {
    const all = [...this.#rules.values(), this.#gone]
    const sums = RESULTS.map((result): [Result, Histogram] => [
      result,
      merged(all.flatMap((results) => results[INDEX[result]] ?? []))
    ])
    return new Map(sums.filter(([, { count }]) => count > 0))
  }

  /** By rule, and whether the answer came from the store or had to wait for the origin. */
  byRule(): {
    readonly rule: string
    readonly answeredBy: 'cache' | 'origin'
    readonly histogram: Histogram
  }[] {
    return [...this.#rules.keys()].flatMap((rule) =>
      (['cache', 'origin'] as const).flatMap((answeredBy) => {
        const histogram = merged(this.#answered(rule, answeredBy === 'cache'))
        return histogram.count === 0 ? [] : [{ rule, answeredBy, histogram }]
      })
    )
  }

  /** By rule, in plain numbers. */
  totals(): { rule: string; requests: Record<string, number>; buckets: number[] }[] {
    return [...this.#rules].map(([rule, results]) => {
      const seen = RESULTS.flatMap((result): [Result, Histogram][] => {
        const histogram = results[INDEX[result]]
        return histogram ? [[result, histogram]] : []
      })
      const requests = Object.fromEntries(seen.map(([result, { count }]) => [result, count]))
      const answered = seen.filter(([result]) => result !== 'aborted').map(([, histogram]) => histogram)
      return { rule, requests, buckets: [...merged(answered).counts] }
    })
  }

  #answered(rule: string, fromCache: boolean): Histogram[] {
    const results = this.#rules.get(rule) ?? []
    return RESULTS.filter(
      (result) => result !== 'aborted' && FROM_CACHE.includes(result) === fromCache
    ).flatMap((result) => results[INDEX[result]] ?? [])
  }
}

/** Events by reason and rule. */
export class ReasonCounts {
  readonly #rules = new Map<string, Map<string, number>>()

  count(why: string, rule: string | undefined): void {
    let reasons = this.#rules.get(rule ?? NO_RULE)
    if (reasons === undefined) {
      reasons = new Map()
      this.#rules.set(rule ?? NO_RULE, reasons)
    }
    reasons.set(why, (reasons.get(why) ?? 0) + 1)
  }

  /** Forgets the rules that are not among these. */
  keep(rules: readonly string[]): void {
    const kept = new Set([...rules, NO_RULE])
    for (const rule of this.#rules.keys()) if (!kept.has(rule)) this.#rules.delete(rule)
  }

  *each(): Generator<{ readonly rule: string; readonly why: string; readonly count: number }> {
    for (const [rule, reasons] of this.#rules) for (const [why, count] of reasons) yield { rule, why, count }
  }
}
