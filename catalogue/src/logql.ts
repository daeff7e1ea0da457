/** A simple reading of LogQL: which labels and fields a query names, without its grammar. */
import { LOG_INDEX_LABELS, LOG_METADATA, logFields } from './logs.ts'
import { didYouMean } from './nearest.ts'
import type { Where } from './problem.ts'
import { services } from './services.ts'
import type { Problem } from './types.ts'
import { variablesIn } from './variables.ts'

type Fault = Pick<Problem, 'signal' | 'message'>

interface Parts {
  /** Without what its strings hold. */
  readonly bare: string
  readonly selectors: readonly string[]
  /** What comes after the selectors. */
  readonly rest: string
}

const STRINGS = /"(?:[^"\\]|\\.)*"|`[^`]*`/g
const SELECTOR = /\{([^{}]*)\}/g
const GROUPING = /\b(?:by|without|drop|keep)\s*\(?([\w\s,]+)\)?/g
/** `| level = ""`, `and status >= 500`, `or (seconds > 1)`. */
const FILTER = /(?:\||\band\b|\bor\b|,)\s*\(?\s*([A-Za-z_]\w*)\s*(?:==|=~|!~|!=|>=|<=|>|<|=)/g
const UNWRAP = /\bunwrap\s+(?:\w+\()?(\w+)/g
/** New names: `| label_format a=b`, `| json a=""`. */
const NAMING = /\|\s*(?:label_format|json|logfmt|regexp|pattern)\s+([^|[\])]*)/g
/** Stages that make fields of the line's JSON known. */
const PARSED = /\|\s*(?:json|logfmt|regexp|pattern|unpack)\b/

const INDEX = Object.keys(LOG_INDEX_LABELS)
const METADATA = Object.keys(LOG_METADATA)
const FIELDS = [...new Set(logFields.map(({ name }) => name))]
/** What Loki makes itself. */
const OWN = ['__error__', '__error_details__', '__line__', '__timestamp__']

const partsOf = (expr: string): Parts => {
  const bare = expr.replaceAll(STRINGS, '""')
  const selectors = [...bare.matchAll(SELECTOR)].map(([, inside]) => inside ?? '')
  return { bare, selectors, rest: bare.replaceAll(SELECTOR, ' ') }
}

const words = (list: string): string[] => list.split(/[\s,]+/).filter((word) => /^[A-Za-z_]\w*$/.test(word))
const captures = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name]))

const selectorFaults = (selector: string): Fault[] =>
  [...selector.matchAll(/([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)/g)]
    .map(([, label]) => label ?? '')
    .filter((label) => !INDEX.includes(label))
    .map((label) => ({
      signal: label,
      message:
        `is no index label.${didYouMean(label, INDEX)} Between the braces stand ${INDEX.join(', ')}; ` +
        'filter by anything else after them.'
    }))

const serviceFaults = (expr: string): Fault[] => {
  const known = services.map(({ name }) => name)
  return [...expr.matchAll(/\bservice_name\s*=\s*"([^"]*)"/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !known.includes(name))
    .map((name) => ({
      signal: 'service_name',
      message: `no service is named "${name}".${didYouMean(name, known)} See catalogue/src/services.ts.`
    }))
}

const namesIn = ({ rest }: Parts): string[] => [
  ...captures(rest.replaceAll(NAMING, ' '), FILTER),
  ...captures(rest, UNWRAP),
  ...captures(rest, GROUPING).flatMap(words)
]

const isField = (name: string): boolean =>
  FIELDS.some((field) => name === field || name.startsWith(`${field}_`))

const nameFaults = (parts: Parts): Fault[] => {
  const made = captures(parts.rest, NAMING).flatMap((list) => captures(list, /(\w+)\s*=/g))
  const known = [...INDEX, ...METADATA, ...OWN, ...made]
  const isParsed = PARSED.test(parts.rest)
  return [...new Set(namesIn(parts))]
    .filter((name) => !known.includes(name))
    .flatMap((name): Fault[] => {
      if (!isField(name)) {
        const guess = didYouMean(name, [...known, ...FIELDS])
        return [{ signal: name, message: `nobody declares this field.${guess} See catalogue/src/logs.ts.` }]
      }
      const message = 'is a field of the line: put `| json` before it.'
      return isParsed ? [] : [{ signal: name, message }]
    })
}

const shapeFaults = (expr: string, { bare, selectors }: Parts): Fault[] => {
  const [variable] = variablesIn(expr)
  if (variable !== undefined)
    return [
      { signal: `$${variable}`, message: 'is a variable without a value: give withVariables its value.' }
    ]
  if (selectors.length === 0)
    return [{ signal: expr, message: 'has no stream selector, as in {service_name="mes-api"}.' }]
  const open = [...bare].reduce((depth, sign) => depth + ({ '(': 1, ')': -1 }[sign] ?? 0), 0)
  return open === 0 ? [] : [{ signal: expr, message: 'has a parenthesis without its other half.' }]
}

/**
 * What is wrong with a LogQL query: a label between the braces that is no index label, a field that nobody declares or
 * that is not parsed yet, a service that is not in the catalogue. Loki itself reads the rest.
 */
export const checkLogQuery = (expr: string, where: Where): Problem[] => {
  const parts = partsOf(expr)
  const faults = [
    ...shapeFaults(expr, parts),
    ...parts.selectors.flatMap(selectorFaults),
    ...serviceFaults(expr),
    ...nameFaults(parts)
  ]
  return faults.map((fault) => ({ ...where, ...fault }))
}
