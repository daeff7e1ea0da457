/** Proofs as test files of promtool. */
import { idOf, isAlert, labelsOf, secondsOf, type Alert, type Recording, type Rule } from '../rule.ts'
import type { Case, Moment, Proof, Values } from './proof.ts'

/** A rule as it is, or a mutant of it; told apart by number. */
export interface Variant {
  readonly number: number
  readonly rule: Rule
}

/** A test file, and the rule file that it names. */
export interface Suite {
  readonly rules: object
  readonly tests: object
}

/** Two underscores and the number: what a failure of the variant is known by. */
const marked = (name: string, number: number): string => `${name}__${number}`

/** The id of the rule that the proof is about. */
export const provenBy = ({ of }: Proof): string =>
  idOf(
    'record' in of
      ? { ...of, expr: '' }
      : { ...of, expr: '', for: '0s', summary: '', description: '', dashboard: '' }
  )

const ruleOf = ({ number, rule }: Variant): object =>
  isAlert(rule)
    ? {
        alert: marked(rule.alert, number),
        expr: rule.expr,
        for: rule.for,
        ...(rule.keepFiringFor && { keep_firing_for: rule.keepFiringFor }),
        labels: labelsOf(rule),
        annotations: { summary: rule.summary }
      }
    : { record: marked(rule.record, number), expr: rule.expr, ...(rule.labels && { labels: rule.labels }) }

const alertTest = (moment: Moment, alert: Alert, number: number): object[] =>
  'firing' in moment
    ? [
        {
          eval_time: moment.at,
          alertname: marked(alert.alert, number),
          exp_alerts: moment.firing.map(({ labels, summary }) => ({
            exp_labels: { ...labels, ...labelsOf(alert) },
            exp_annotations: { summary }
          }))
        }
      ]
    : []

/** Samples are compared to so much: extrapolation costs the last digits. */
const PRECISION = 1e-6

const written = (labels: Readonly<Record<string, string>>): string =>
  `{${Object.entries(labels)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(',')}}`

const sampleTest = (moment: Moment, recording: Recording, number: number): object[] => {
  const name = marked(recording.record, number)
  return 'samples' in moment
    ? [
        {
          eval_time: moment.at,
          expr: `round(${name}, ${PRECISION})`,
          exp_samples: moment.samples.map(({ labels, value }) => ({
            labels: written({ ...labels, ...recording.labels }),
            value: Math.round(value / PRECISION) * PRECISION
          }))
        }
      ]
    : []
}

const lastOf = ({ moments }: Case): number => Math.max(...moments.map(({ at }) => secondsOf(at)))

/** A constant is written out until after the last moment. */
const valuesOf = (values: Values, steps: number): string =>
  typeof values === 'string' ? values : `${values}x${steps}`

const test = (each: Case, original: Rule, numbers: readonly number[]): object => {
  const step = each.step ?? '1m'
  const steps = Math.ceil(lastOf(each) / secondsOf(step)) + 1
  return {
    name: each.says,
    interval: step,
    input_series: Object.entries(each.series).map(([series, values]) => ({
      series,
      values: valuesOf(values, steps)
    })),
    ...(isAlert(original)
      ? {
          alert_rule_test: numbers.flatMap((number) =>
            each.moments.flatMap((moment) => alertTest(moment, original, number))
          )
        }
      : {
          promql_expr_test: numbers.flatMap((number) =>
            each.moments.flatMap((moment) => sampleTest(moment, original, number))
          )
        })
  }
}

/**
 * One test file for each step that the cases have: every variant must do what the proof says of the original.
 * `ruleFile` gives the name that the suite of the step will be written under.
 */
export const suitesOf = (
  { cases }: Proof,
  original: Rule,
  variants: readonly Variant[],
  ruleFile: (index: number) => string
): readonly Suite[] => {
  const steps = [...new Set(cases.map(({ step }) => step ?? '1m'))]
  return steps.map((step, index) => ({
    rules: { groups: [{ name: 'rule', interval: step, rules: variants.map(ruleOf) }] },
    tests: {
      rule_files: [ruleFile(index)],
      evaluation_interval: step,
      fuzzy_compare: true,
      tests: cases
        .filter((each) => (each.step ?? '1m') === step)
        .map((each) =>
          test(
            each,
            original,
            variants.map(({ number }) => number)
          )
        )
    }
  }))
}
