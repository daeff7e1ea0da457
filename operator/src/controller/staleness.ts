/** Which pods have to be replaced, and what a rollout needs to know of them. */
import type { CacheTier } from '@alexandrite/api'
import { injectionHash } from '../injector/index.ts'
import type { Workload } from './kube.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pods.ts'
import type { RolloutOutcome, RolloutView } from './rollout.ts'
import { refOf } from './tier.ts'
import { desiredReplicas } from './workload.ts'

/** Whether a pod has what its tier injects. */
export const staleCheck = (tier: CacheTier, observed: Observed): ((pod: PodView) => boolean) => {
  const key = `${refOf(tier).namespace}/${tier.metadata.name}`
  const hash = injectionHash(tier, observed)
  const isExternal = tier.spec.store.topology === 'External'
  const secretSince = isExternal ? (observed.storeSecretSince ?? 0) : 0
  // A container reads a Secret into its environment when it starts: older pods lack the store's address.
  return (pod) => pod.tier !== key || pod.injectionHash !== hash || pod.createdAt < secretSince
}

/** Whether a pod carries what it should and its proxy says that it runs the policy. */
export const currentCheck = (observed: Observed): ((pod: PodView) => boolean) => {
  const { reading } = observed
  if (!reading.ok) return () => false
  const isStale = staleCheck(reading.tier, observed)
  return (pod) => !isStale(pod) && observed.reports.get(pod.uid)?.hash === reading.policy.hash
}

/** True when the workload's own controller has made what its spec says. */
const isSettled = (workload: Workload | undefined, isDeployment: boolean): boolean => {
  if (workload === undefined) return false
  const desired = desiredReplicas(workload)
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0 } = workload.status ?? {}
  const isSeen = observedGeneration >= (workload.metadata.generation ?? 0)
  return isSeen && availableReplicas >= desired && (!isDeployment || updatedReplicas >= desired)
}

export const rolloutView = (
  observed: Observed,
  isStale: (pod: PodView) => boolean,
  isDeployment: boolean
): RolloutView => ({
  now: observed.now,
  pods: observed.pods,
  isStale,
  desired: desiredReplicas(observed.workload),
  workloadSettled: isSettled(observed.workload, isDeployment),
  webhookRightSince: observed.webhookRightSince,
  mayTakeTurn: observed.mayTakeTurn
})

/** A workload keeps its turn while its pods come up, and not while it only waits for better days. */
export const keepsTurn = (outcome: RolloutOutcome, observed: Observed): boolean => {
  const { step, memory } = outcome
  if (step.kind === 'evict') return true
  if (step.kind === 'done' || step.for !== 'pods') return false
  return observed.now - memory.progressAt < observed.timing.turnPatience
}
