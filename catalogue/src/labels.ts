import { services } from './services.ts'
import type { Label } from './types.ts'

/** A label all of whose values are known. */
export const oneOf = (meaning: string, values: readonly string[]): Label => ({
  meaning,
  values,
  cardinality: values.length
})

/** A label of which an instance has this many values at most. */
export const upTo = (cardinality: number, meaning: string): Label => ({ meaning, cardinality })

/**
 * What scraping adds to every series. A metric's own label of the same name wins (honor_labels), so that `service` and
 * `namespace` say what the metric is about.
 */
export const SCRAPE_LABELS: Readonly<Record<string, Label>> = {
  job: upTo(1, 'The scrape job of Prometheus.'),
  instance: upTo(1, 'Address that was scraped.'),
  service: {
    meaning: 'Name of the service in the catalogue.',
    values: services.map(({ name }) => name),
    cardinality: 1
  },
  namespace: upTo(1, 'Namespace of the pod; of a local process the one that it would run in.'),
  pod: upTo(1, 'Name of the pod; of a local process a name that says which one it is.')
}

/** Metrics of the process and of the tier carry it; of other services they do without. */
export const TIER = upTo(1, 'NAMESPACE/NAME of the tier.')
