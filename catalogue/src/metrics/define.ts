import type { Label, Metric, Presence, Unit } from '../types.ts'

type Common = Pick<Metric, 'services'> & { readonly labels?: Readonly<Record<string, Label>> }

interface Details extends Pick<Metric, 'together' | 'monotonic' | 'otherLabels'> {
  /** Default Always. */
  readonly presence?: Presence
  /** Default: from the ending of the name, else count. */
  readonly unit?: Unit
  readonly labels?: Readonly<Record<string, Label>>
}

/** Prometheus names the base unit at the end of a metric's name. */
const ENDINGS: readonly (readonly [RegExp, Unit])[] = [
  [/_timestamp_seconds$|_start_time_seconds$/, 'timestamp'],
  [/_seconds(_total)?$/, 'seconds'],
  [/_bytes(_total)?$/, 'bytes'],
  [/_ratio$/, 'ratio'],
  [/_info$/, 'info']
]
const unitOf = (name: string): Unit => ENDINGS.find(([ending]) => ending.test(name))?.[1] ?? 'count'

/** Declares metrics of the same services, with the labels that all of them have. */
export const define = (common: Common) => {
  const metric = (type: Metric['type'], name: string, help: string, details: Details): Metric => ({
    name,
    type,
    unit: unitOf(name),
    help,
    services: common.services,
    presence: 'Always',
    ...details,
    labels: { ...common.labels, ...details.labels }
  })
  return {
    counter: (name: string, help: string, details: Details = {}): Metric =>
      metric('counter', name, help, details),
    gauge: (name: string, help: string, details: Details = {}): Metric =>
      metric('gauge', name, help, details),
    histogram: (
      name: string,
      help: string,
      details: Details & { readonly buckets: readonly number[] }
    ): Metric => ({ ...metric('histogram', name, help, details), buckets: details.buckets })
  }
}
