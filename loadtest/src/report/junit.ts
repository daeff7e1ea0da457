/** The gate's report as JUnit XML: a test case a metric. Nobody can tell: an error; a regression: a failure. */
import type { Judged } from '../gate/judge.ts'
import type { Outcome } from '../statistics/outcome.ts'
import type { GateReport } from './report.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** Text as it may stand in XML and HTML. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)

interface Case {
  readonly name: string
  readonly outcome: Outcome
  readonly sentence: string
}

const casesOf = ({ verdict }: Judged): Case[] => [
  ...verdict.metrics,
  { name: 'failed requests', outcome: verdict.failures.outcome, sentence: verdict.failures.sentence }
]

const TAGS = { Regression: 'failure', CannotTell: 'error' } as const

const testCase = (subject: string, { name, outcome, sentence }: Case): string => {
  const open = `    <testcase classname="load.${escaped(subject)}" name="${escaped(name)}"`
  if (outcome === 'Pass') return `${open}><system-out>${escaped(sentence)}</system-out></testcase>`
  const tag = TAGS[outcome]
  return `${open}><${tag} type="${outcome}" message="${escaped(sentence)}"/></testcase>`
}

const suite = (judged: Judged): string => {
  const cases = casesOf(judged)
  const count = (wanted: Outcome): number => cases.filter(({ outcome }) => outcome === wanted).length
  const counts = `tests="${cases.length}" failures="${count('Regression')}" errors="${count('CannotTell')}"`
  return [
    `  <testsuite name="load ${escaped(judged.name)}" ${counts}>`,
    ...cases.map((one) => testCase(judged.name, one)),
    '  </testsuite>'
  ].join('\n')
}

export const junit = ({ subjects, startedAt, seconds }: GateReport): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="load gate" timestamp="${startedAt}" time="${seconds}">`,
    ...subjects.map(suite),
    '</testsuites>',
    ''
  ].join('\n')
