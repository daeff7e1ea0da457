/** The status and the Events that tell people what was found. */
import type { CacheTierStatus } from '@alexandrite/api'
import type { TierObject } from './kube.ts'
import type { Observed, Plan, PlannedEvent } from './observed.ts'
import { currentCheck } from './staleness.ts'
import { isSubset } from './subset.ts'
import { reasonOf, renderStatus, type Verdict } from './status.ts'
import { refOf } from './tier.ts'
import { desiredReplicas } from './workload.ts'

const policyEvents = (before: string | undefined, after: string | undefined): PlannedEvent[] => {
  if (before === undefined || after === undefined || before === after) return []
  return [{ type: 'Normal', reason: 'PolicyUpdated', note: `policy ${after} replaces ${before}` }]
}

/** Tells people when Ready or Degraded changes its reason, and of a new policy. */
const eventsOf = (
  before: CacheTierStatus | undefined,
  after: CacheTierStatus,
  verdict: Verdict
): PlannedEvent[] => {
  const events = policyEvents(before?.policyHash, after.policyHash)
  const { ready, degraded } = verdict
  if (degraded.holds && reasonOf(before, 'Degraded') !== degraded.reason) {
    events.push({ type: 'Warning', reason: degraded.reason, note: degraded.message })
  }
  const isNews = ready.reason !== degraded.reason && reasonOf(before, 'Ready') !== ready.reason
  if (isNews) events.push({ type: 'Normal', reason: ready.reason, note: ready.message })
  return events
}

interface Judged {
  readonly verdict: Verdict
  readonly policyHash: string | undefined
}

export const reported = (
  tier: TierObject,
  observed: Observed,
  judged: Judged
): Pick<Plan, 'status' | 'events'> => {
  const key = `${refOf(tier).namespace}/${tier.metadata.name}`
  const injected = observed.pods.filter((pod) => pod.tier === key && !pod.stopping)
  const ready = injected.filter((pod) => pod.readySince !== undefined)
  const isCurrent = currentCheck(observed)
  const status = renderStatus({
    before: observed.status,
    generation: tier.metadata.generation,
    policyHash: judged.policyHash,
    pods: {
      desired: desiredReplicas(observed.workload),
      injected: injected.length,
      ready: ready.length,
      current: ready.filter(isCurrent).length
    },
    verdict: judged.verdict,
    now: observed.now
  })
  if (isSubset(status, observed.status)) return { status: undefined, events: [] }
  return { status, events: eventsOf(observed.status, status, judged.verdict) }
}
