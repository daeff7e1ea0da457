/**
 * Pure: whether a canary may become the stable version. Both are loaded at the same time, the canary with a tenth of the
 * users, and compared by the gate's statistics, window by window: what slows the machine down slows both.
 */
import type { RunResult } from './run.ts'
import type { RouteName } from './routes.ts'
import { quantile } from './samples.ts'
import { compare } from './statistics/compare.ts'
import type { Verdict } from './statistics/compare.ts'
import type { Block } from './statistics/block.ts'
import type { FailureVerdict } from './statistics/failures.ts'
import type { Milliseconds } from './units.ts'

/** Share of the users that meet the canary. */
export const CANARY_SHARE = 0.1

export interface CanaryOptions {
  /** Routes whose median decides; each needs LEAST_REQUESTS in a window on both sides. */
  readonly routes: readonly RouteName[]
  /** What the canary may take, as a multiple of the stable version's. */
  readonly allowed: number
  /** Length of a window. */
  readonly windowMs: Milliseconds
}

export interface CanaryDecision {
  readonly decision: 'Promote' | 'RollBack'
  /** Sentences for people. */
  readonly reasons: readonly string[]
  readonly verdict: Verdict
}

/** A median of fewer says nothing. */
const LEAST_REQUESTS = 5

/** Whoever cannot tell does not promote. */
export function judgeCanary(stable: RunResult, canary: RunResult, options: CanaryOptions): CanaryDecision {
  const from = Math.max(stable.startedAt, canary.startedAt)
  const to = Math.min(stable.endedAt, canary.endedAt)
  const span = { from, count: Math.floor((to - from) / options.windowMs), windowMs: options.windowMs }
  const metrics = options.routes.map((name) => ({ name, unit: 'ms' as const, allowed: options.allowed }))
  const verdict = compare(windows(stable, options.routes, span), windows(canary, options.routes, span), {
    metrics
  })
  // What the stable version breaks as well is not the canary's fault.
  const keeps = new Set(stable.verdicts.filter(({ kept }) => kept).map(({ objective }) => objective))
  const broken = canary.verdicts.filter(({ kept, objective }) => !kept && keeps.has(objective))
  const promote = verdict.outcome === 'Pass' && broken.length === 0
  const { failures } = verdict
  const reasons = [
    ...verdict.metrics.map(({ sentence }) => sentence),
    ...(failures.outcome === 'Pass' ? [] : [failed(failures)]),
    ...broken.map(({ objective, sentence }) => `${objective}: ${sentence}.`)
  ]
  return { decision: promote ? 'Promote' : 'RollBack', reasons, verdict }
}

/** One is enough not to promote: a tenth of the users is too few to say that it was chance. */
const failed = ({ baseline, candidate }: FailureVerdict): string =>
  `failed requests of the canary: ${candidate.failed} of ${candidate.requests}; ` +
  `of the stable version: ${baseline.failed} of ${baseline.requests}.`

interface Span {
  readonly from: Milliseconds
  readonly count: number
  readonly windowMs: Milliseconds
}

/** A block for each window, with the median of each route that was asked often enough. */
export function windows(result: RunResult, routes: readonly RouteName[], span: Span): Block[] {
  return Array.from({ length: span.count }, (_, index) => {
    const from = span.from + index * span.windowMs
    const inside = (at: Milliseconds) => at >= from && at < from + span.windowMs
    const values = routes.flatMap((route) => {
      const samples = result.routes.get(route)?.samples
      const took = samples?.took.filter((_, i) => inside(samples.at[i] ?? 0)) ?? []
      return took.length < LEAST_REQUESTS ? [] : [[route, quantile(took, 0.5)] as const]
    })
    const fates = [...result.routes.values()].flatMap(({ samples }) =>
      samples.ok.filter((_, i) => inside(samples.at[i] ?? 0))
    )
    return {
      values: Object.fromEntries(values),
      requests: fates.length,
      failed: fates.filter((ok) => !ok).length
    }
  })
}
