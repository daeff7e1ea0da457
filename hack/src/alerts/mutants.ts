/** Small mistakes in a rule, each of which a proof must notice. Pure, and always the same for the same rule. */
import { isAlert, labelsOf, type Alert, type Recording, type Rule } from '@alexandrite/alerts'
import { secondsOf, type Duration } from '@alexandrite/alerts/rule'
import { changesOf, type Kind } from './changes.ts'

export interface Mutant {
  readonly kind: Kind
  /** `0.6 → 0.66`, for a person. */
  readonly change: string
  readonly rule: Rule
}

/** Every mutant of a rule: of its expression, of how long it must hold, and of its labels. */
export const mutantsOf = (rule: Rule): readonly Mutant[] => [
  ...changesOf(rule.expr).map(({ kind, change, expr }) => ({ kind, change, rule: { ...rule, expr } })),
  ...(isAlert(rule) ? ofAlert(rule) : ofLabels(rule, rule.labels ?? {}))
]

const ofAlert = (alert: Alert): readonly Mutant[] => [
  ...otherDurations(alert.for).map((held) => ({
    kind: 'duration' as const,
    change: `for: ${alert.for} → ${held}`,
    rule: { ...alert, for: held }
  })),
  ...(alert.keepFiringFor === undefined ? [] : ofKeeping(alert, alert.keepFiringFor)),
  ...ofLabels(alert, labelsOf(alert))
]

const ofKeeping = (alert: Alert, keepFiringFor: Duration): readonly Mutant[] =>
  otherDurations(keepFiringFor).map((kept) => ({
    kind: 'duration' as const,
    change: `keep_firing_for: ${keepFiringFor} → ${kept}`,
    rule: { ...alert, keepFiringFor: kept }
  }))

const NEXT_ROUND: Duration = '1m'

/** Twice and half as long; nothing at all becomes a round of evaluation. */
const otherDurations = (duration: Duration): readonly Duration[] => {
  const seconds = secondsOf(duration)
  return seconds === 0 ? [NEXT_ROUND] : [`${2 * seconds}s`, `${seconds / 2}s`]
}

/** Another value, and none: to Prometheus an empty label is no label. */
const ofLabels = (rule: Alert | Recording, labels: Readonly<Record<string, string>>): readonly Mutant[] =>
  Object.entries(labels).flatMap(([label, value]) =>
    ['mutant', ''].map((other) => ({
      kind: 'label' as const,
      change: `label ${label}: ${value} → ${other === '' ? 'none' : other}`,
      rule: { ...rule, labels: { ...rule.labels, [label]: other } }
    }))
  )
