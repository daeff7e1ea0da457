/** What k6 runs: the kinds of users that settings.json names. Start it with `node hack/load.ts`. */
import { settings } from './feed.ts'

export { b2b } from './b2b.ts'
export { crm } from './crm.ts'
export { customers } from './customers.ts'
export { operators } from './operators.ts'

export const options = settings.options

/** The figures as k6 sums them up, beside the samples; nothing to the screen. */
export function handleSummary(data: { readonly metrics: Record<string, { readonly values: object }> }) {
  const values = Object.fromEntries(
    Object.entries(data.metrics).map(([name, metric]) => [name, metric.values])
  )
  return { [`${__ENV.RUN_FOLDER ?? '.'}/summary.json`]: JSON.stringify(values, null, 2) }
}
