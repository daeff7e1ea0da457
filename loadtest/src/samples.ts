/** Reads k6's CSV as it comes, line by line, and keeps one line of nine: a request's time, its route and its fate. */
import { isRouteName } from './routes.ts'
import type { RouteName } from './routes.ts'
import type { RouteResult } from './run.ts'
import type { CacheOutcome, Milliseconds } from './units.ts'

export interface Sample {
  readonly route: RouteName
  readonly at: Milliseconds
  readonly took: Milliseconds
  readonly ok: boolean
}

interface Columns {
  readonly name: number
  readonly expected: number
}

/** Metrics of k6 that are kept; `cache_answers` is the scenarios' own. */
const DURATION = 'http_req_duration'
const CACHE = 'cache_answers'
const DROPPED = 'dropped_iterations'

export class SampleReader {
  readonly samples: Sample[] = []
  readonly cache: Record<CacheOutcome, number> = { hit: 0, collapsed: 0, miss: 0, none: 0 }
  dropped = 0
  #columns: Columns | undefined

  /** One line of k6's output. @throws when it is not the CSV that we asked for */
  read(line: string): void {
    if (line.startsWith('metric_name,')) this.#columns = columnsOf(line)
    else if (line.startsWith(`${DURATION},`)) this.#request(line.split(','))
    else if (line.startsWith(`${CACHE},`)) this.#answer(line.split(','))
    else if (line.startsWith(`${DROPPED},`)) this.dropped += Number(line.split(',')[2])
  }

  #request(fields: readonly string[]): void {
    const { name, expected } = this.#known()
    const route = fields[name] ?? ''
    if (!isRouteName(route))
      throw new Error(`k6 reports a request of "${route}": a route that routes.ts does not name`)
    // Microseconds since the epoch.
    const at = Number(fields[1]) / 1000
    this.samples.push({ route, at, took: Number(fields[2]), ok: fields[expected] === 'true' })
  }

  #answer(fields: readonly string[]): void {
    const outcome = fields[this.#known().name] as CacheOutcome
    this.cache[outcome]++
  }

  #known(): Columns {
    if (this.#columns === undefined) throw new Error('k6 wrote samples without a line of column names')
    return this.#columns
  }
}

function columnsOf(header: string): Columns {
  const names = header.trim().split(',')
  return { name: names.indexOf('name'), expected: names.indexOf('expected_response') }
}

/** By route, in the order of their names. */
export function byRoute(samples: readonly Sample[]): ReadonlyMap<string, RouteResult> {
  const groups = Map.groupBy(samples, ({ route }) => route)
  return new Map(
    [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([route, group]) => [route, resultOf(route, group)])
  )
}

const resultOf = (route: string, group: readonly Sample[]): RouteResult => ({
  route,
  count: group.length,
  failed: group.filter(({ ok }) => !ok).length,
  samples: {
    at: group.map(({ at }) => at),
    took: group.map(({ took }) => took),
    ok: group.map(({ ok }) => ok)
  }
})

/** Exact, by the nearest rank; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

/** samples.csv: small enough to keep of every run. */
export const samplesCsv = (samples: readonly Sample[]): string =>
  [
    'route,at_ms,took_ms,ok',
    ...samples.map(({ route, at, took, ok }) => `${route},${at.toFixed(3)},${took.toFixed(3)},${ok ? 1 : 0}`)
  ].join('\n')
