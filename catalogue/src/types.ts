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
  /** Ours: each of its signals is declared. Foreign: those that are used are, and the rest by family. */
  readonly software: 'Ours' | 'Foreign'
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
 * When a series is there: `Always` while its service runs; `OnUse` once what it counts happened; `AtTimes` while it is
 * under way; `OnFault` only in trouble. Of the last two, empty is healthy.
 */
export type Presence = 'Always' | 'OnUse' | 'AtTimes' | 'OnFault'

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
  /** A gauge that only grows while its process lives, so that rate() of it is meant. */
  readonly monotonic?: true
  /** Its series carry labels of others besides: those of what they are about. */
  readonly otherLabels?: true
  /** Labels that go together, so that there are fewer combinations of their values than all of them. */
  readonly together?: { readonly labels: readonly string[]; readonly combinations: number }
  /** Upper bounds of a histogram; their number is part of the budget. */
  readonly buckets?: readonly number[]
}

/** Metrics of foreign software that nothing of ours reads: known by the beginning of their names. */
export interface Family {
  readonly prefix: string
  readonly services: readonly string[]
  /** The most series of one instance, those that are declared by name included; part of the budget. */
  readonly series: number
  readonly why: string
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
  /** Default OnUse: some span of the name has it once there was load. */
  readonly presence?: Presence
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
  /** Always: in every line. OnUse: in some once there was load. */
  readonly presence: Presence
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
    /** Selectors of counters, without a range: each is summed after `rate`. `bad` is a part of `total`. */
    | { readonly kind: 'Availability'; readonly bad: string; readonly total: string }
    /** Share of requests within the bound; `selector` is what stands in the braces of the histogram's series. */
    | {
        readonly kind: 'Latency'
        readonly histogram: string
        readonly selector: string
        /** One of the histogram's buckets. */
        readonly thresholdSeconds: number
      }
    /** Share of the time in which a query with a bool comparison says 1. */
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

/** What is wrong with something that uses a signal. */
export interface Problem {
  /** Relative to the repository. */
  readonly file: string
  /** The panel, alert, recording rule, threshold or runbook. */
  readonly item: string
  readonly signal: string
  /** What is wrong and how to mend it. */
  readonly message: string
}
