/**
 * Asks a running Prometheus, Jaeger and Loki whether what is declared is emitted, and what is emitted declared.
 */
import { services } from '@alexandrite/catalogue'
import type { StackQueries } from '../stack/queries.ts'
import { logProblems } from './logs.ts'
import { seriesProblems } from './series.ts'
import type { Expected } from './series.ts'
import { spanProblems } from './spans.ts'

export type { Expected } from './series.ts'

type Questions = Pick<StackQueries, 'promSeries' | 'jaegerSearch' | 'lokiQuery'>

/** How many of the newest are looked at, of each service. */
const TRACES = 200
const LINES = 1000

const OURS = services.filter(({ software }) => software === 'Ours').map(({ name }) => name)

/** A sentence for each difference; empty when all is as declared. Throws when one of the three does not answer. */
export const emittedProblems = async (ask: Questions, expected: Expected): Promise<string[]> => {
  const ours = OURS.filter((name) => expected.services.includes(name))
  const traces = await Promise.all(ours.map((service) => ask.jaegerSearch({ service, limit: TRACES })))
  const lines = await Promise.all(
    ours.map((service) => ask.lokiQuery(`{service_name="${service}"}`, { limit: LINES }))
  )
  return [
    ...seriesProblems(await ask.promSeries(), expected),
    ...spanProblems(
      traces.flat().flatMap(({ spans }) => spans),
      expected
    ),
    ...logProblems(lines.flat(), expected)
  ]
}
