import type { Milliseconds } from '@alexandrite/api'
import type { SlowKey } from '../telemetry/slow-keys.ts'
import type { StoreTotals } from '../telemetry/store-metrics.ts'
import type { TrafficTotals } from '../telemetry/traffic-metrics.ts'

/** What one pod of a tier counts since its start, for people: `alexandrite stats`, `top`, the live page. */
export interface TierStats extends TrafficTotals {
  readonly tier: string
  readonly pod: string
  /** Wall clock of these numbers. */
  readonly at: Milliseconds
  readonly uptimeSeconds: number
  /** Hash of the policy in effect. */
  readonly policy: string | undefined
  /** See `hitRatio` below; undefined before the first request that counts. */
  readonly hitRatio: number | undefined
  readonly memory: { readonly bytes: number; readonly entries: number; readonly evictions: number }
  readonly store: ({ readonly breaker: string; readonly usable: boolean } & StoreTotals) | undefined
  /** Keys in memory that were asked for most, see telemetry/shown-key.ts for how they are written. */
  readonly hottest: readonly HotKeyHits[]
  readonly slowest: readonly SlowKey[]
  readonly activeRequests: number
}

export interface HotKeyHits {
  readonly key: string
  readonly hits: number
}

const FROM_STORE = ['hit', 'stale', 'stale_error', 'revalidated', 'coalesced']
const NOT_COUNTED = ['pass', 'aborted', 'refused']

/** Share of answers that did not cost the origin a full answer, among those that may be cached. */
export const hitRatio = (results: Readonly<Record<string, number>>): number | undefined => {
  let hits = 0
  let all = 0
  for (const [result, count] of Object.entries(results)) {
    if (NOT_COUNTED.includes(result)) continue
    all += count
    if (FROM_STORE.includes(result)) hits += count
  }
  return all === 0 ? undefined : hits / all
}

/** Adds up what the variants of a key were asked for, most first. */
export const byShownKey = (
  keys: readonly HotKeyHits[],
  shown: (key: string) => string,
  n: number
): HotKeyHits[] => {
  const sums = new Map<string, number>()
  for (const { key, hits } of keys) {
    const name = shown(key)
    sums.set(name, (sums.get(name) ?? 0) + hits)
  }
  return [...sums]
    .map(([key, hits]) => ({ key, hits }))
    .sort((a, b) => b.hits - a.hits)
    .slice(0, n)
}
