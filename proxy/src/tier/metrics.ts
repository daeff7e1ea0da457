import type { Policy } from '@alexandrite/api'
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Outcome, Result } from '../engine/cache-status.ts'
import type { RelayKind } from '../http/relayed.ts'
import type { IdentityResult } from '../identity/verifier.ts'
import type { BreakerState } from '../store/breaker.ts'
import { OpenMetricsRegistry } from '../telemetry/prometheus.ts'
import type { SpanResult } from '../telemetry/span-queue.ts'
import { StoreMetrics } from '../telemetry/store-metrics.ts'
import { TrafficMetrics } from '../telemetry/traffic-metrics.ts'
import type { HitCounter } from '../telemetry/traffic-metrics.ts'
import type { PeerState } from './membership.ts'
import type { PurgeOrigin } from './purger.ts'

const PREFIX = 'alexandrite_proxy_'

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

export interface MetricsOptions {
  /** NAMESPACE/NAME; a label of every metric. */
  readonly tier: string
  readonly gauges: Gauges
  /** Whether metrics of the process (CPU, memory, event loop) belong to them. */
  readonly processMetrics: 'Process' | 'TierOnly'
}

/** Text for a scraper. */
export interface Exposition {
  readonly type: string
  readonly text: string
}

/**
 * The metrics of one tier. Labels come from fixed sets and from the policy's rule names only. What happens for each
 * request is counted in plain numbers, which prom-client reads when it is asked.
 */
export class Metrics {
  readonly registry = new Registry()
  readonly #openMetrics = new OpenMetricsRegistry(this.registry)
  /** What is counted for each request. */
  readonly traffic = new TrafficMetrics({ registry: this.registry, prefix: PREFIX })
  /** What is counted for each command to the store. */
  readonly store = new StoreMetrics(this.registry, PREFIX)
  readonly #spans = this.#counter('spans_total', 'Spans of traces, by what became of them.', ['result'])
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

  constructor({ tier, gauges, processMetrics }: MetricsOptions) {
    for (const registry of [this.registry, this.#openMetrics]) registry.setDefaultLabels({ tier })
    this.#read(gauges)
    this.#reloads.inc({ result: 'loaded' }, 0)
    this.#reloads.inc({ result: 'rejected' }, 0)
    this.#policyError.set(0)
    if (processMetrics === 'Process') collectDefaultMetrics({ register: this.registry })
  }

  /** `traceId` of a sampled request becomes an exemplar of its duration. */
  request(result: Result, rule: string | undefined, seconds: number, traceId?: string): void {
    this.traffic.request(result, rule, seconds, traceId)
  }

  /** Like `request`, and why the request was passed on or its answer not stored. */
  answered(outcome: Outcome, rule: string | undefined, seconds: number, traceId?: string): void {
    this.traffic.answered(outcome, rule, seconds, traceId)
  }

  /** Counts hits of one rule without looking it up each time. Ask anew when the policy has changed. */
  hitCounter(rule: string | undefined): HitCounter {
    return this.traffic.hitCounter(rule)
  }

  identity(result: IdentityResult): void {
    this.traffic.identity(result)
  }

  origin(seconds: number, outcome: 'ok' | 'error'): void {
    this.traffic.origin(seconds, outcome)
  }

  relay(kind: RelayKind, what: 'begin' | 'end'): void {
    this.traffic.relays[what](kind)
  }

  spans(result: SpanResult, count: number): void {
    this.#spans.inc({ result }, count)
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
    if (result === 'loaded') this.traffic.keep(policy?.rules.map(({ name }) => name) ?? [])
    if (loadedAt) this.#policyLoaded.set(loadedAt.getTime() / 1000)
  }

  /** Requests so far by result, for /stats. */
  results(): Readonly<Record<string, number>> {
    return this.traffic.totals().requests
  }

  /** The metrics in the format that the Accept field asks for; only OpenMetrics carries exemplars. */
  async exposition(accept = ''): Promise<Exposition> {
    const registry = accept.includes('application/openmetrics-text') ? this.#openMetrics : this.registry
    return { type: registry.contentType, text: await registry.metrics() }
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
}
