import type { Metric } from '@alexandrite/catalogue'

export type Labels = Readonly<Record<string, string>>

/** A series and whose it is. */
export interface Owned {
  readonly service: string
  /** As scraped, with _bucket, _sum or _count. */
  readonly name: string
  /** Undefined when nobody declares it. */
  readonly metric: Metric | undefined
  readonly labels: Labels
}

const ALERTS = /^ALERTS(_FOR_STATE)?$/

const metricOf = (name: string, byName: ReadonlyMap<string, Metric>): Metric | undefined => {
  const found = byName.get(name)
  if (found) return found
  const histogram = byName.get(name.replace(/_(bucket|sum|count)$/, ''))
  return histogram?.type === 'histogram' ? histogram : undefined
}

/**
 * Whose series it is: that of its label `service`, or, where nothing was scraped, the one service that emits the metric.
 * Alerts are Prometheus' whatever service they are about; recorded series are nobody's.
 */
export const ownersOf = (labels: Labels, byName: ReadonlyMap<string, Metric>): Owned[] => {
  const { __name__: name = '', service } = labels
  if (name.includes(':')) return []
  const metric = metricOf(name, byName)
  const [only, ...more] = metric?.services ?? []
  const own = ALERTS.test(name) || service === undefined ? (more.length === 0 ? only : undefined) : service
  return own === undefined ? [] : [{ service: own, name, metric, labels }]
}
