/** What `alexandrite stats` prints of a pod. Pure. */
import { viewOf } from '@alexandrite/proxy/telemetry/live-view'
import type { LiveView } from '@alexandrite/proxy/telemetry/live-view'
import type { TierStats } from '@alexandrite/proxy'
import type { Output } from '../output.ts'
import { table } from '../output.ts'
import { count, duration, milliseconds, percent, size } from './text.ts'

type Paint = Output['paint']

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, one) => total + one, 0)

function storeText({ store }: TierStats, view: LiveView): string {
  if (store === undefined) return 'memory only'
  const state = `breaker ${store.breaker}, ${store.usable ? 'in use' : 'not in use'}`
  const commands = `${count(store.ok)} commands, ${count(store.failed)} failed, ${count(store.skipped)} left out`
  return `${state}; ${commands}; ${latency(view.store)}`
}

const latency = (
  of: { readonly p50Ms: number | undefined; readonly p95Ms: number | undefined } | undefined
): string => `p50 ${milliseconds(of?.p50Ms)}, p95 ${milliseconds(of?.p95Ms)}`

function facts(stats: TierStats, view: LiveView): [string, string][] {
  const { memory, origin } = stats
  return [
    ['tier', stats.tier],
    ['pod', stats.pod],
    ['up', duration(stats.uptimeSeconds)],
    ['policy', stats.policy ?? 'none: plain RFC 9111'],
    ['requests', count(sum(stats.requests))],
    ['hit ratio', percent(stats.hitRatio)],
    ['answered', latency(view)],
    ['under way', count(stats.activeRequests)],
    [
      'memory',
      `${size(memory.bytes)}, ${count(memory.entries)} answers, ${count(memory.evictions)} evictions`
    ],
    ['store', storeText(stats, view)],
    ['origin', `${count(origin.ok)} answers, ${count(origin.errors)} errors; ${latency(view.origin)}`]
  ]
}

/** Since the start of the pod. */
export function statsLines(stats: TierStats, paint: Paint): string[] {
  const view = viewOf([{ now: stats }])
  const part = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] => {
    if (rows.length === 0) return []
    const [head = '', ...rest] = table([heads, ...rows])
    return ['', paint('bold', head), ...rest]
  }
  const rules = stats.rules.map((rule) => {
    const seen = view.rules.find((one) => one.rule === rule.rule)
    const ratios = [percent(seen?.hitRatio), milliseconds(seen?.p50Ms), milliseconds(seen?.p95Ms)]
    return [rule.rule, count(sum(rule.requests)), ...ratios]
  })
  const reasons = (list: TierStats['bypassed']): string[][] =>
    list.map(({ why, rule, count: times }) => [why, rule, count(times)])
  return [
    ...table(facts(stats, view)),
    ...part(
      ['result', 'requests'],
      Object.entries(stats.requests).map(([result, times]) => [result, count(times)])
    ),
    ...part(['rule', 'requests', 'hit ratio', 'p50', 'p95'], rules),
    ...part(['passed by', 'rule', 'requests'], reasons(stats.bypassed)),
    ...part(['not stored', 'rule', 'answers'], reasons(stats.notStored))
  ]
}
