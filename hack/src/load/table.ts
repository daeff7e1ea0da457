/** What a run came to, for people. */
import { quantile } from '@alexandrite/loadtest'
import type { Profile, RouteResult, RunResult } from '@alexandrite/loadtest'
import { aligned } from '../table.ts'

/** `seconds`: how long the load was to be; its stages are shares of that. */
export function report(result: RunResult, profile: Profile, seconds: number): string {
  const parts = [routesTable(result), '', ...summaryLines(result), '', ...verdictLines(result)]
  if (profile.untilBroken) parts.splice(1, 0, '', ...stepsTable(result, profile, seconds))
  return parts.join('\n')
}

function routesTable({ routes }: RunResult): string {
  const head = ['route', 'requests', 'failed', 'p50 ms', 'p95 ms', 'p99 ms']
  return aligned([head, ...[...routes.values()].map(routeRow)]).join('\n')
}

const routeRow = ({ route, count, failed, samples }: RouteResult): string[] => [
  route,
  String(count),
  String(failed),
  ...[0.5, 0.95, 0.99].map((q) => milliseconds(quantile(samples.took, q)))
]

const milliseconds = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0))

function summaryLines({ startedAt, endedAt, routes, cache, dropped, failedInOutages }: RunResult): string[] {
  const seconds = (endedAt - startedAt) / 1000
  const requests = [...routes.values()].reduce((sum, { count }) => sum + count, 0)
  const cacheable = cache.hit + cache.collapsed + cache.miss
  const hits =
    cacheable === 0
      ? ''
      : `, ${(100 * (cache.hit / cacheable)).toFixed(1)} % of those that met a tier were hits`
  const lines = [`${requests} requests in ${seconds.toFixed(0)} s${hits}`]
  if (dropped > 0) lines.push(`${dropped} arrivals could not begin in time: the figures understate the wait`)
  if (failedInOutages > 0)
    lines.push(
      `${failedInOutages} requests failed while a part was gone; they are not held against availability`
    )
  return lines
}

const verdictLines = ({ verdicts }: RunResult): string[] =>
  verdicts.map(({ kept, objective, sentence }) => `${kept ? 'kept  ' : 'BROKEN'}  ${objective}: ${sentence}`)

/** The steps of a run that goes up, each with what it brought: the last that keeps its promises is before the knee. */
export function stepsTable(
  { routes, startedAt, endedAt }: RunResult,
  profile: Profile,
  seconds: number
): string[] {
  const page = routes.get('mes GET /api/orders')
  const all = [...routes.values()]
  let from = startedAt
  const rows = profile.stages.flatMap(({ share, factor }) => {
    const window = [from, from + share * seconds * 1000] as const
    from = window[1]
    return window[0] >= endedAt ? [] : [stepRow(factor, window, page, all)]
  })
  return aligned([['load', 'requests/s', 'failed', 'order page p95 ms'], ...rows])
}

function stepRow(
  factor: number,
  [from, to]: readonly [number, number],
  page: RouteResult | undefined,
  all: readonly RouteResult[]
): string[] {
  const inside = (at: number) => at >= from && at < to
  const requests = all.flatMap(({ samples }) =>
    samples.at.flatMap((at, i) => (inside(at) ? [samples.ok[i] ?? false] : []))
  )
  const took = page?.samples.took.filter((_, i) => inside(page.samples.at[i] ?? 0)) ?? []
  return [
    `x${factor}`,
    (requests.length / ((to - from) / 1000)).toFixed(1),
    String(requests.filter((ok) => !ok).length),
    milliseconds(quantile(took, 0.95))
  ]
}
