/** Whether the series of a Prometheus are those that the catalogue declares, and all of them. */
import { families, metrics, recorded, SCRAPE_LABELS, services } from '@alexandrite/catalogue'
import type { Metric } from '@alexandrite/catalogue'
import { ownersOf } from './owners.ts'
import type { Labels, Owned } from './owners.ts'

export interface Expected {
  /** Names of the services that run. */
  readonly services: readonly string[]
  /** Loaded: what counts use is there as well. */
  readonly phase: 'Idle' | 'Loaded'
}

const OURS = new Set(services.filter(({ software }) => software === 'Ours').map(({ name }) => name))
const RECORDED = new Map(recorded.map((each) => [each.name, each]))
const BY_NAME = new Map(metrics.map((metric) => [metric.name, metric]))

/** A sentence for each signal that is missing, unknown, or otherwise than declared. */
export const seriesProblems = (series: readonly Labels[], expected: Expected): string[] => {
  const owned = series.flatMap((labels) => ownersOf(labels, BY_NAME))
  const here = owned.filter(({ service }) => expected.services.includes(service))
  return [
    ...missing(here, expected),
    ...unique(here.flatMap(unknownName)),
    ...recordedProblems(series),
    ...[...groupBy(here, ({ metric }) => metric)].flatMap(([metric, all]) =>
      metric ? shapeOf(metric, all) : []
    ),
    ...familyProblems(here)
  ]
}

const unique = (all: readonly string[]): string[] => [...new Set(all)]
const groupBy = <T, K>(all: readonly T[], key: (each: T) => K): Map<K, T[]> => Map.groupBy(all, key)

const missing = (here: readonly Owned[], { services: running, phase }: Expected): string[] => {
  const there = new Set(here.map(({ service, metric }) => `${service} ${metric?.name ?? ''}`))
  const wanted = phase === 'Loaded' ? ['Always', 'OnUse'] : ['Always']
  return metrics
    .filter(({ presence }) => wanted.includes(presence))
    .flatMap((metric) => metric.services.map((service) => ({ service, metric })))
    .filter(({ service, metric }) => running.includes(service) && !there.has(`${service} ${metric.name}`))
    .map(
      ({ service, metric }) =>
        `${service} does not emit ${metric.name}, which is declared as ${metric.presence}: ` +
        'emit it, or mend its presence or services in catalogue/src/metrics/'
    )
}

const unknownName = ({ service, metric, name }: Owned): string[] => {
  const isDeclared = metric?.services.includes(service) === true
  if (isDeclared) return []
  const isFamily = families.some((each) => each.services.includes(service) && name.startsWith(each.prefix))
  if (isFamily && !OURS.has(service)) return []
  return [`${service} emits ${name}, which nobody declares: declare it in catalogue/src/metrics/ or drop it`]
}

const recordedProblems = (series: readonly Labels[]): string[] =>
  unique(
    series.flatMap(({ __name__: name = '', ...labels }) => {
      if (!name.includes(':')) return []
      const known = RECORDED.get(name)
      if (!known) return [`a rule records ${name}, which catalogue/src/recorded.ts does not declare`]
      return Object.keys(labels)
        .filter((label) => !known.labels.includes(label))
        .map((label) => `${name} has the label ${label}, which catalogue/src/recorded.ts does not declare`)
    })
  )

const shapeOf = (metric: Metric, all: readonly Owned[]): string[] => [
  ...unique(all.flatMap(({ labels }) => labelProblems(metric, labels))),
  ...[...groupBy(all, ({ service, labels }) => `${service} ${labels.instance ?? ''}`)].flatMap(
    ([instance, ofInstance]) => cardinalityProblems(metric, instance, ofInstance)
  )
]

const labelProblems = (metric: Metric, labels: Labels): string[] =>
  Object.entries(labels).flatMap(([name, value]) => {
    const declared = metric.labels[name] ?? SCRAPE_LABELS[name]
    const isBound = name === 'le' && metric.type === 'histogram'
    if (name === '__name__' || isBound || (metric.otherLabels && !declared)) return []
    if (!declared) return [`${metric.name} has the label ${name}, which is not declared: declare or drop it`]
    if (!declared.values || declared.values.includes(value)) return []
    return [`${metric.name} has ${name}="${value}", which is none of the declared values`]
  })

const cardinalityProblems = (metric: Metric, instance: string, all: readonly Owned[]): string[] => {
  const differing = (names: readonly string[]): number =>
    new Set(all.map(({ labels }) => JSON.stringify(names.map((name) => labels[name] ?? '')))).size
  const over = Object.entries(metric.labels)
    .map(([name, { cardinality }]) => ({ what: `${name} has`, found: differing([name]), most: cardinality }))
    .filter(({ found, most }) => found > most)
  const { together } = metric
  const found = together ? differing(together.labels) : 0
  const combined =
    together && found > together.combinations
      ? [{ what: `${together.labels.join(' × ')} have`, found, most: together.combinations }]
      : []
  return [...over, ...combined].map(
    ({ what, found, most }) =>
      `${metric.name} of ${instance}: ${what} ${found} values, declared are ${most} at most`
  )
}

const familyProblems = (here: readonly Owned[]): string[] =>
  families.flatMap(({ prefix, services: of, series }) => {
    const all = here.filter(({ service, name }) => of.includes(service) && name.startsWith(prefix))
    return [...groupBy(all, ({ service, labels }) => `${service} ${labels.instance ?? ''}`)]
      .filter(([, ofInstance]) => ofInstance.length > series)
      .map(
        ([instance, { length }]) =>
          `${prefix}* of ${instance}: ${length} series, declared are ${series} at most in catalogue/src/metrics/`
      )
  })
