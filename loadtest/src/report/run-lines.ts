/** One run for people who read a log: a line a route, a line a promise. */
import type { RouteResult, RunResult, Verdict } from '../run.ts'
import { quantile } from '../samples.ts'

export function runLines({ routes, verdicts, dropped }: RunResult): string[] {
  const late =
    dropped === 0 ? [] : [`${dropped} arrivals could not begin in time: the figures understate the wait`]
  const kept = verdicts.filter((verdict) => verdict.kept).length
  return [
    ...[...routes.values()].map(routeLine),
    ...late,
    ...verdicts.map(verdictLine),
    `${kept} promises kept, ${verdicts.length - kept} broken`
  ]
}

function routeLine({ route, count, failed, samples }: RouteResult): string {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => milliseconds(quantile(samples.took, q)))
  return `${route}: ${count} requests, ${failed} failed, p50 ${p50}, p95 ${p95}, p99 ${p99} ms`
}

const milliseconds = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0))

const verdictLine = ({ kept, objective, sentence }: Verdict): string =>
  `${kept ? 'kept  ' : 'BROKEN'}  ${objective}: ${sentence}`
