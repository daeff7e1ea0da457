/** The fixed catalogue of reasons in conditions and Events, with what each means. Part of the interface. */
import { REFUSAL_REASONS, type RefusalReason } from '../injector/index.ts'

/** Nothing can be injected until somebody mends what is wrong. What runs already keeps running. */
export const BLOCKERS = {
  InvalidSpec: 'The spec does not pass validation (an older version accepted it).',
  WorkloadTaken: 'An older CacheTier has the same workload; it wins.',
  WorkloadNotFound: 'There is no such Deployment or StatefulSet in the namespace (yet).',
  HostNetwork: 'The pods use the network of their node.',
  WindowsPod: 'The pods run on Windows.',
  PortNotNamed: 'No container port of the workload has the name in spec.workload.port.',
  PortAmbiguous: 'Two containers name a port like spec.workload.port.',
  PortInSidecar: 'The port belongs to a sidecar, not to the app.',
  NameCollision: 'A container or volume of the pod has a name that the tier needs.',
  OtherTier: 'The pod template carries the sidecars of another tier.',
  ApplyFailed: 'The API server refused an object of the tier.'
} as const

/** The tier works, less well than it should. */
export const DEGRADATIONS = {
  SecretNotFound: 'The Secret or key of spec.store.secretRef is missing: answers are cached in memory only.',
  AmqpSecretNotFound:
    'The Secret or key of spec.invalidation.amqp.secretRef is missing: no event makes an answer stale; answers end with their ttl.',
  RolloutBlocked: 'A PodDisruptionBudget refuses the eviction of a pod that needs a restart; tried again.',
  RolloutStalled: 'A replaced pod does not become ready, so no further one is touched.',
  WebhookMissed: 'Replaced pods came back without the current sidecars; tried again, ever more rarely.',
  InjectionRefused: 'A pod was left alone by the injector; the message says why.',
  PolicyRefused: 'A proxy could not read the policy and keeps the one it had.',
  SharedStoreNotReady: 'The shared Redis is not available: answers are cached in memory only.',
  NumericTargetPort: 'A Service targets the port by number and so bypasses the tier.'
} as const

/** On the way, or there. */
export const PROGRESS = {
  WebhookPending: 'The webhook entry is being made known to the API server.',
  RolloutInProgress: 'Pods are replaced, one at a time.',
  WaitingForTurn: 'Another workload is being rolled; one at a time.',
  PodsNotReady: 'The pods carry the sidecars and are not all ready yet.',
  PolicyPropagating: 'Not every pod reports the current policy yet.',
  Deleting: 'The tier is being deleted: its sidecars are taken out pod by pod.',
  ScaledToZero: 'The workload has no replicas.',
  AllPodsCurrent: 'Every pod is injected, ready and runs the current policy.',
  AsExpected: 'Nothing is wrong.'
} as const

/** Reasons of Events that no condition carries. */
export const EVENT_REASONS = {
  PolicyUpdated: 'The compiled policy changed.',
  PodEvicted: 'A pod was evicted so that it comes back with (or without) the sidecars.',
  CleanupAbandoned:
    'The tier was let go although pods still carry its sidecars; they serve on without a policy.'
} as const

export type Blocker = keyof typeof BLOCKERS
export type Degradation = keyof typeof DEGRADATIONS
export type Progress = keyof typeof PROGRESS
export type ConditionReason = Blocker | Degradation | Progress
export type EventReason = ConditionReason | keyof typeof EVENT_REASONS

/** Every refusal of the injector is a blocker when the pod template itself has the fault. */
export const blockerOf = (reason: RefusalReason): Blocker => reason
export const isRefusal = (reason: string): reason is RefusalReason =>
  REFUSAL_REASONS.some((known) => known === reason)

/** A reason with the sentence that a person reads. */
export interface Finding<R extends ConditionReason = ConditionReason> {
  readonly reason: R
  readonly message: string
}
