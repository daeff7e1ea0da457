/** Rule groups as Prometheus' rule files. */
import { stringify } from 'yaml'
import { isAlert, labelsOf, type Alert, type Group, type Rule } from './rule.ts'

export interface Places {
  /** Address of the repository's files, for runbooks. Default: a path in the repository. */
  readonly repositoryUrl?: string
  /** Address of Grafana. Default: paths below it. */
  readonly grafanaUrl?: string
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

/** Variables of a dashboard that the labels of the alert choose. */
const VARIABLES = ['namespace', 'tier'] as const

export const annotationsOf = (alert: Alert, places: Places = {}): Record<string, string> => {
  const chosen = VARIABLES.map((name) => `{{ with $labels.${name} }}&var-${name}={{ . }}{{ end }}`).join('')
  return {
    summary: alert.summary,
    description: alert.description,
    runbook_url: `${withoutSlash(places.repositoryUrl ?? '')}/alerts/runbooks/${alert.alert}.md`,
    dashboard_url: `${withoutSlash(places.grafanaUrl ?? '')}/d/${alert.dashboard}?orgId=1${chosen}`,
    query: alert.expr
  }
}

const written = (rule: Rule, places: Places): object =>
  isAlert(rule)
    ? {
        alert: rule.alert,
        expr: rule.expr,
        for: rule.for,
        ...(rule.keepFiringFor && { keep_firing_for: rule.keepFiringFor }),
        labels: labelsOf(rule),
        annotations: annotationsOf(rule, places)
      }
    : { record: rule.record, expr: rule.expr, ...(rule.labels && { labels: rule.labels }) }

/** The text of one rule file. */
export const ruleFile = (groups: readonly Group[], places: Places = {}): string =>
  stringify(
    {
      groups: groups.map(({ name, rules }) => ({ name, rules: rules.map((rule) => written(rule, places)) }))
    },
    { lineWidth: 0 }
  )
