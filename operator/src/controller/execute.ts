/** Does what a plan says, in an order in which a failure half-way leaves nothing worse than before. */
import { randomBytes } from 'node:crypto'
import { API_VERSION, FINALIZER, KIND, POLICY_ANNOTATION, type CacheTierStatus } from '@alexandrite/api'
import { ApiError, keyOf, type EventRecorder, type KubeObject, type Log } from '../runtime/index.ts'
import { resourceOf, resources, type TierObject } from './kube.ts'
import type { TierMemory } from './memory.ts'
import type { ControllerMetrics } from './metrics.ts'
import { adminSecret } from './objects.ts'
import type { World } from './observe.ts'
import type { Plan, PlannedEvent } from './observed.ts'
import type { PodView } from './pods.ts'
import { afterEviction } from './rollout.ts'
import { readTier, refOf } from './tier.ts'

export interface Hands {
  readonly world: World
  readonly events: EventRecorder
  readonly metrics: ControllerMetrics
  readonly log: Log
}

/** 256 bits, URL-safe. */
const newToken = (): string => randomBytes(32).toString('base64url')

export class Executor {
  readonly #world: World
  readonly #events: EventRecorder
  readonly #metrics: ControllerMetrics
  readonly #log: Log

  constructor({ world, events, metrics, log }: Hands) {
    this.#world = world
    this.#events = events
    this.#metrics = metrics
    this.#log = log
  }

  /** Everything but the status. @throws ApiError when the API server refuses something. */
  async objects(tier: TierObject, plan: Plan, memory: TierMemory): Promise<void> {
    if (plan.finalizer === 'add')
      await this.#finalizers(tier, [...(tier.metadata.finalizers ?? []), FINALIZER])
    if (plan.createAdminSecret) await this.#createAdminSecret(tier, memory)
    for (const manifest of plan.apply) await this.#apply(tier, manifest)
    for (const leftover of plan.delete) await this.#delete(tier, leftover)
    await Promise.all(plan.annotate.map((pod) => this.#annotate(pod, plan.policyHash ?? '', memory)))
  }

  /** One eviction at most, when it is this workload's turn. */
  async roll(tier: TierObject, plan: Plan, memory: TierMemory): Promise<void> {
    const { turn } = this.#world
    const key = keyOf(tier)
    memory.rollout = plan.rollout
    if (!plan.keepTurn) turn.release(key)
    if (plan.evict === undefined || plan.rollout === undefined || !turn.take(key)) return
    const { namespace, name, uid } = plan.evict
    const answer = await this.#world.client.evict({ namespace, name }, { preconditions: { uid } })
    this.#metrics.eviction(answer)
    this.#log.info({ tier: key, pod: name, answer }, 'eviction')
    memory.rollout = afterEviction(
      plan.rollout,
      { uid, answer, at: this.#world.clock.now() },
      this.#world.timing
    )
    if (answer === 'refused') turn.release(key)
    if (answer === 'evicted')
      this.#tell(tier, { type: 'Normal', reason: 'PodEvicted', note: `evicted pod "${name}"` })
  }

  async status(tier: TierObject, status: CacheTierStatus | undefined): Promise<void> {
    if (status === undefined) return
    const written = await this.#world.client.patch(
      resources.tiers,
      tier.metadata,
      { status },
      { subresource: 'status' }
    )
    this.#world.overlay.put(`tier ${keyOf(tier)}`, written)
  }

  tell(tier: TierObject, events: readonly PlannedEvent[]): void {
    for (const event of events) this.#tell(tier, event)
  }

  /** The tier may go; what it owns is collected by its owner references. */
  async letGo(tier: TierObject): Promise<void> {
    const left = (tier.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
    try {
      await this.#finalizers(tier, left)
    } catch (error) {
      if (!ApiError.isNotFound(error)) throw error
    }
  }

  #tell(tier: TierObject, { type, reason, note }: PlannedEvent): void {
    const { uid, resourceVersion } = tier.metadata
    const regarding = { apiVersion: API_VERSION, kind: KIND, ...refOf(tier), uid, resourceVersion }
    this.#events.record({ regarding, type, reason, note })
  }

  async #finalizers(tier: TierObject, finalizers: readonly string[]): Promise<void> {
    // The version makes this a compare-and-set: another controller's finalizer is never lost.
    const { resourceVersion } = tier.metadata
    const patch = { metadata: { finalizers, resourceVersion } }
    const written = await this.#world.client.patch(resources.tiers, tier.metadata, patch)
    this.#world.overlay.put(`tier ${keyOf(tier)}`, written)
  }

  async #createAdminSecret(tier: TierObject, memory: TierMemory): Promise<void> {
    const reading = readTier(tier)
    if (!reading.ok) return
    try {
      await this.#world.client.create(
        resources.secrets,
        adminSecret(reading.tier, newToken(), tier.metadata.uid)
      )
    } catch (error) {
      if (!ApiError.isAlreadyExists(error)) throw error
    }
    memory.hasAdminSecret = true
  }

  async #apply(tier: TierObject, manifest: Plan['apply'][number]): Promise<void> {
    const { kind, metadata } = manifest
    const applied: KubeObject = await this.#world.client.apply(resourceOf(manifest), manifest)
    this.#world.overlay.put(`${refOf(tier).namespace}/${kind}/${metadata.name}`, applied)
    this.#log.info({ tier: keyOf(tier), kind, name: metadata.name }, 'applied')
  }

  async #delete(tier: TierObject, { kind, name }: Plan['delete'][number]): Promise<void> {
    const { namespace } = refOf(tier)
    this.#world.overlay.drop(`${namespace}/${kind}/${name}`)
    await this.#world.client.delete(
      resourceOf({ kind }),
      { namespace, name },
      { propagationPolicy: 'Background' }
    )
    this.#log.info({ tier: keyOf(tier), kind, name }, 'deleted')
  }

  async #annotate(pod: PodView, hash: string, memory: TierMemory): Promise<void> {
    const { namespace, name, uid } = pod
    const patch = { metadata: { uid, annotations: { [POLICY_ANNOTATION]: hash } } }
    try {
      await this.#world.client.patch(resources.pods, { namespace, name }, patch)
      memory.annotated.set(uid, hash)
    } catch (error) {
      // The pod is gone, or another has its name: nothing to tell.
      if (!ApiError.isNotFound(error) && !ApiError.isConflict(error)) throw error
    }
  }
}
