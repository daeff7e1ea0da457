/** What the plan is made from, and what it says. */
import type { CacheTierStatus } from '@alexandrite/api'
import type { SidecarSettings } from '../injector/index.ts'
import type { KubeObject, Milliseconds } from '../runtime/index.ts'
import type { Manifest, Service, TierObject, Workload } from './kube.ts'
import type { PodView } from './pods.ts'
import type { EventReason } from './reasons.ts'
import type { RolloutMemory, RolloutTiming } from './rollout.ts'
import type { TierReading } from './tier.ts'

/** What a proxy answered to GET /policy; undefined when it did not. */
export interface ProxyReport {
  readonly hash?: string
  readonly error?: string
}

/** Everything that the plan depends on, read before it is made. */
export interface Observed extends SidecarSettings {
  readonly now: Milliseconds
  readonly reading: TierReading
  readonly timing: RolloutTiming
  readonly workload: Workload | undefined
  /** The tier that has the workload, this one or another. */
  readonly winner: TierObject | undefined
  /** Services of the namespace. */
  readonly services: readonly Service[]
  /** Pods that the workload owns. */
  readonly pods: readonly PodView[]
  /** By uid. */
  readonly reports: ReadonlyMap<string, ProxyReport>
  /** Objects of the tier that exist, by `Kind/name`. */
  readonly objects: ReadonlyMap<string, KubeObject>
  readonly hasAdminSecret: boolean
  /** When the Secret of an external store was created; undefined when it, or its key, is missing. */
  readonly storeSecretSince: Milliseconds | undefined
  /** Whether the Secret of a broker of events, with its key, exists; true also for a tier without events. */
  readonly hasAmqpSecret: boolean
  /** Since when the API server has what the tier wants of the webhook (deleting: no entry); undefined: not yet. */
  readonly webhookRightSince: Milliseconds | undefined
  readonly mayTakeTurn: boolean
  readonly rollout: RolloutMemory | undefined
  readonly status: CacheTierStatus | undefined
}

export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: EventReason
  readonly note: string
}

export interface Plan {
  readonly finalizer: 'add' | 'remove' | 'keep'
  readonly createAdminSecret: boolean
  readonly apply: readonly Manifest[]
  readonly delete: readonly { readonly kind: string; readonly name: string }[]
  /** Pods whose annotation has to name the policy, so that the kubelet refreshes it. */
  readonly annotate: readonly PodView[]
  readonly policyHash: string | undefined
  readonly evict: PodView | undefined
  readonly rollout: RolloutMemory | undefined
  /** Whether the workload wants to keep its turn of being rolled. */
  readonly keepTurn: boolean
  /** The status to write; undefined when it is as it was. */
  readonly status: CacheTierStatus | undefined
  readonly events: readonly PlannedEvent[]
  /** When to look again although nothing happens; undefined: only when something does. */
  readonly requeueAfter: Milliseconds | undefined
}

/** A plan that does nothing. */
export const NOTHING = {
  createAdminSecret: false,
  apply: [],
  delete: [],
  annotate: [],
  policyHash: undefined,
  evict: undefined,
  keepTurn: false,
  requeueAfter: undefined
} as const
