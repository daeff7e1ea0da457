/** What is checked of rules, routes and runbooks before anything is written. */
import { checkQuery, checkRecording, labelsOfQuery, type Problem } from '@alexandrite/catalogue'
import { groups as all } from './groups.ts'
import { DEADMAN, TEAMS, type Receivers } from './receivers.ts'
import { leavesOf } from './route-tree.ts'
import { alertmanagerConfig, type AlertmanagerConfig } from './routing.ts'
import { idOf, isAlert, labelsOf, type Alert, type Group, type Rule, type Severity } from './rule.ts'
import { readRunbooks, runbookProblems } from './runbooks.ts'

/** Addresses do not matter to what is checked. */
const ANYWHERE: Receivers = {
  pagerUrl: 'http://localhost/',
  chatUrl: 'http://localhost/',
  smtp: {
    smarthost: 'localhost:25',
    from: 'a@localhost',
    to: { platform: 'a', mes: 'a', shop: 'a', crm: 'a' }
  }
}

export interface Checked {
  readonly groups: readonly Group[]
  readonly runbooks: ReadonlyMap<string, string>
  readonly config: AlertmanagerConfig
}

interface Located {
  readonly file: string
  readonly rule: Rule
}

const queries = ({ file, rule }: Located): Problem[] =>
  isAlert(rule)
    ? checkQuery(rule.expr, { file, item: idOf(rule) })
    : checkRecording(rule.record, rule.expr, { file, item: idOf(rule) })

const twice = (rules: readonly Located[]): Problem[] => {
  const ids = rules.map(({ rule }) => idOf(rule))
  return rules
    .filter((_, index) => ids.indexOf(ids[index] ?? '') < index)
    .map(({ file, rule }) => ({
      file,
      item: idOf(rule),
      signal: isAlert(rule) ? rule.alert : rule.record,
      message: 'there are two of this name and these labels: rename one, or let a label tell them apart.'
    }))
}

/** Labels that an alert can have when it fires. */
const labelsOfAlert = (alert: Alert): ReadonlySet<string> =>
  new Set([...labelsOfQuery(alert.expr), ...Object.keys(labelsOf(alert)), 'alertname'])

/** `$labels.tier` in a sentence must be a label that the alert has. */
const templates = (file: string, alert: Alert): Problem[] => {
  const known = labelsOfAlert(alert)
  return [...alert.summary.matchAll(/\$labels\.(\w+)/g)]
    .map(([, label = '']) => label)
    .filter((label) => !known.has(label))
    .map((label) => ({
      file,
      item: idOf(alert),
      signal: label,
      message: `its summary names the label ${label}, which the alert does not have; it has ${[...known].join(', ')}.`
    }))
}

const urgency: Readonly<Record<Severity, number>> = { critical: 3, warning: 2, ticket: 1, none: 0 }

/** A cause that exists, is told at least as urgently, and shares the labels by which it silences. */
const silencers = (file: string, alert: Alert, alerts: readonly Alert[]): Problem[] => {
  const problem = (signal: string, message: string): Problem => ({ file, item: idOf(alert), signal, message })
  return (alert.silencedBy ?? []).flatMap(({ alert: name, on }) => {
    const causes = alerts.filter((each) => each.alert === name)
    if (causes.length === 0) return [problem(name, 'silences it and is no alert: name one that exists.')]
    // Of equal severity is of equal urgency.
    const less =
      !on.includes('severity') && causes.some((cause) => urgency[cause.severity] < urgency[alert.severity])
    const lacking = [alert, ...causes].flatMap((each) =>
      on.filter((label) => !labelsOfAlert(each).has(label))
    )
    return [
      ...(less ? [problem(name, 'silences it and is less urgent: nobody would be paged.')] : []),
      ...lacking.map((label) =>
        problem(label, `${name} silences it where the label is equal, and one of them has none.`)
      )
    ]
  })
}

interface Subject {
  readonly alert: string
  /** Undefined: of whatever service. */
  readonly service: string | undefined
}

/** The one service that a selector of the expression pins, where the rule does not say. */
const subjectOf = ({ alert, service, expr }: Alert): Subject => ({
  alert,
  service: service ?? /\bservice="([^"]+)"/.exec(expr)?.[1]
})

const mayBe = (one: Subject, other: Subject): boolean =>
  one.alert === other.alert &&
  (one.service === undefined || other.service === undefined || one.service === other.service)

/** Alerts that silence each other tell nobody. */
const circles = (located: readonly { readonly file: string; readonly alert: Alert }[]): Problem[] => {
  const causesOf = (subject: Subject): readonly Subject[] =>
    located
      .filter(({ alert }) => mayBe(subjectOf(alert), subject))
      .flatMap(({ alert }) => alert.silencedBy ?? [])
      .map(({ alert, between }) => ({ alert, service: between?.called }))
  const reaches = (from: Subject, to: Subject, seen: ReadonlySet<string>): boolean =>
    causesOf(from).some(
      (cause) =>
        mayBe(cause, to) || (!seen.has(cause.alert) && reaches(cause, to, new Set([...seen, cause.alert])))
    )
  return located
    .filter(({ alert }) => reaches(subjectOf(alert), subjectOf(alert), new Set()))
    .map(({ file, alert }) => ({
      file,
      item: idOf(alert),
      signal: alert.alert,
      message: 'silences itself through its causes: nobody would be told. Take one silencedBy away.'
    }))
}

/** Every alert ends with a receiver of its team (or the dead man's switch), not with the one for strangers. */
const routes = (file: string, alert: Alert, config: AlertmanagerConfig): Problem[] => {
  const leaves = leavesOf(config.route, { ...labelsOf(alert), alertname: alert.alert })
  const known = new Set(config.receivers.map(({ name }) => name))
  const right = ({ receiver }: { receiver: string }) =>
    known.has(receiver) && (receiver === DEADMAN || receiver.startsWith(`${alert.team}-`))
  if (leaves.length > 0 && leaves.every(right)) return []
  const told = leaves.map(({ receiver }) => receiver).join(', ')
  const message = `its route ends with ${told}, and not with a receiver of its team; there are teams ${TEAMS.join(', ')}.`
  return [{ file, item: idOf(alert), signal: alert.team, message }]
}

/** What would be wrong, in sentences that name the file and the mend; empty when all is well. */
export const problemsOf = ({ groups, runbooks, config }: Checked): Problem[] => {
  const rules = groups.flatMap(({ file, rules: list }) => list.map((rule) => ({ file, rule })))
  const alerts = rules.flatMap(({ file, rule }) => (isAlert(rule) ? [{ file, alert: rule }] : []))
  const plain = alerts.map(({ alert }) => alert)
  const names = [...new Set(plain.map(({ alert }) => alert))]
  return [
    ...rules.flatMap(queries),
    ...twice(rules),
    ...circles(alerts),
    ...alerts.flatMap(({ file, alert }) => [
      ...templates(file, alert),
      ...silencers(file, alert, plain),
      ...routes(file, alert, config)
    ]),
    ...runbookProblems(names, runbooks)
  ]
}

/** The problems of this repository's rules, routes and runbooks. */
export const problems = (): Problem[] =>
  problemsOf({ groups: all, runbooks: readRunbooks(), config: alertmanagerConfig(ANYWHERE) })
