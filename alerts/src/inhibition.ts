/** One cause, one page: which alerts keep which others from telling people. */
import { alerts as all } from './groups.ts'
import type { Alert } from './rule.ts'

export interface InhibitRule {
  readonly source_matchers: readonly string[]
  readonly target_matchers: readonly string[]
  readonly equal: readonly string[]
}

/** Labels that tell what an alert is about; one that both lack counts as equal. */
export const SAME_THING = ['service', 'namespace', 'tier', 'objective', 'instance', 'state', 'queue'] as const

/** Of one name and about the same thing, only the most urgent is told. */
const bySeverity: readonly InhibitRule[] = [
  ['critical', 'warning|ticket'],
  ['warning', 'ticket']
].map(([source, targets]) => ({
  source_matchers: [`severity="${source}"`],
  target_matchers: [`severity=~"${targets}"`],
  equal: ['alertname', ...SAME_THING]
}))

const ofService = (service: string): readonly string[] => (service === '' ? [] : [`service="${service}"`])

/** One rule for each cause, what must be equal, and the services that either side is fixed to. */
const byCause = (alerts: readonly Alert[]): readonly InhibitRule[] => {
  const targets = new Map<string, Set<string>>()
  for (const { alert, service = '', silencedBy = [] } of alerts)
    for (const { alert: cause, on, between } of silencedBy) {
      const key = JSON.stringify([cause, on, between?.called ?? '', between?.caller ?? service])
      targets.set(key, (targets.get(key) ?? new Set()).add(alert))
    }
  return [...targets].map(([key, names]) => {
    const [cause, on, called, silenced] = JSON.parse(key) as [string, string[], string, string]
    return {
      source_matchers: [`alertname="${cause}"`, ...ofService(called)],
      target_matchers: [`alertname=~"${[...names].sort().join('|')}"`, ...ofService(silenced)],
      equal: on
    }
  })
}

/** Alertmanager's `inhibit_rules`. */
export const inhibitRules = (alerts: readonly Alert[] = all): readonly InhibitRule[] => [
  ...bySeverity,
  ...byCause(alerts)
]
