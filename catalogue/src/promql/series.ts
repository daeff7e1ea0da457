import { SCRAPE_LABELS } from '../labels.ts'
import { metrics } from '../metrics.ts'
import { recorded } from '../recorded.ts'
import type { Label, Metric } from '../types.ts'

/** Series that a query may name. */
export interface Series {
  readonly name: string
  /** Counter: only rates of it mean something. Gauge: its value does. Either: computed, or a gauge that only grows. */
  readonly kind: 'Counter' | 'Gauge' | 'Either'
  readonly labels: ReadonlyMap<string, Label>
}

/** Where a name is declared and what its series are. */
export interface SeriesIndex {
  readonly series: ReadonlyMap<string, Series>
  /** Histograms, of which only _bucket, _sum and _count have series. */
  readonly histograms: ReadonlySet<string>
}

const BOUND: Label = { meaning: 'Upper bound of the bucket.', cardinality: 20 }
const ANY: Label = { meaning: 'Of a recorded series.', cardinality: 1 }

const allLabels = (all: readonly Metric[]): [string, Label][] =>
  all.flatMap(({ labels }) => Object.keys(labels).map((name): [string, Label] => [name, ANY]))

const seriesOf = (metric: Metric, others: readonly [string, Label][]): Series[] => {
  const labels = new Map([
    ...(metric.otherLabels ? others : []),
    ...Object.entries(SCRAPE_LABELS),
    ...Object.entries(metric.labels)
  ])
  if (metric.type === 'histogram')
    return [
      { name: `${metric.name}_bucket`, kind: 'Counter', labels: new Map([...labels, ['le', BOUND]]) },
      { name: `${metric.name}_sum`, kind: 'Counter', labels },
      { name: `${metric.name}_count`, kind: 'Counter', labels }
    ]
  const gauge = metric.monotonic ? 'Either' : 'Gauge'
  return [{ name: metric.name, kind: metric.type === 'counter' ? 'Counter' : gauge, labels }]
}

/** Everything that is declared, by the name that a query uses. */
export const seriesIndex = (): SeriesIndex => {
  const others = allLabels(metrics)
  const emitted = metrics.flatMap((metric) => seriesOf(metric, others))
  const computed = recorded.map(({ name, labels }): Series => ({
    name,
    kind: 'Either',
    labels: new Map(labels.map((label) => [label, ANY]))
  }))
  return {
    series: new Map([...emitted, ...computed].map((series) => [series.name, series])),
    histograms: new Set(metrics.filter(({ type }) => type === 'histogram').map(({ name }) => name))
  }
}
