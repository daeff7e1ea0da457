/** Taking a tier out of its workload's pods before the tier goes. */
import { FINALIZER } from '@alexandrite/api'
import type { Milliseconds } from '../runtime/index.ts'
import type { TierObject } from './kube.ts'
import { NOTHING, type Observed, type Plan, type PlannedEvent } from './observed.ts'
import type { PodView } from './pods.ts'
import type { Finding } from './reasons.ts'
import { reported } from './report.ts'
import { nextStep } from './rollout.ts'
import { keepsTurn, rolloutView } from './staleness.ts'
import type { Verdict } from './status.ts'
import { isDeleting, refOf } from './tier.ts'

/** A tier that is being deleted lets go when no pod carries it, when nothing can be done, or after long patience. */
const CLEANUP_PATIENCE: Milliseconds = 600_000

const deletingVerdict = (left: number): Verdict => {
  const finding: Finding = { reason: 'Deleting', message: `${left} pods still carry the sidecars` }
  return {
    ready: { ...finding, holds: false },
    progressing: { ...finding, holds: true },
    degraded: { ...finding, holds: false }
  }
}

const letGo = (observed: Observed, events: readonly PlannedEvent[] = []): Plan => ({
  ...NOTHING,
  finalizer: 'remove',
  rollout: observed.rollout,
  status: undefined,
  events
})

const abandoned = (left: readonly PodView[]): PlannedEvent => {
  const names = left.map((pod) => pod.name).join(', ')
  return {
    type: 'Warning',
    reason: 'CleanupAbandoned',
    note: `let go although pods still carry the sidecars; they serve on, restart them to take the sidecars out: ${names}`
  }
}

const isWorkloadGone = ({ workload }: Observed): boolean => workload === undefined || isDeleting(workload)

interface Carriers {
  readonly left: readonly PodView[]
  readonly carries: (pod: PodView) => boolean
}

const takeOut = (object: TierObject, observed: Observed, { left, carries }: Carriers): Plan => {
  const isDeployment = observed.reading.ok && observed.reading.tier.spec.workload.kind === 'Deployment'
  const outcome = nextStep(rolloutView(observed, carries, isDeployment), observed.rollout, observed.timing)
  if (observed.now - outcome.memory.progressAt > CLEANUP_PATIENCE) return letGo(observed, [abandoned(left)])
  const { step } = outcome
  return {
    ...NOTHING,
    finalizer: 'keep',
    evict: step.kind === 'evict' ? step.pod : undefined,
    rollout: outcome.memory,
    keepTurn: keepsTurn(outcome, observed),
    requeueAfter: step.kind === 'wait' ? step.after : undefined,
    ...reported(object, observed, { verdict: deletingVerdict(left.length), policyHash: undefined })
  }
}

/** `isNamespaceGoing`: nothing in the namespace will live, so nothing is worth keeping alive. */
export const deletionPlan = (object: TierObject, observed: Observed, isNamespaceGoing: boolean): Plan => {
  const hasFinalizer = object.metadata.finalizers?.includes(FINALIZER) ?? false
  if (!hasFinalizer) return { ...letGo(observed), finalizer: 'keep' }
  const key = `${refOf(object).namespace}/${object.metadata.name}`
  const carries = (pod: PodView) => pod.tier === key
  const left = observed.pods.filter((pod) => carries(pod) && !pod.stopping)
  if (isNamespaceGoing || left.length === 0 || isWorkloadGone(observed)) return letGo(observed)
  return takeOut(object, observed, { left, carries })
}
