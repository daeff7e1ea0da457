/** The words in which services, signals and objectives are declared. */

/** Who is told, and who mends. */
export type Team = 'platform' | 'mes' | 'shop' | 'crm'

/** How much depends on it: 1, the orders stand still without it; 3, people notice tomorrow. */
export type ServiceTier = 1 | 2 | 3

export interface Service {
  /** `service.name` of its spans and logs, `service` or `job` of its metrics. */
  readonly name: string
  readonly title: string
  readonly team: Team
  readonly tier: ServiceTier
  /** What it is for, in one sentence. */
  readonly purpose: string
  /** Names of the services that it calls. */
  readonly dependsOn: readonly string[]
}

/** A base unit of Prometheus; `count` for numbers of things, `info` for series whose labels are the message. */
export type Unit = 'seconds' | 'bytes' | 'ratio' | 'count' | 'boolean' | 'timestamp' | 'info'

export interface Label {
  readonly meaning: string
  /** All values, where they are known. */
  readonly values?: readonly string[]
  /** The most different values of one instance that are expected; the budget is made of these. */
  readonly cardinality: number
}

/**
 * When a series is there: `Always` while its service runs; `OnUse` once what it counts happened; `OnFault` only in
 * trouble, so that empty is healthy.
 */
export type Presence = 'Always' | 'OnUse' | 'OnFault'

export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly unit: Unit
  readonly help: string
  /** Labels by name, without `le` and those that scraping adds (see SCRAPE_LABELS). */
  readonly labels: Readonly<Record<string, Label>>
  /** Names of the services that emit it. */
  readonly services: readonly string[]
  readonly presence: Presence
  /** Upper bounds of a histogram; their number is part of the budget. */
  readonly buckets?: readonly number[]
}

/** A series that Prometheus computes from others; declared by name, made in alerts/. */
export interface Recorded {
  /** level:metric:operations, as Prometheus' documentation advises. */
  readonly name: string
  readonly unit: Unit
  readonly help: string
  readonly labels: readonly string[]
}

export interface Attribute {
  readonly name: string
  readonly meaning: string
}

export interface Span {
  /** The name, or a template such as `{method} {route}`. */
  readonly name: string
  readonly services: readonly string[]
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal'
  readonly attributes: readonly Attribute[]
}

export interface LogField {
  readonly name: string
  readonly meaning: string
  readonly services: readonly string[]
}

/** What users are promised, measured over a rolling window. */
export interface Objective {
  readonly name: string
  readonly title: string
  readonly service: string
  readonly team: Team
  /** Share of good events, 0 to 1. */
  readonly target: number
  /** Days of the window. */
  readonly windowDays: number
  /** A sentence a user would understand. */
  readonly promise: string
  readonly indicator:
    | { readonly kind: 'Availability'; readonly good: string; readonly total: string }
    /** Share of requests within the bound; `thresholdSeconds` is one of the histogram's buckets. */
    | {
        readonly kind: 'Latency'
        readonly histogram: string
        readonly selector: string
        readonly thresholdSeconds: number
      }
    /** Share of samples of a gauge that fulfil the comparison. */
    | { readonly kind: 'Level'; readonly query: string }
}

/** A threshold of the case, by name; alerts, dashboards and load gates read the same number. */
export interface Threshold {
  readonly name: string
  readonly value: number
  readonly unit: Unit
  /** Where it comes from. */
  readonly why: string
}
