/** What a run is judged by: the catalogue's objectives, asked of what users saw. No number of our own. */
import { objectives } from '@alexandrite/catalogue'
import type { Objective } from '@alexandrite/catalogue'
import { RefusedRun } from './refusal.ts'
import { labelsOf, ROUTE_NAMES } from './routes.ts'
import type { RouteName } from './routes.ts'
import type { Outage, Verdict } from './run.ts'
import type { Sample } from './samples.ts'

/** An objective and the routes whose requests it is about. */
export interface Judged {
  readonly objective: Objective
  readonly routes: ReadonlySet<RouteName>
}

/** Histograms and counters that count the same requests which users send. */
const MEASURED: ReadonlySet<string> = new Set([
  'http_request_duration_seconds',
  'http_request_duration_seconds_count',
  'alexandrite_proxy_request_duration_seconds',
  'alexandrite_proxy_rule_request_duration_seconds'
])

/** `name="value"` of a selector; what a request of a user never is (`!=`, `=~`) does not narrow it. */
const EQUALS = /(\w+)="([^"]*)"/g

/** Objectives that the requests of `routes` can be judged by. */
export function judgedBy(
  routes: readonly RouteName[] = ROUTE_NAMES,
  all: readonly Objective[] = objectives
): Judged[] {
  return all.flatMap((objective) => {
    const found = routesOf(objective, routes)
    return found === undefined || found.size === 0 ? [] : [{ objective, routes: found }]
  })
}

/** The objective of that name. @throws RefusedRun when there is none, or when users' requests say nothing of it */
export function judgedByName(name: string, all: readonly Objective[] = objectives): Judged {
  const objective = all.find((candidate) => candidate.name === name)
  const usable = judgedBy(ROUTE_NAMES, all)
  if (objective === undefined)
    throw new RefusedRun(
      `The catalogue has no objective "${name}"; a load can be judged by ${usable.map((one) => one.objective.name).join(', ')}.`
    )
  const judged = usable.find((candidate) => candidate.objective === objective)
  if (judged === undefined)
    throw new RefusedRun(
      `The objective "${name}" is about ${signalOf(objective)}, which no request of a user is counted in; take one of ${usable.map((one) => one.objective.name).join(', ')}.`
    )
  return judged
}

/** Undefined for an objective whose signal is not made of users' requests. */
function routesOf(objective: Objective, routes: readonly RouteName[]): Set<RouteName> | undefined {
  const { metric, selector } = selectorOf(objective)
  if (!MEASURED.has(metric)) return undefined
  const wanted = [...selector.matchAll(EQUALS)].map(([, name = '', value = '']) => [name, value] as const)
  return new Set(
    routes.filter((route) => {
      const labels = labelsOf(route)
      return wanted.every(([name, value]) => labels[name] === value)
    })
  )
}

function selectorOf({ indicator }: Objective): { readonly metric: string; readonly selector: string } {
  if (indicator.kind === 'Latency') return { metric: indicator.histogram, selector: indicator.selector }
  const text = indicator.kind === 'Level' ? indicator.query : indicator.total
  const [, metric = text, selector = ''] = /^([\w:]+)(?:\{(.*)\})?$/.exec(text) ?? []
  return { metric, selector }
}

const signalOf = (objective: Objective): string => selectorOf(objective).metric

/** Whether all objectives are kept. */
export const allKept = (verdicts: readonly Verdict[]): boolean => verdicts.every(({ kept }) => kept)

/** Judges each objective by the samples of its routes. Nothing to judge is a failure: silence proves nothing. */
export function judge(
  judged: readonly Judged[],
  samples: readonly Sample[],
  outages: readonly Outage[] = []
): Verdict[] {
  const counted = samples.filter((sample) => sample.ok || !within(sample, outages))
  return judged.map((one) =>
    verdictOf(
      one,
      counted.filter(({ route }) => one.routes.has(route))
    )
  )
}

/** Whether the request was under way while something was gone. */
export const within = ({ at, took }: Sample, outages: readonly Outage[]): boolean =>
  outages.some(({ from, to }) => at >= from && at - took <= to)

/** Of fewer than 20 requests, one is more than the twentieth that may be slow, and says nothing yet. A failure always does. */
const ONE_SLOW = 1

function verdictOf({ objective }: Judged, samples: readonly Sample[]): Verdict {
  const { name, promise, target, indicator } = objective
  const bound = indicator.kind === 'Latency' ? indicator.thresholdSeconds : undefined
  const good = samples.filter(({ ok, took }) => (bound === undefined ? ok : took <= bound * 1000)).length
  const share = good / samples.length
  const slack = bound === undefined ? 0 : ONE_SLOW
  const kept = samples.length > 0 && (share >= target || samples.length - good <= slack)
  const common = { objective: name, promise, target, count: samples.length, share, kept }
  const sentence = sentenceOf(common, bound)
  return bound === undefined ? { ...common, sentence } : { ...common, thresholdSeconds: bound, sentence }
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

function sentenceOf({ count, share, kept, target }: Omit<Verdict, 'sentence'>, bound?: number): string {
  if (count === 0) return 'not one request: nothing was proved, which counts as broken'
  const how = bound === undefined ? 'were answered' : `took ${bound} s at most`
  return `${percent(share)} of ${count} requests ${how}; ${percent(target)} is promised${kept ? '' : ': BROKEN'}`
}
