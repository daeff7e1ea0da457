import { didYouMean } from '../nearest.ts'
import type { Label } from '../types.ts'
import type { Series, SeriesIndex } from './series.ts'
import type { Matcher } from './tree.ts'

/** What is wrong, without where. */
export interface Fault {
  readonly signal: string
  readonly message: string
}

export interface Selected {
  readonly series: readonly Series[]
  readonly faults: readonly Fault[]
}

/** An expression of Prometheus' that JavaScript cannot read is left to promtool. */
const anchored = (pattern: string): RegExp | undefined => {
  try {
    return new RegExp(`^(?:${pattern})$`, 's')
  } catch {
    return undefined
  }
}

const WORDS = /^[\w./:-]+(\|[\w./:-]+)*$/

/** The values of a matcher that the label never has. */
const strangers = ({ operator, value }: Matcher, values: readonly string[]): string[] => {
  if (operator === '=' || operator === '!=') return value === '' || values.includes(value) ? [] : [value]
  if (WORDS.test(value) && !value.includes('.'))
    return value.split('|').filter((word) => !values.includes(word))
  const pattern = anchored(value)
  return !pattern || ['', ...values].some((each) => pattern.test(each)) ? [] : [value]
}

const valueFaults = (signal: string, matcher: Matcher, { values }: Label): Fault[] =>
  values === undefined
    ? []
    : strangers(matcher, values).map((value) => ({
        signal,
        message:
          `the label ${matcher.label} never is "${value}".${didYouMean(value, values)} ` +
          `It is one of ${values.join(', ')}.`
      }))

const labelFault = ({ name, labels }: Series, label: string): Fault => ({
  signal: name,
  message:
    `has no label ${label}.${didYouMean(label, labels.keys())} It has ${[...labels.keys()].join(', ')}; ` +
    'declare another in catalogue/src/.'
})

/** Where an expression names several metrics, one that has the label is enough. */
const matcherFaults = (all: readonly Series[], matcher: Matcher): Fault[] => {
  const [first] = all
  const having = all.flatMap(({ name, labels }) => {
    const label = labels.get(matcher.label)
    return label ? [{ name, label }] : []
  })
  if (first && having.length === 0) return [labelFault(first, matcher.label)]
  return having.slice(0, 1).flatMap(({ name, label }) => valueFaults(name, matcher, label))
}

const unknown = (name: string, { series, histograms }: SeriesIndex): Fault => ({
  signal: name,
  message: histograms.has(name)
    ? `is a histogram: name ${name}_bucket, ${name}_sum or ${name}_count.`
    : `nobody declares it.${didYouMean(name, series.keys())} Else declare it in catalogue/src/metrics/ ` +
      'or, when a rule records it, in catalogue/src/recorded.ts.'
})

const seriesNamed = (names: readonly Matcher[], index: SeriesIndex): Selected => {
  const all = [...index.series.values()]
  const [name] = names
  if (name === undefined)
    return { series: [], faults: [{ signal: '{…}', message: 'a selector must name its metric.' }] }
  if (name.operator === '=') {
    const found = index.series.get(name.value)
    return found ? { series: [found], faults: [] } : { series: [], faults: [unknown(name.value, index)] }
  }
  const pattern = anchored(name.value)
  const series = all.filter((each) => name.operator === '=~' && pattern?.test(each.name))
  return { series, faults: series.length === 0 ? [unknown(name.value, index)] : [] }
}

/** The declared series that a selector is about, and what is wrong with its name, labels and values. */
export const select = (matchers: readonly Matcher[], index: SeriesIndex): Selected => {
  const named = matchers.filter(({ label }) => label === '__name__')
  const { series, faults } = seriesNamed(named, index)
  const others = matchers.filter(({ label }) => label !== '__name__')
  return {
    series,
    faults: [...faults, ...others.flatMap((matcher) => matcherFaults(series, matcher))]
  }
}
