import type { Where } from '../problem.ts'
import type { Problem } from '../types.ts'
import { variablesIn } from '../variables.ts'
import { LabelFlow } from './flow.ts'
import { seriesIndex } from './series.ts'
import { parseQuery, syntaxError } from './tree.ts'

interface Read {
  readonly problems: readonly Problem[]
  /** Labels that the result can have; empty when the query cannot be read. */
  readonly labels: ReadonlySet<string>
}

const INDEX = seriesIndex()

const unread = (expr: string, where: Where): Problem | undefined => {
  const [variable] = variablesIn(expr)
  if (variable !== undefined)
    return {
      ...where,
      signal: `$${variable}`,
      message: 'is a variable without a value: name another, or give withVariables its value.'
    }
  const error = syntaxError(parseQuery(expr))
  return error === undefined
    ? undefined
    : { ...where, signal: expr, message: `cannot be read as PromQL near "${error}".` }
}

const read = (expr: string, where: Where): Read => {
  const problem = unread(expr, where)
  if (problem) return { problems: [problem], labels: new Set() }
  const query = parseQuery(expr)
  const flow = new LabelFlow(query, INDEX)
  const labels = flow.of(query.root)
  return { problems: flow.faults.map((fault) => ({ ...where, ...fault })), labels }
}

/**
 * What is wrong with a PromQL query: a metric, label or value of a label that nobody declares, a label that an
 * aggregation has dropped before, the rate of a gauge, a quantile without `le`. Grafana's variables must have been
 * replaced, see withVariables.
 */
export const checkQuery = (expr: string, where: Where): Problem[] => [...read(expr, where).problems]

/** Labels that the result of a query can have, those of scraping included. Throws nothing; empty if unreadable. */
export const labelsOfQuery = (expr: string): ReadonlySet<string> => read(expr, { file: '', item: '' }).labels

/** Like checkQuery for a recording rule: its name is declared, and the result has no label that is not. */
export const checkRecording = (record: string, expr: string, where: Where): Problem[] => {
  const { problems, labels } = read(expr, where)
  const declared = INDEX.series.get(record)
  if (!declared)
    return [
      ...problems,
      { ...where, signal: record, message: 'nobody declares it: add it to catalogue/src/recorded.ts.' }
    ]
  const more = [...labels].filter((label) => !declared.labels.has(label))
  if (problems.length > 0 || more.length === 0) return [...problems]
  const message = `its result has labels that catalogue/src/recorded.ts does not declare: ${more.join(', ')}.`
  return [{ ...where, signal: record, message }]
}
