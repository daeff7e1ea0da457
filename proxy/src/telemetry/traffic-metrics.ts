import type { Registry } from 'prom-client'
import type { Outcome, Result } from '../engine/cache-status.ts'
import type { IdentityResult } from '../identity/verifier.ts'
import { Histogram } from './histogram.ts'
import { readCounter, readHistogram } from './prometheus.ts'
import { RelayMetrics } from './relay-metrics.ts'
import { ReasonCounts, RequestCounts } from './request-counts.ts'

/** What one kind of answer costs to count: nanoseconds. */
export interface HitCounter {
  /** `traceId` only of a sampled request. */
  count(seconds: number, traceId?: string): void
}

/** Requests by reason and rule. */
export interface ReasonTotal {
  readonly why: string
  readonly rule: string
  readonly count: number
}

export interface RuleTotal {
  readonly rule: string
  /** By result. */
  readonly requests: Readonly<Record<string, number>>
  /** Durations of all results but aborted, by bucket, see BUCKETS. */
  readonly buckets: readonly number[]
}

/** Plain numbers since the start. */
export interface TrafficTotals {
  /** By result, also of rules that are gone. */
  readonly requests: Readonly<Record<string, number>>
  readonly rules: readonly RuleTotal[]
  readonly bypassed: readonly ReasonTotal[]
  readonly notStored: readonly ReasonTotal[]
  readonly origin: { readonly ok: number; readonly errors: number; readonly buckets: readonly number[] }
}

interface Place {
  readonly registry: Registry
  readonly prefix: string
}

/** What is counted for each request and each request to the origin. */
export class TrafficMetrics {
  readonly relays: RelayMetrics
  readonly #requests = new RequestCounts()
  readonly #bypassed = new ReasonCounts()
  readonly #notStored = new ReasonCounts()
  readonly #identity: Record<IdentityResult, number> = { verified: 0, refused: 0, unavailable: 0 }
  readonly #origin = { ok: new Histogram(), error: new Histogram() }

  constructor(place: Place) {
    this.relays = new RelayMetrics(place.registry, place.prefix)
    this.#exposeCounts(place)
    this.#exposeDurations(place)
  }

  request(result: Result, rule: string | undefined, seconds: number, traceId?: string): void {
    this.#requests.of(rule, result).observe(seconds, traceId)
  }

  answered(outcome: Outcome, rule: string | undefined, seconds: number, traceId?: string): void {
    this.request(outcome.result, rule, seconds, traceId)
    if (outcome.why === undefined) return
    if (outcome.result === 'pass') this.#bypassed.count(outcome.why, rule)
    else if (outcome.result === 'miss') this.#notStored.count(outcome.why, rule)
  }

  hitCounter(rule: string | undefined): HitCounter {
    const hits = this.#requests.of(rule, 'hit')
    return { count: (seconds, traceId) => hits.observe(seconds, traceId) }
  }

  identity(result: IdentityResult): void {
    this.#identity[result] += 1
  }

  origin(seconds: number, outcome: 'ok' | 'error'): void {
    this.#origin[outcome].observe(seconds)
  }

  /** Series end with their rule: those of other rules are forgotten. */
  keep(rules: readonly string[]): void {
    for (const counts of [this.#requests, this.#bypassed, this.#notStored]) counts.keep(rules)
  }

  totals(): TrafficTotals {
    const { ok, error } = this.#origin
    return {
      requests: Object.fromEntries(
        [...this.#requests.byResult()].map(([result, { count }]): [string, number] => [result, count])
      ),
      rules: this.#requests.totals(),
      bypassed: [...this.#bypassed.each()],
      notStored: [...this.#notStored.each()],
      origin: { ok: ok.count, errors: error.count, buckets: [...ok.counts] }
    }
  }

  #exposeCounts({ registry, prefix }: Place): void {
    readCounter(
      {
        registry,
        name: `${prefix}requests_total`,
        help: 'Requests answered, by result and rule.',
        labelNames: ['result', 'rule']
      },
      () =>
        [...this.#requests.each()].map(({ rule, result, histogram }) => [{ result, rule }, histogram.count])
    )
    readCounter(
      {
        registry,
        name: `${prefix}identity_total`,
        help: 'Tokens checked before an answer was shared; unavailable: the keys of their issuer could not be had.',
        labelNames: ['result']
      },
      () => Object.entries(this.#identity).map(([result, count]) => [{ result }, count])
    )
    const reasons = [
      ['bypass_total', 'Requests that went straight to the origin, by reason.', this.#bypassed],
      ['not_stored_total', 'Answers of the origin that may not be stored, by reason.', this.#notStored]
    ] as const
    for (const [name, help, counts] of reasons)
      readCounter({ registry, name: prefix + name, help, labelNames: ['why', 'rule'] }, () =>
        [...counts.each()].map(({ why, rule, count }) => [{ why, rule }, count])
      )
  }

  #exposeDurations({ registry, prefix }: Place): void {
    readHistogram(
      {
        registry,
        name: `${prefix}request_duration_seconds`,
        help: 'From the request head to the last byte of the answer.',
        labelNames: ['result']
      },
      () => [...this.#requests.byResult()].map(([result, histogram]) => [{ result }, histogram])
    )
    readHistogram(
      {
        registry,
        name: `${prefix}rule_request_duration_seconds`,
        help: 'Like request_duration_seconds by rule; answered_by cache: hit or stale, origin: all that waited for it.',
        labelNames: ['rule', 'answered_by']
      },
      () =>
        this.#requests
          .byRule()
          .map(({ rule, answeredBy, histogram }) => [{ rule, answered_by: answeredBy }, histogram])
    )
    readHistogram(
      {
        registry,
        name: `${prefix}origin_duration_seconds`,
        help: 'From asking the origin to the head of its answer.',
        labelNames: ['outcome']
      },
      () => Object.entries(this.#origin).map(([outcome, histogram]) => [{ outcome }, histogram])
    )
  }
}
