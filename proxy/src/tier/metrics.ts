import type { Policy } from '@alexandrite/api'
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Outcome, Result } from '../engine/cache-status.ts'
import type { BreakerState } from '../store/breaker.ts'
import type { StoreOperation, StoreResult } from '../store/guard.ts'
import { Histogram } from '../telemetry/histogram.ts'
import { OpenMetricsRegistry, readCounter, readHistogram } from '../telemetry/prometheus.ts'
import { ReasonCounts, RequestCounts } from '../telemetry/request-counts.ts'
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

/** What one kind of answer costs to count: nanoseconds. */
export interface HitCounter {
  /** `traceId` only of a sampled request. */
  count(seconds: number, traceId?: string): void
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
  readonly #requests = new RequestCounts()
  readonly #bypassed = new ReasonCounts()
  readonly #unshared = new ReasonCounts()
  readonly #origin = { ok: new Histogram(), error: new Histogram() }
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

  constructor({ tier, gauges, processMetrics }: MetricsOptions) {
    for (const registry of [this.registry, this.#openMetrics]) registry.setDefaultLabels({ tier })
    this.#readRequests()
    this.#read(gauges)
    this.#reloads.inc({ result: 'loaded' }, 0)
    this.#reloads.inc({ result: 'rejected' }, 0)
    this.#policyError.set(0)
    if (processMetrics === 'Process') collectDefaultMetrics({ register: this.registry })
  }

  /** `traceId` of a sampled request becomes an exemplar of its duration. */
  request(result: Result, rule: string | undefined, seconds: number, traceId?: string): void {
    this.#requests.of(rule, result).observe(seconds, traceId)
  }

  /** Like `request`, and why the request was passed on or its answer not stored. */
  answered(outcome: Outcome, rule: string | undefined, seconds: number, traceId?: string): void {
    this.request(outcome.result, rule, seconds, traceId)
    if (outcome.why === undefined) return
    if (outcome.result === 'pass') this.#bypassed.count(outcome.why, rule)
    else if (outcome.result === 'miss') this.#unshared.count(outcome.why, rule)
  }

  /** Counts hits of one rule without looking it up each time. Ask anew when the policy has changed. */
  hitCounter(rule: string | undefined): HitCounter {
    const hits = this.#requests.of(rule, 'hit')
    return { count: (seconds, traceId) => hits.observe(seconds, traceId) }
  }

  origin(seconds: number, outcome: 'ok' | 'error'): void {
    this.#origin[outcome].observe(seconds)
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
    if (result === 'loaded') this.#keepRules(policy)
    if (loadedAt) this.#policyLoaded.set(loadedAt.getTime() / 1000)
  }

  /** Series end with their rule. */
  #keepRules(policy: Policy | undefined): void {
    const rules = policy?.rules.map(({ name }) => name) ?? []
    for (const counts of [this.#requests, this.#bypassed, this.#unshared]) counts.keep(rules)
  }

  /** Requests so far by result, for /stats. */
  results(): Record<string, number> {
    return Object.fromEntries(
      [...this.#requests.byResult()].map(([result, { count }]): [string, number] => [result, count])
    )
  }

  /** The metrics in the format that the Accept field asks for; only OpenMetrics carries exemplars. */
  async exposition(accept = ''): Promise<Exposition> {
    const registry = accept.includes('application/openmetrics-text') ? this.#openMetrics : this.registry
    return { type: registry.contentType, text: await registry.metrics() }
  }

  #readRequests(): void {
    const described = (name: string, help: string, ...labelNames: string[]) => ({
      name: PREFIX + name,
      help,
      labelNames,
      registry: this.registry
    })
    const requests = this.#requests
    readCounter(described('requests_total', 'Requests answered, by result and rule.', 'result', 'rule'), () =>
      [...requests.each()].map(({ rule, result, histogram }) => [{ result, rule }, histogram.count])
    )
    readHistogram(
      described(
        'request_duration_seconds',
        'From the request head to the last byte of the answer.',
        'result'
      ),
      () => [...requests.byResult()].map(([result, histogram]) => [{ result }, histogram])
    )
    readHistogram(
      described(
        'rule_request_duration_seconds',
        'The same by rule; answered_by cache: hit or stale, origin: all that had to wait for it.',
        'rule',
        'answered_by'
      ),
      () =>
        requests
          .byRule()
          .map(({ rule, answeredBy, histogram }) => [{ rule, answered_by: answeredBy }, histogram])
    )
    readHistogram(
      described('origin_duration_seconds', 'From asking the origin to the head of its answer.', 'outcome'),
      () => Object.entries(this.#origin).map(([outcome, histogram]) => [{ outcome }, histogram])
    )
    const reasons = { bypass_total: this.#bypassed, not_stored_total: this.#unshared }
    const helps = {
      bypass_total: 'Requests that went straight to the origin, by reason.',
      not_stored_total: 'Answers of the origin that may not be stored, by reason.'
    }
    for (const name of ['bypass_total', 'not_stored_total'] as const)
      readCounter(described(name, helps[name], 'why', 'rule'), () =>
        [...reasons[name].each()].map(({ why, rule, count }) => [{ why, rule }, count])
      )
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
