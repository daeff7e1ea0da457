/** What proves a rule: series that Prometheus is given, and what the rule must make of them, when. */
import type { Team } from '@alexandrite/catalogue'
import type { Duration, Severity } from '../rule.ts'

/** A constant, or promtool's notation: `0+60x10` is 0, 60, … 600; `_` no sample; `stale` the end of a series. */
export type Values = number | string

/** By series, such as `redis_up{namespace="mes"}`. */
export type Series = Readonly<Record<string, Values>>

export interface Firing {
  /** What the series bring; the rule's own labels are known. */
  readonly labels?: Readonly<Record<string, string>>
  /** The sentence that a person reads. */
  readonly summary: string
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** What the rule must say at a time. */
export type Moment =
  | { readonly at: Duration; readonly firing: readonly Firing[] }
  | { readonly at: Duration; readonly samples: readonly Sample[] }

export interface Case {
  /** Ends the sentence "the rule …". */
  readonly says: string
  /** Time between samples and between evaluations. Default 1m. */
  readonly step?: Duration
  readonly series: Series
  readonly moments: readonly Moment[]
}

/** The labels that the rule must give, written down once more: a change of one without the other is seen. */
export interface Named {
  readonly alert: string
  readonly severity: Severity
  readonly team: Team
  readonly serviceTier: 1 | 2 | 3
  readonly service?: string
  readonly labels?: Readonly<Record<string, string>>
}

export type Proof =
  | { readonly of: Named; readonly cases: readonly Case[] }
  | {
      readonly of: { readonly record: string; readonly labels?: Readonly<Record<string, string>> }
      readonly cases: readonly Case[]
    }
