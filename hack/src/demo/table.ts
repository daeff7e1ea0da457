/** The one table: the same load straight at the APIs and through the tiers. */
import type { LoadReport, RouteReport } from '@alexandrite/examples'
import { aligned } from '../table.ts'

export interface Comparison {
  readonly direct: LoadReport
  readonly tier: LoadReport
}

const HEAD = [
  ...['route', 'requests', 'tier', 'p50 ms', 'tier', '', 'p95 ms', 'tier', '', 'p99 ms', 'tier', '', 'hits']
]

/** Lines of the table; a ratio of 10x means ten times quicker (or ten times more) through the tier. */
export function table({ direct, tier }: Comparison): string {
  const names = [...new Set([...direct.routes, ...tier.routes].map(({ route }) => route))].sort()
  const rows = names.map((name) => routeRow(name, find(direct, name), find(tier, name)))
  return [...aligned([HEAD, ...rows]), '', ...aligned(summaryRows(direct, tier))].join('\n')
}

/** A sentence about errors and stale answers, with the first of each; undefined when there were none. */
export function verdict({ direct, tier }: Comparison): string | undefined {
  const runs = [
    { name: 'straight at the APIs', report: direct },
    { name: 'through the tiers', report: tier }
  ]
  const sentences = runs.flatMap(({ name, report }) => [
    ...(report.staleAnswers > 0
      ? [`${report.staleAnswers} wrong answers ${name}, such as: ${report.staleSamples[0]}`]
      : []),
    ...(report.errors > 0 ? [`${report.errors} errors ${name}, such as: ${report.errorSamples[0]}`] : [])
  ])
  return sentences.length === 0 ? undefined : sentences.join('; ')
}

const find = (report: LoadReport, name: string): RouteReport | undefined =>
  report.routes.find(({ route }) => route === name)

function routeRow(name: string, direct: RouteReport | undefined, tier: RouteReport | undefined): string[] {
  const times = (['p50', 'p95', 'p99'] as const).flatMap((key) => {
    const before = direct?.[key]
    const after = tier?.[key]
    return [milliseconds(before), milliseconds(after), ratio(before, after)]
  })
  return [name, String(direct?.count ?? 0), String(tier?.count ?? 0), ...times, percent(tier?.hitRatio)]
}

function summaryRows(direct: LoadReport, tier: LoadReport): string[][] {
  const pair = (name: string, of: (report: LoadReport) => string) => [name, of(direct), of(tier)]
  return [
    ['over all', 'straight', 'tier'],
    [
      ...pair('requests/s', (r) => r.requestsPerSecond.toFixed(1)),
      ratio(tier.requestsPerSecond, direct.requestsPerSecond)
    ],
    pair('database queries/s', (r) => r.databaseQueriesPerSecond?.toFixed(1) ?? '-'),
    pair('database queries a request', (r) => perRequest(r)),
    pair('hit ratio of cached routes', (r) => percent(r.hitRatio)),
    pair('orders taken, races lost', (r) => `${r.racesWon}, ${r.racesLost}`),
    pair('writes, answers checked against them', (r) => `${r.writes}, ${r.checkedAnswers}`),
    pair('wrong or stale answers after a write', (r) => String(r.staleAnswers)),
    pair('errors', (r) => String(r.errors))
  ]
}

const perRequest = (report: LoadReport): string =>
  report.databaseQueriesPerSecond === undefined
    ? '-'
    : (report.databaseQueriesPerSecond / Math.max(1, report.requestsPerSecond)).toFixed(2)

function milliseconds(value: number | undefined): string {
  if (value === undefined) return '-'
  return value < 10 ? value.toFixed(1) : String(Math.round(value))
}

function ratio(before: number | undefined, after: number | undefined): string {
  if (!before || !after) return '-'
  const times = before / after
  return `${times < 10 ? times.toFixed(1) : String(Math.round(times))}x`
}

const percent = (share: number | undefined): string =>
  share === undefined ? '-' : `${(100 * share).toFixed(1)} %`
