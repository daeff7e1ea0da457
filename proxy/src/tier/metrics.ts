import type { Policy } from '@alexandrite/api'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Result } from '../engine/cache-status.ts'
import type { BreakerState } from '../store/breaker.ts'
import type { StoreOperation, StoreResult } from '../store/guard.ts'
import type { PeerState } from './membership.ts'
import type { PurgeOrigin } from './purger.ts'

const PREFIX = 'alexandrite_proxy_'
/** Seconds: a hit is well below a millisecond, a slow page takes seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What is read when the metrics are collected. */
export interface Gauges {
  readonly memoryBytes: () => number
  readonly memoryEntries: () => number
  readonly memoryEvictions: () => number
  readonly deadOnArrival: () => number
  readonly breaker: () => BreakerState | undefined
  readonly storeSynced: () => boolean | undefined
  readonly fills: () => number
  readonly peers: (state: PeerState) => number
}

const BREAKER_VALUE: Record<BreakerState, number> = { Closed: 0, HalfOpen: 1, Open: 2 }

/** The metrics of one tier. Labels come from fixed sets and from the policy's rule names only. */
export class Metrics {
  readonly registry = new Registry()
  readonly #requests = this.#counter('requests_total', 'Requests answered, by result and rule.', [
    'result',
    'rule'
  ])
  readonly #duration = this.#histogram(
    'request_duration_seconds',
    'From the request head to the last byte of the answer.',
    ['result']
  )
  readonly #origin = this.#histogram(
    'origin_duration_seconds',
    'From asking the origin to the head of its answer.',
    ['outcome']
  )
  readonly #store = this.#counter('store_operations_total', 'Commands to the store (L2), by outcome.', [
    'operation',
    'result'
  ])
  readonly #purges = this.#counter(
    'purges_total',
    'Purges, by where they came from; incomplete: not acknowledged by all in time.',
    ['from', 'result']
  )
  readonly #repeats = this.#counter(
    'purge_repeats_total',
    'Purges told again to a peer that had missed them.',
    []
  )
  readonly #reloads = this.#counter(
    'policy_reloads_total',
    'Versions of the policy taken into effect or rejected.',
    ['result']
  )
  readonly #policy = this.#gauge('policy_info', 'Always 1; the label is the hash of the policy in effect.', [
    'hash'
  ])
  readonly #policyError = this.#gauge(
    'policy_error',
    '1 while the newest policy file is not in effect because it is invalid.',
    []
  )
  readonly #policyLoaded = this.#gauge(
    'policy_loaded_timestamp_seconds',
    'When the policy in effect was loaded.',
    []
  )

  constructor(gauges: Gauges, processMetrics: 'Process' | 'TierOnly') {
    this.#read(gauges)
    this.#reloads.inc({ result: 'loaded' }, 0)
    this.#reloads.inc({ result: 'rejected' }, 0)
    this.#policyError.set(0)
    if (processMetrics === 'Process') collectDefaultMetrics({ register: this.registry })
  }

  request(result: Result, rule: string | undefined, seconds: number): void {
    this.#requests.inc({ result, rule: rule ?? 'none' })
    this.#duration.observe({ result }, seconds)
  }

  origin(seconds: number, outcome: 'ok' | 'error'): void {
    this.#origin.observe({ outcome }, seconds)
  }

  store(operation: StoreOperation, result: StoreResult): void {
    this.#store.inc({ operation, result })
  }

  purge(from: PurgeOrigin, result: 'ok' | 'incomplete'): void {
    this.#purges.inc({ from, result })
  }

  purgeRepeated(): void {
    this.#repeats.inc()
  }

  policy(result: 'loaded' | 'rejected', policy: Policy | undefined, loadedAt: Date | undefined): void {
    this.#reloads.inc({ result })
    this.#policyError.set(result === 'rejected' ? 1 : 0)
    this.#policy.reset()
    if (policy) this.#policy.set({ hash: policy.hash }, 1)
    if (loadedAt) this.#policyLoaded.set(loadedAt.getTime() / 1000)
  }

  /** Requests so far by result, for /stats. */
  async results(): Promise<Record<string, number>> {
    const { values } = await this.#requests.get()
    const sums: Record<string, number> = {}
    for (const { labels, value } of values) {
      const result = String(labels.result)
      sums[result] = (sums[result] ?? 0) + value
    }
    return sums
  }

  #read(gauges: Gauges): void {
    this.#collected('memory_bytes', 'Bytes of answers in memory (L1).', gauges.memoryBytes)
    this.#collected('memory_entries', 'Answers in memory (L1).', gauges.memoryEntries)
    this.#collected(
      'memory_evictions',
      'Answers that left memory to make room, since the start.',
      gauges.memoryEvictions
    )
    this.#collected(
      'dead_on_arrival',
      'Fills that a purge overtook and that were not stored, since the start.',
      gauges.deadOnArrival
    )
    this.#peers(gauges.peers)
    this.#collected('fills_in_flight', 'Requests to the origin that others may wait for.', gauges.fills)
    this.#collected(
      'store_breaker_state',
      '0 closed, 1 half-open, 2 open: the store is left alone; -1 without a store.',
      () => {
        const state = gauges.breaker()
        return state === undefined ? -1 : BREAKER_VALUE[state]
      }
    )
    this.#collected(
      'store_synced',
      '1 while purges in the shared store are heard of; -1 without a shared store.',
      () => {
        const synced = gauges.storeSynced()
        return synced === undefined ? -1 : Number(synced)
      }
    )
  }

  #peers(count: Gauges['peers']): void {
    new Gauge({
      name: `${PREFIX}peers`,
      help: "The tier's other pods; suspected: it did not acknowledge a purge, writes do not wait for it.",
      labelNames: ['state'],
      registers: [this.registry],
      collect(): void {
        for (const state of ['member', 'suspected'] as const) this.set({ state }, count(state))
      }
    })
  }

  #collected(name: string, help: string, read: () => number): void {
    new Gauge({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect(): void {
        this.set(read())
      }
    })
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] })
  }
  #gauge<T extends string>(name: string, help: string, labelNames: T[]): Gauge<T> {
    return new Gauge({ name: PREFIX + name, help, labelNames, registers: [this.registry] })
  }
  #histogram<T extends string>(name: string, help: string, labelNames: T[]): Histogram<T> {
    return new Histogram({
      name: PREFIX + name,
      help,
      labelNames,
      buckets: BUCKETS,
      registers: [this.registry]
    })
  }
}
