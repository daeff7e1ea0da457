/**
 * Whether both sides tell the same: k6, which counts what users waited for, and the servers' own histograms, read by
 * Prometheus. Two rulers that disagree measure nothing.
 */
import { checkQuery, problemText } from '@alexandrite/catalogue'
import { labelsOf, quantile, ROUTE_NAMES, ROUTES } from '@alexandrite/loadtest'
import type { RouteName, RouteResult, RunResult } from '@alexandrite/loadtest'
import { aligned } from '../table.ts'
import type { LoadOptions } from './options.ts'
import type { ServerSide } from './server-side.ts'

/** What counts as the same. */
export const TOLERANCE = {
  /** Of requests, and this many more: an answer may be counted just before or after the scrape. */
  countShare: 0.01,
  countMore: 3,
  /** Around the server's bucket that holds the p95: a bucket is all that a histogram knows. */
  bucketShare: 0.25,
  /** Milliseconds that the way between both may add on a busy machine. */
  wayMs: 100
} as const

/** A route that the servers count under labels of its own. */
interface Compared {
  readonly route: RouteName
  /** Histogram with its selector, without a suffix. */
  readonly metric: string
  readonly selector: string
}

/** A cumulative histogram: requests up to each bound in seconds. */
type Buckets = ReadonlyMap<number, number>

export interface Comparison {
  /** Notes what has been counted before the load. */
  begin(): Promise<void>
  /** Prints as a table what was counted during it; a complaint is a sentence. */
  end(result: RunResult): Promise<{ readonly table: string; readonly complaints: readonly string[] }>
}

/** The APIs call each other: what others ask of these is counted there, too. */
const ASKED_BY_OTHERS: ReadonlySet<RouteName> = new Set([
  'mes GET /api/orders/:id',
  'mes PATCH /api/orders/:id/status'
])

/** Compares every route that nobody but users asks, and whose counter is not restarted meanwhile. */
export function comparisonOf(
  server: ServerSide,
  options: Pick<LoadOptions, 'straight' | 'profile'>
): Comparison {
  const compared = ROUTE_NAMES.flatMap((route) => comparedAs(route, options))
  const before = new Map<RouteName, Buckets>()
  const read = async (): Promise<(readonly [Compared, Buckets])[]> => {
    await server.settle()
    return await Promise.all(compared.map(async (one) => [one, await bucketsOf(server, one)] as const))
  }
  return {
    async begin() {
      for (const [{ route }, buckets] of await read()) before.set(route, buckets)
    },
    async end({ routes }) {
      const rows = (await read()).flatMap(([{ route }, buckets]) => {
        const users = routes.get(route)
        return users === undefined ? [] : [sides(users, increase(buckets, before.get(route)))]
      })
      return { table: tableOf(rows), complaints: complaintsOf(rows) }
    }
  }
}

function comparedAs(route: RouteName, options: Pick<LoadOptions, 'straight' | 'profile'>): Compared[] {
  if (ASKED_BY_OTHERS.has(route) || forgotten(route, options)) return []
  const { service, tier, rule, method, route: template } = labelsOf(route)
  if (options.straight || ROUTES[route].system === 'crm') {
    const selector = `service="${service}",method="${method}",route="${template}"`
    return [{ route, metric: 'http_request_duration_seconds', selector }]
  }
  if (rule === undefined) return []
  const selector = `tier="${tier}",rule="${rule}"`
  return [{ route, metric: 'alexandrite_proxy_rule_request_duration_seconds', selector }]
}

/** Whether what counts the route is restarted during the load. */
const forgotten = (route: RouteName, { profile }: Pick<LoadOptions, 'profile'>): boolean =>
  ROUTES[route].system === 'mes' &&
  profile.faults.some(({ name }) => name === 'tier-restarted' || name === 'api-restarted')

/** @throws when the catalogue does not know what is asked for */
async function bucketsOf(server: ServerSide, { metric, selector }: Compared): Promise<Buckets> {
  const expr = `sum by (le) (${metric}_bucket{${selector}})`
  const problems = checkQuery(expr, { file: 'hack/src/load/agreement.ts', item: metric })
  if (problems.length > 0) throw new Error(problems.map(problemText).join('\n'))
  const samples = await server.query(expr)
  return new Map(
    samples
      .map(({ labels, value }) => [labels.le === '+Inf' ? Infinity : Number(labels.le), value] as const)
      .sort(([a], [b]) => a - b)
  )
}

const increase = (after: Buckets, before: Buckets | undefined): Buckets =>
  new Map([...after].map(([le, count]) => [le, count - (before?.get(le) ?? 0)]))

export interface Sides {
  readonly route: string
  readonly users: { readonly count: number; readonly p95Ms: number }
  readonly server: { readonly count: number; readonly bucketMs: readonly [from: number, to: number] }
}

export function sides({ route, count, samples }: RouteResult, buckets: Buckets): Sides {
  return {
    route,
    users: { count, p95Ms: quantile(samples.took, 0.95) },
    server: { count: buckets.get(Infinity) ?? 0, bucketMs: p95Bucket(buckets) }
  }
}

function p95Bucket(buckets: Buckets): readonly [number, number] {
  const rank = 0.95 * (buckets.get(Infinity) ?? 0)
  let from = 0
  for (const [le, count] of buckets) {
    if (count >= rank) return [from * 1000, le * 1000]
    from = le
  }
  return [from * 1000, Infinity]
}

/** What does not agree, a sentence each. Nothing to compare is a complaint: it proves nothing. */
export function complaintsOf(rows: readonly Sides[]): string[] {
  if (rows.length === 0) return ['no route could be compared with what the servers counted']
  return rows.flatMap((row) => [...countComplaint(row), ...waitComplaint(row)])
}

function countComplaint({ route, users, server }: Sides): string[] {
  const tolerated = users.count * TOLERANCE.countShare + TOLERANCE.countMore
  const same = Math.abs(users.count - server.count) <= tolerated
  return same ? [] : [`${route}: users counted ${users.count} requests, the server ${server.count}`]
}

function waitComplaint({ route, users, server }: Sides): string[] {
  const [from, to] = server.bucketMs
  const least = from * (1 - TOLERANCE.bucketShare)
  const most = to * (1 + TOLERANCE.bucketShare) + TOLERANCE.wayMs
  const same = users.p95Ms >= least && users.p95Ms <= most
  return same
    ? []
    : [`${route}: users' p95 is ${users.p95Ms.toFixed(1)} ms, the server's is from ${from} to ${to} ms`]
}

const tableOf = (rows: readonly Sides[]): string =>
  aligned([
    ['both sides', 'users', 'server', 'users p95 ms', 'server p95 ms'],
    ...rows.map(({ route, users, server }) => [
      route,
      String(users.count),
      String(server.count),
      users.p95Ms.toFixed(1),
      server.bucketMs.map((bound) => bound.toFixed(0)).join('–')
    ])
  ]).join('\n')
