/** What `alexandrite top` and the live page show, made of two readings of a tier's counters. Pure. */
import type { Milliseconds } from '@alexandrite/api'
import { hitRatio } from '../tier/stats.ts'
import type { HotKeyHits, TierStats } from '../tier/stats.ts'
import { quantile } from './histogram.ts'
import type { SlowKey } from './slow-keys.ts'
import { addBuckets, difference, summed } from './stats-arithmetic.ts'
import type { ReasonTotal } from './traffic-metrics.ts'

export interface Latency {
  /** Undefined when nothing was answered in the time looked at. */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
}

export interface RuleView extends Latency {
  readonly rule: string
  readonly perSecond: number
  readonly hitRatio: number | undefined
}

export interface ReasonView {
  readonly why: string
  readonly rule: string
  readonly perSecond: number
  /** Since the start. */
  readonly total: number
}

/** Rates, ratios and quantiles are of the last `seconds`. */
export interface LiveView extends Latency {
  readonly tier: string
  readonly pods: readonly string[]
  readonly at: Milliseconds
  readonly seconds: number
  readonly uptimeSeconds: number
  /** Hashes of the policies in effect; more than one while pods take up a new one. */
  readonly policies: readonly string[]
  readonly perSecond: number
  readonly hitRatio: number | undefined
  /** Requests a second by result. */
  readonly results: Readonly<Record<string, number>>
  readonly rules: readonly RuleView[]
  readonly bypassed: readonly ReasonView[]
  readonly notStored: readonly ReasonView[]
  readonly hottest: readonly HotKeyHits[]
  readonly slowest: readonly SlowKey[]
  readonly origin: Latency & { readonly perSecond: number; readonly errorsPerSecond: number }
  readonly store:
    | (Latency & {
        readonly breaker: string
        readonly usable: boolean
        readonly perSecond: number
        readonly failuresPerSecond: number
      })
    | undefined
  readonly memory: { readonly bytes: number; readonly entries: number; readonly evictionsPerSecond: number }
  readonly activeRequests: number
}

/** Rows of a list on a view. */
const ROWS = 10

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000

const latency = (buckets: readonly number[]): Latency => ({
  p50Ms: milliseconds(quantile(buckets, 0.5)),
  p95Ms: milliseconds(quantile(buckets, 0.95))
})

const sum = (counts: Iterable<number>): number => {
  let total = 0
  for (const count of counts) total += count
  return total
}

const rulesView = ({ rules }: TierStats, seconds: number): RuleView[] =>
  rules
    .map(({ rule, requests, buckets }) => ({
      rule,
      perSecond: sum(Object.values(requests)) / seconds,
      hitRatio: hitRatio(requests),
      ...latency(buckets)
    }))
    .sort((a, b) => b.perSecond - a.perSecond)

const reasonsView = (
  window: readonly ReasonTotal[],
  whole: readonly ReasonTotal[],
  seconds: number
): ReasonView[] =>
  whole
    .map(({ why, rule, count }) => {
      const lately = window.find((other) => other.why === why && other.rule === rule)
      return { why, rule, perSecond: (lately?.count ?? 0) / seconds, total: count }
    })
    .sort((a, b) => b.perSecond - a.perSecond || b.total - a.total)
    .slice(0, ROWS)

const originView = ({ origin }: TierStats, seconds: number): LiveView['origin'] => ({
  perSecond: (origin.ok + origin.errors) / seconds,
  errorsPerSecond: origin.errors / seconds,
  ...latency(origin.buckets)
})

const storeView = ({ store }: TierStats, seconds: number): LiveView['store'] =>
  store && {
    breaker: store.breaker,
    usable: store.usable,
    perSecond: (store.ok + store.failed) / seconds,
    failuresPerSecond: store.failed / seconds,
    ...latency(store.buckets)
  }

/** Two readings of one pod; without the earlier one the view is of the time since the pod's start. */
export interface Reading {
  readonly now: TierStats
  readonly before?: TierStats | undefined
}

const lengthOf = ({ now, before }: Reading): number =>
  before ? (now.at - before.at) / 1000 : now.uptimeSeconds

/** The pods of a tier in one view; at least one. */
export const viewOf = (readings: readonly [Reading, ...Reading[]]): LiveView => {
  const seconds = Math.max(0.001, ...readings.map(lengthOf))
  const window = summed(readings.map(({ now, before }) => difference(now, before)))
  const whole = summed(readings.map(({ now }) => now))
  const rates = Object.entries(window.requests).map(([result, count]) => [result, count / seconds])
  const { bytes, entries } = whole.memory
  return {
    tier: whole.tier,
    pods: readings.map(({ now }) => now.pod),
    at: whole.at,
    seconds,
    uptimeSeconds: whole.uptimeSeconds,
    policies: [...new Set(readings.flatMap(({ now }) => now.policy ?? []))],
    perSecond: sum(Object.values(window.requests)) / seconds,
    hitRatio: window.hitRatio,
    ...latency(addBuckets(window.rules.map(({ buckets }) => buckets))),
    results: Object.fromEntries(rates) as Record<string, number>,
    rules: rulesView(window, seconds),
    bypassed: reasonsView(window.bypassed, whole.bypassed, seconds),
    notStored: reasonsView(window.notStored, whole.notStored, seconds),
    hottest: whole.hottest.slice(0, ROWS),
    slowest: whole.slowest.slice(0, ROWS),
    origin: originView(window, seconds),
    store: storeView(window, seconds),
    memory: { bytes, entries, evictionsPerSecond: window.memory.evictions / seconds },
    activeRequests: whole.activeRequests
  }
}
