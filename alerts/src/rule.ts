/** The words in which alerts and recording rules are written. */
import type { ServiceTier, Team } from '@alexandrite/catalogue'

/**
 * critical: users are hurt now, the pager rings; warning: look in this shift, chat; ticket: this week, e-mail;
 * none: no person is told (the watchdog).
 */
export type Severity = 'critical' | 'warning' | 'ticket' | 'none'

/** As Prometheus writes them: `90s`, `5m`, `1h`, `3d`. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`

/** An alert that fires keeps this one from telling people, where the labels `on` are equal in both. */
export interface Silencer {
  readonly alert: string
  readonly on: readonly string[]
  /** Only of the one service, by the other that it waits for. Default: whatever both are about. */
  readonly between?: { readonly caller: string; readonly called: string }
}

export interface Alert {
  readonly alert: string
  readonly expr: string
  /** How long the expression must hold. */
  readonly for: Duration
  /** How long it goes on firing after the expression holds no more. Default: not at all. */
  readonly keepFiringFor?: Duration
  readonly severity: Severity
  readonly team: Team
  /** Name in the catalogue; absent where the expression's series bring a label `service`. */
  readonly service?: string
  readonly serviceTier: ServiceTier
  /** More labels that tell rules of one name apart. */
  readonly labels?: Readonly<Record<string, string>>
  /** For a tired person, with the value in it; a template of Prometheus. */
  readonly summary: string
  /** What it means for users, in a sentence; not a template. */
  readonly description: string
  /** Uid of the dashboard to look at. */
  readonly dashboard: string
  /** Causes that explain this alert: they page instead. */
  readonly silencedBy?: readonly Silencer[]
}

export interface Recording {
  /** Declared in catalogue/src/recorded.ts. */
  readonly record: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
}

export type Rule = Alert | Recording

/** One subject: evaluated in order, so an alert sees what was recorded before it in the same round. */
export interface Group {
  readonly name: string
  /** Where it is written, for messages: relative to the repository. */
  readonly file: string
  readonly rules: readonly Rule[]
}

export const isAlert = (rule: Rule): rule is Alert => 'alert' in rule

/** What tells a rule from all others: alerts of one name differ in severity and in what they are about. */
export const idOf = (rule: Rule): string => {
  const [name, labels] = isAlert(rule) ? [rule.alert, labelsOf(rule)] : [rule.record, rule.labels ?? {}]
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

/** The labels that the rule gives to its alerts. */
export const labelsOf = ({
  severity,
  team,
  service,
  serviceTier,
  labels
}: Alert): Record<string, string> => ({
  severity,
  team,
  ...(service !== undefined && { service }),
  service_tier: String(serviceTier),
  ...labels
})

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

export const secondsOf = (duration: string): number => {
  const [, digits, unit] = /^([\d.]+)([smhd])$/.exec(duration) ?? []
  if (digits === undefined) throw new Error(`"${duration}" is no duration; write it like 90s, 5m, 1h or 3d`)
  return Number(digits) * SECONDS[unit as keyof typeof SECONDS]
}
