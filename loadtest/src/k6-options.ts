/** A profile in k6's words. */
import type { Options, Scenario, Stage as K6Stage } from 'k6/options'
import { ORDINARY, peakOf } from './profiles.ts'
import type { Amount } from './plan.ts'
import type { User } from './acts.ts'
import { PATIENCE_SECONDS } from './units.ts'

/** Longest visit of a customer in seconds while answers are slow: so many can be under way at once. */
const VISIT_SECONDS = 12
const MAX_VUS = 1000

/** Scenarios and bounds of a run; thresholds are judged apart (thresholds.ts). */
export function k6Options(amount: Amount, users: readonly User[]): Options {
  const scenarios = Object.fromEntries(users.map((user) => [user, scenarioOf(user, amount)]))
  return {
    scenarios,
    noUsageReport: true,
    discardResponseBodies: true,
    // One tag for the route is all that figures are grouped by.
    systemTags: ['name', 'expected_response', 'scenario'],
    summaryTrendStats: ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max', 'count'],
    userAgent: 'alexandrite-loadtest'
  }
}

function scenarioOf(user: User, amount: Amount): Scenario {
  const shared = { exec: user, gracefulStop: `${PATIENCE_SECONDS}s` }
  if (user === 'operators') {
    const stages = stagesOf(amount, ORDINARY.operators)
    // Those who leave finish what they do.
    return {
      executor: 'ramping-vus',
      startVUs: 0,
      stages,
      gracefulRampDown: `${PATIENCE_SECONDS}s`,
      ...shared
    }
  }
  const perMinute = ORDINARY[user]
  const peak = (perMinute * peakOf(amount.profile) * amount.scale) / 60
  const preAllocatedVUs = Math.min(MAX_VUS, Math.ceil(peak * VISIT_SECONDS) + 2)
  return {
    executor: 'ramping-arrival-rate',
    startRate: 0,
    timeUnit: '1m',
    preAllocatedVUs,
    maxVUs: Math.min(MAX_VUS, preAllocatedVUs * 4),
    stages: stagesOf(amount, perMinute),
    ...shared
  }
}

/** k6 ramps always; a jump is a stage without a duration before the one that holds. */
function stagesOf({ profile, seconds, scale }: Amount, ordinary: number): K6Stage[] {
  return profile.stages.flatMap(({ share, factor, ramp }) => {
    const target = Math.max(1, Math.round(ordinary * factor * scale))
    const holds = { duration: `${Math.round(share * seconds * 1000)}ms`, target }
    return ramp ? [holds] : [{ duration: '0s', target }, holds]
  })
}
