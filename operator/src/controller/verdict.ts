/** What is under way with a tier's pods, and what keeps it from working as it should. */
import type { CacheTier, Policy } from '@alexandrite/api'
import { tierObjects } from '@alexandrite/api'
import type { KubeObject } from '../runtime/index.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pods.ts'
import type { Finding } from './reasons.ts'
import type { RolloutOutcome } from './rollout.ts'
import { numericTargets, desiredReplicas } from './workload.ts'

/** A tier whose workload takes it, looked at from all sides. */
export interface Inside {
  readonly tier: CacheTier
  readonly policy: Policy
  readonly observed: Observed
  /** Pods that are not stopping. */
  readonly live: readonly PodView[]
  readonly isStale: (pod: PodView) => boolean
  readonly isCurrent: (pod: PodView) => boolean
  readonly outcome: RolloutOutcome
}

const rolloutPending = ({ live, isStale, outcome }: Inside): Finding => {
  const { step } = outcome
  const done = live.filter((pod) => !isStale(pod)).length
  const count = `${done} of ${live.length} pods carry the current sidecars`
  if (step.kind === 'wait' && step.for === 'webhook') {
    return { reason: 'WebhookPending', message: `${count}; waiting for the webhook entry to take effect` }
  }
  if (step.kind === 'wait' && step.for === 'turn') {
    return { reason: 'WaitingForTurn', message: `${count}; another workload is being rolled` }
  }
  return { reason: 'RolloutInProgress', message: count }
}

/** What is still under way; undefined when every pod is where it should be. */
export const pendingOf = (inside: Inside): Finding | undefined => {
  const { live, isStale, isCurrent, observed, policy } = inside
  if (live.some(isStale)) return rolloutPending(inside)
  const desired = desiredReplicas(observed.workload)
  const ready = live.filter((pod) => pod.readySince !== undefined)
  if (ready.length < desired || ready.length < live.length) {
    return { reason: 'PodsNotReady', message: `${ready.length} of ${desired} pods are ready` }
  }
  const current = live.filter(isCurrent).length
  if (current === live.length) return undefined
  return {
    reason: 'PolicyPropagating',
    message: `${current} of ${live.length} pods run policy ${policy.hash}`
  }
}

const stalled = (live: readonly PodView[]): Finding => {
  const unready = live.filter((pod) => pod.readySince === undefined).map((pod) => `"${pod.name}"`)
  const pods = unready.length === 0 ? 'the workload is not complete' : `not ready: ${unready.join(', ')}`
  return { reason: 'RolloutStalled', message: `no further pod is replaced before all are ready; ${pods}` }
}

/** Why a rollout does not get on. */
export const rolloutTroubles = ({ live, isStale, outcome, observed }: Inside): Finding[] => {
  const { memory, step } = outcome
  const stale = live.filter(isStale)
  if (stale.length === 0) return []
  if (memory.refusals > 0) {
    const message = `a PodDisruptionBudget refuses to evict a pod that lacks the current sidecars (${stale.length} do); it is tried again`
    return [{ reason: 'RolloutBlocked', message }]
  }
  const refused = stale.find((pod) => pod.refused !== undefined)
  if (refused?.refused !== undefined) {
    return [
      { reason: 'InjectionRefused', message: `pod "${refused.name}" was left alone. ${refused.refused}` }
    ]
  }
  const isWaiting = step.kind === 'wait' && step.for === 'pods'
  if (isWaiting && observed.now - memory.progressAt > observed.timing.turnPatience) return [stalled(live)]
  if (memory.misses === 0) return []
  const message = `new pods came without the current sidecars (${memory.misses} in a row); check that the API server reaches the Service of the operator`
  return [{ reason: 'WebhookMissed', message }]
}

const secretTrouble = ({ tier, observed }: Inside): Finding[] => {
  const { topology, secretRef } = tier.spec.store
  if (topology !== 'External' || observed.storeSecretSince !== undefined) return []
  const message = `Secret "${secretRef?.name}" with key "${secretRef?.key}" does not exist in the namespace; create it: answers are cached in memory only`
  return [{ reason: 'SecretNotFound', message }]
}

const amqpTrouble = ({ tier, observed }: Inside): Finding[] => {
  const { secretRef } = tier.spec.invalidation?.amqp ?? {}
  if (secretRef === undefined || observed.hasAmqpSecret) return []
  const message = `Secret "${secretRef.name}" with key "${secretRef.key}" does not exist in the namespace; create it with the URL of the broker: events do not reach the tier, so changes beside it show when the ttl ends`
  return [{ reason: 'AmqpSecretNotFound', message }]
}

const availableReplicas = (object: KubeObject | undefined): number => {
  if (object === undefined || !('status' in object)) return 0
  const { status } = object
  if (typeof status !== 'object' || status === null || !('availableReplicas' in status)) return 0
  return typeof status.availableReplicas === 'number' ? status.availableReplicas : 0
}

const storeTrouble = ({ tier, observed }: Inside): Finding[] => {
  if (tier.spec.store.topology !== 'Shared') return []
  const name = tierObjects(tier.metadata.name).sharedStore
  if (availableReplicas(observed.objects.get(`Deployment/${name}`)) > 0) return []
  const message = `Deployment "${name}" has no available pod; answers are cached in memory only`
  return [{ reason: 'SharedStoreNotReady', message }]
}

const policyTrouble = ({ live, observed }: Inside): Finding[] => {
  const failing = live.find((pod) => observed.reports.get(pod.uid)?.error !== undefined)
  if (failing === undefined) return []
  const error = observed.reports.get(failing.uid)?.error ?? ''
  return [{ reason: 'PolicyRefused', message: `pod "${failing.name}" keeps its last policy: ${error}` }]
}

/** What makes the tier work less well than it should. */
export const troublesOf = (inside: Inside): Finding[] => {
  const { tier, observed } = inside
  const bypass =
    observed.workload === undefined ? undefined : numericTargets(tier, observed.workload, observed.services)
  return [
    ...secretTrouble(inside),
    ...amqpTrouble(inside),
    ...storeTrouble(inside),
    ...policyTrouble(inside),
    ...(bypass === undefined ? [] : [bypass])
  ]
}
