/** What a running Prometheus holds, beside what is declared. */
import { metrics, SERIES_OF_INSTANCE, services } from '@alexandrite/catalogue'
import type { Labels } from '../telemetry-check/owners.ts'
import { seriesOfMetric } from './demand.ts'

export interface LiveService {
  readonly service: string
  readonly instances: number
  /** Of the instance that has most. */
  readonly series: number
}

const NAMES = services.map(({ name }) => name)
const BY_NAME = new Map(metrics.map((metric) => [metric.name, metric]))
/** Alerts and recorded series are named after what they are about, and no instance emits them. */
const isScraped = ({ __name__: name = '' }: Labels): boolean =>
  !name.includes(':') && !name.startsWith('ALERTS')

const byInstance = (series: readonly Labels[]): Map<string, Labels[]> =>
  Map.groupBy(series.filter(isScraped), ({ instance = '' }) => instance)

/** The services of the catalogue that are there, by the instance with most series. */
export const liveServices = (series: readonly Labels[]): LiveService[] =>
  NAMES.flatMap((service) => {
    const instances = byInstance(series.filter((labels) => labels.service === service))
    if (instances.size === 0) return []
    const counts = [...instances.values()].map(({ length }) => length)
    return [{ service, instances: instances.size, series: Math.max(...counts) }]
  })

const metricNamed = (name: string) =>
  BY_NAME.get(name) ?? BY_NAME.get(name.replace(/_(bucket|sum|count)$/, ''))

const overOf = (service: string, instance: string, all: readonly Labels[]): string[] =>
  [...Map.groupBy(all, ({ __name__: name = '' }) => metricNamed(name))].flatMap(([metric, { length }]) => {
    const most = metric?.services.includes(service) ? seriesOfMetric(metric) : Infinity
    return metric && length > most
      ? [`${metric.name} of ${service} ${instance}: ${length} series, declared are ${most} at most`]
      : []
  })

/** A sentence for each service or signal with more series than declared. */
export const liveProblems = (series: readonly Labels[]): string[] => {
  const services = liveServices(series).flatMap(({ service, series: found }) => {
    const most = SERIES_OF_INSTANCE[service] ?? Infinity
    return found > most ? [`${service}: ${found} series of an instance, budgeted are ${most}`] : []
  })
  const signals = NAMES.flatMap((service) =>
    [...byInstance(series.filter((labels) => labels.service === service))].flatMap(([instance, all]) =>
      overOf(service, instance, all)
    )
  )
  return [...signals, ...services]
}
