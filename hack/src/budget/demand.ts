/** What the declared signals cost the reference company: series, samples, bytes. */
import { COSTS, families, INSTANCES, LOAD, metrics, recorded } from '@alexandrite/catalogue'
import type { Family, Metric, Recorded, ServiceLoad } from '@alexandrite/catalogue'

/** What is declared; other than the catalogue's only in tests. */
export interface Declared {
  readonly metrics: readonly Metric[]
  readonly families: readonly Family[]
  readonly recorded: readonly Recorded[]
  readonly instances: Readonly<Record<string, number>>
  readonly load: Readonly<Record<string, ServiceLoad>>
}

export const DECLARED: Declared = { metrics, families, recorded, instances: INSTANCES, load: LOAD }

/** Series of one signal of one service. */
export interface SignalCost {
  readonly service: string
  /** Name of the metric, or the beginning of the names of a family with an asterisk. */
  readonly signal: string
  readonly perInstance: number
  readonly instances: number
}

export interface Demand {
  /** Every metric that is declared by name. */
  readonly metrics: readonly SignalCost[]
  /** What the totals are made of: families stand for their metrics. */
  readonly signals: readonly SignalCost[]
  readonly series: number
  readonly samplesPerSecond: number
  readonly logBytesPerDay: number
  readonly spansPerDay: number
  readonly prometheusMemoryBytes: number
  readonly diskBytes: number
}

const DAY_SECONDS = 86_400

/** Series of a metric of one instance: every combination of its labels, of a histogram as often as it has buckets. */
export const seriesOfMetric = ({ labels, together, buckets }: Metric): number => {
  const apart = Object.entries(labels).filter(([name]) => !together?.labels.includes(name))
  const combinations = apart.reduce(
    (product, [, { cardinality }]) => product * cardinality,
    together?.combinations ?? 1
  )
  // Its buckets, +Inf, _sum and _count.
  return combinations * (buckets ? buckets.length + 3 : 1)
}

interface Costs {
  readonly metrics: readonly SignalCost[]
  readonly signals: readonly SignalCost[]
}

const costsOf = (service: string, declared: Declared): Costs => {
  const cost = (signal: string, perInstance: number): SignalCost => ({
    service,
    signal,
    perInstance,
    instances: declared.instances[service] ?? 0
  })
  const own = declared.families.filter(({ services }) => services.includes(service))
  const all = declared.metrics
    .filter(({ services }) => services.includes(service))
    .map((metric) => cost(metric.name, seriesOfMetric(metric)))
  const inFamily = ({ signal }: SignalCost, { prefix }: Family): boolean => signal.startsWith(prefix)
  // A family has room for those of its names that are declared besides.
  const families = own.map((family) => {
    const known = sum(all.filter((each) => inFamily(each, family)).map(({ perInstance }) => perInstance))
    return cost(`${family.prefix}*`, Math.max(family.series, known))
  })
  const alone = all.filter((each) => !own.some((family) => inFamily(each, family)))
  return { metrics: all, signals: [...alone, ...families] }
}

const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0)

/** Of all services at the case's load. */
export const demandOf = (declared: Declared = DECLARED): Demand => {
  const scraped = Object.keys(declared.instances).map((service) => costsOf(service, declared))
  const rules = declared.recorded.map(({ name }) => ({
    service: 'rules',
    signal: name,
    perInstance: COSTS.recordedSeries.value,
    instances: 1
  }))
  const signals = [...scraped.flatMap((each) => each.signals), ...rules]
  const series = sum(signals.map(({ perInstance, instances }) => perInstance * instances))
  const samplesPerSecond = series / COSTS.scrapeSeconds.value
  const perDay = (count: (load: ServiceLoad) => number): number =>
    sum(Object.values(declared.load).map((load) => count(load) * load.requestsPerSecond)) * DAY_SECONDS
  const logBytesPerDay = perDay(({ logLinesPerRequest }) => logLinesPerRequest) * COSTS.logLineBytes.value
  const spansPerDay = perDay(({ spansPerRequest }) => spansPerRequest)
  return {
    metrics: scraped.flatMap((each) => each.metrics),
    signals,
    series,
    samplesPerSecond,
    logBytesPerDay,
    spansPerDay,
    prometheusMemoryBytes: COSTS.prometheusBaseBytes.value + series * COSTS.seriesMemoryBytes.value,
    diskBytes: diskOf({ samplesPerSecond, logBytesPerDay, spansPerDay })
  }
}

const diskOf = (demand: Pick<Demand, 'samplesPerSecond' | 'logBytesPerDay' | 'spansPerDay'>): number =>
  demand.samplesPerSecond * DAY_SECONDS * COSTS.metricDays.value * COSTS.sampleBytes.value +
  demand.logBytesPerDay * COSTS.logDays.value * COSTS.logCompression.value +
  demand.spansPerDay * COSTS.spansKept.value * COSTS.traceDays.value * COSTS.spanBytes.value

/** Series of one instance of each service. */
export const byService = ({ signals }: Demand): Map<string, number> =>
  new Map(
    [...Map.groupBy(signals, ({ service }) => service)].map(([service, all]) => [
      service,
      sum(all.map(({ perInstance }) => perInstance))
    ])
  )
