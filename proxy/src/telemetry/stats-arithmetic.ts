/** Differences and sums of a tier's counters. Pure. */
import { byShownKey, hitRatio } from '../tier/stats.ts'
import type { TierStats } from '../tier/stats.ts'
import type { SlowKey } from './slow-keys.ts'
import type { ReasonTotal, RuleTotal } from './traffic-metrics.ts'

type Counts = Readonly<Record<string, number>>

/** What was added since; a counter that fell belongs to a process that started anew. */
const since = (now: number, before = 0): number => (now >= before ? now - before : now)

const countsSince = (now: Counts, before: Counts = {}): Counts =>
  Object.fromEntries(Object.entries(now).map(([name, count]) => [name, since(count, before[name])]))

const bucketsSince = (now: readonly number[], before: readonly number[] = []): number[] =>
  now.map((count, bucket) => since(count, before[bucket]))

const rulesSince = (now: readonly RuleTotal[], before: readonly RuleTotal[]): RuleTotal[] =>
  now.map(({ rule, requests, buckets }) => {
    const past = before.find((other) => other.rule === rule)
    return {
      rule,
      requests: countsSince(requests, past?.requests),
      buckets: bucketsSince(buckets, past?.buckets)
    }
  })

const reasonsSince = (now: readonly ReasonTotal[], before: readonly ReasonTotal[]): ReasonTotal[] =>
  now.map(({ why, rule, count }) => {
    const past = before.find((other) => other.why === why && other.rule === rule)
    return { why, rule, count: since(count, past?.count) }
  })

const storeSince = (now: TierStats['store'], before: TierStats['store']): TierStats['store'] =>
  now && {
    ...now,
    ok: since(now.ok, before?.ok),
    failed: since(now.failed, before?.failed),
    skipped: since(now.skipped, before?.skipped),
    buckets: bucketsSince(now.buckets, before?.buckets)
  }

/** One pod's numbers with the counters' growth instead of their values. */
export const difference = (now: TierStats, before: TierStats | undefined): TierStats => {
  if (!before) return now
  const requests = countsSince(now.requests, before.requests)
  return {
    ...now,
    requests,
    hitRatio: hitRatio(requests),
    rules: rulesSince(now.rules, before.rules),
    bypassed: reasonsSince(now.bypassed, before.bypassed),
    notStored: reasonsSince(now.notStored, before.notStored),
    origin: {
      ok: since(now.origin.ok, before.origin.ok),
      errors: since(now.origin.errors, before.origin.errors),
      buckets: bucketsSince(now.origin.buckets, before.origin.buckets)
    },
    memory: { ...now.memory, evictions: since(now.memory.evictions, before.memory.evictions) },
    store: storeSince(now.store, before.store)
  }
}

const addCounts = (all: readonly Counts[]): Counts => {
  const sums: Record<string, number> = {}
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

export const addBuckets = (all: readonly (readonly number[])[]): number[] => {
  const sums: number[] = []
  for (const buckets of all)
    for (const [bucket, count] of buckets.entries()) sums[bucket] = (sums[bucket] ?? 0) + count
  return sums
}

const addRules = (all: readonly RuleTotal[]): RuleTotal[] =>
  [...Map.groupBy(all, ({ rule }) => rule)].map(([rule, same]) => ({
    rule,
    requests: addCounts(same.map(({ requests }) => requests)),
    buckets: addBuckets(same.map(({ buckets }) => buckets))
  }))

const addReasons = (all: readonly ReasonTotal[]): ReasonTotal[] =>
  [...Map.groupBy(all, ({ why, rule }) => `${why} ${rule}`).values()].map((same) => {
    const { why = '', rule = '' } = same[0] ?? {}
    return { why, rule, count: same.reduce((total, { count }) => total + count, 0) }
  })

const BREAKERS = ['Closed', 'HalfOpen', 'Open']
/** The state that is farther from well. */
const worse = (a: string, b: string): string => (BREAKERS.indexOf(a) >= BREAKERS.indexOf(b) ? a : b)

const addStores = (a: TierStats['store'], b: TierStats['store']): TierStats['store'] =>
  a && b
    ? {
        breaker: worse(a.breaker, b.breaker),
        usable: a.usable && b.usable,
        ok: a.ok + b.ok,
        failed: a.failed + b.failed,
        skipped: a.skipped + b.skipped,
        buckets: addBuckets([a.buckets, b.buckets])
      }
    : (a ?? b)

/** The slowest of each key. */
const addSlowest = (all: readonly SlowKey[]): SlowKey[] => {
  const sorted = [...all].sort((a, b) => b.ms - a.ms)
  return sorted.filter(({ key }, index) => sorted.findIndex((other) => other.key === key) === index)
}

const addTwo = (a: TierStats, b: TierStats): TierStats => {
  const requests = addCounts([a.requests, b.requests])
  return {
    tier: a.tier,
    pod: a.pod,
    policy: a.policy,
    at: Math.max(a.at, b.at),
    uptimeSeconds: Math.max(a.uptimeSeconds, b.uptimeSeconds),
    requests,
    hitRatio: hitRatio(requests),
    rules: addRules([...a.rules, ...b.rules]),
    bypassed: addReasons([...a.bypassed, ...b.bypassed]),
    notStored: addReasons([...a.notStored, ...b.notStored]),
    origin: {
      ok: a.origin.ok + b.origin.ok,
      errors: a.origin.errors + b.origin.errors,
      buckets: addBuckets([a.origin.buckets, b.origin.buckets])
    },
    memory: {
      bytes: a.memory.bytes + b.memory.bytes,
      entries: a.memory.entries + b.memory.entries,
      evictions: a.memory.evictions + b.memory.evictions
    },
    store: addStores(a.store, b.store),
    hottest: byShownKey([...a.hottest, ...b.hottest], (key) => key, Infinity),
    slowest: addSlowest([...a.slowest, ...b.slowest]),
    activeRequests: a.activeRequests + b.activeRequests
  }
}

/** The pods of a tier as one; at least one. */
export const summed = (pods: readonly TierStats[]): TierStats => pods.reduce(addTwo)
