import { Counter, Histogram as PromHistogram, Registry } from 'prom-client'
import type { MetricObject, OpenMetricsContentType } from 'prom-client'
import { BUCKETS } from './histogram.ts'
import type { Histogram } from './histogram.ts'

type Labels = Readonly<Record<string, string>>

interface Described {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly registry: Registry
}

/** A counter whose values are read when the metrics are collected. */
export const readCounter = (
  { registry, ...described }: Described,
  read: () => Iterable<readonly [Labels, number]>
): void => {
  new Counter({
    ...described,
    registers: [registry],
    collect(): void {
      this.reset()
      for (const [labels, value] of read()) this.inc({ ...labels }, value)
    }
  })
}

interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly sharedLabels: Labels
  readonly value: number
  readonly exemplar?: { readonly labelSet: Labels; readonly value: number; readonly timestamp: number }
}

const exemplarOf = (histogram: Histogram, bucket: number): Pick<Sample, 'exemplar'> => {
  const found = histogram.exemplar(bucket)
  if (!found) return {}
  return { exemplar: { labelSet: { trace_id: found.traceId }, value: found.seconds, timestamp: found.at } }
}

const samplesOf = (name: string, sharedLabels: Labels, histogram: Histogram): Sample[] => {
  let below = 0
  const buckets = [...histogram.counts].map((count, bucket): Sample => {
    below += count
    const labels = { le: BUCKETS[bucket] ?? '+Inf' }
    return {
      metricName: `${name}_bucket`,
      labels,
      sharedLabels,
      value: below,
      ...exemplarOf(histogram, bucket)
    }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: histogram.sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: below }
  ]
}

/**
 * A histogram that is read when the metrics are collected. prom-client's own can only be observed, one value at a
 * time, so this one answers in its place. Fields are not private: OpenMetricsRegistry asks through a derived object.
 */
class ReadHistogram extends PromHistogram {
  readonly described: Described
  readonly readAll: () => Iterable<readonly [Labels, Histogram]>

  constructor(described: Described, read: () => Iterable<readonly [Labels, Histogram]>) {
    const { name, help, labelNames, registry } = described
    super({ name, help, labelNames, registers: [registry] })
    this.described = described
    this.readAll = read
  }

  /** What prom-client's Registry asks, and its Histogram.get. */
  getForPromString(): Promise<unknown> {
    const { name, help } = this.described
    const values = [...this.readAll()].flatMap(([labels, histogram]) => samplesOf(name, labels, histogram))
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values })
  }
}

/** Like readCounter, of durations. */
export const readHistogram = (
  described: Described,
  read: () => Iterable<readonly [Labels, Histogram]>
): void => {
  new ReadHistogram(described, read)
}

/**
 * The same metrics in the OpenMetrics format, which alone carries exemplars. A Registry of prom-client has one format,
 * and in this one it renames the counters for good: it gets objects derived from them.
 */
export class OpenMetricsRegistry extends Registry<OpenMetricsContentType> {
  readonly source: Registry

  constructor(source: Registry) {
    super()
    this.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    this.source = source
  }

  override getMetricsAsArray(): MetricObject[] {
    return this.source.getMetricsAsArray().map((metric) => Object.create(metric) as MetricObject)
  }
}
