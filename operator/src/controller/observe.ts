/** Reads everything that a plan depends on: the caches, and what is not cached because it is secret or far away. */
import { tierObjects, type CacheTier } from '@alexandrite/api'
import type { SidecarSettings } from '../injector/index.ts'
import { keyOf, type Clock, type KubeClient, type KubeObject, type Milliseconds } from '../runtime/index.ts'
import type { Caches } from './caches.ts'
import { wantedEntry, type EntryWatch } from './entries.ts'
import { resources, type Secret, type TierObject } from './kube.ts'
import type { TierMemory } from './memory.ts'
import type { Observed, ProxyReport } from './observed.ts'
import type { Overlay } from './overlay.ts'
import { podViews, type PodView } from './pods.ts'
import type { ProxyClient } from './proxies.ts'
import type { RolloutTiming } from './rollout.ts'
import { claimOf, isDeleting, readTier, refOf, winnerOf } from './tier.ts'
import type { Turn } from './turn.ts'
import type { EntryOptions } from './webhook.ts'

/** What the controller works with. */
export interface World extends SidecarSettings {
  readonly client: KubeClient
  readonly clock: Clock
  readonly caches: Caches
  readonly overlay: Overlay
  readonly entries: EntryWatch
  readonly turn: Turn
  readonly proxies: ProxyClient
  readonly timing: RolloutTiming
  /** Where the webhook is and whom to trust; undefined until there are certificates. */
  readonly entryOptions: () => EntryOptions | undefined
}

const hasKey = (secret: Secret | undefined, key: string): boolean => (secret?.data?.[key] ?? '') !== ''

/** Only whether it exists is kept; the token itself is never looked at. */
const hasAdminSecret = async (tier: TierObject, memory: TierMemory, world: World): Promise<boolean> => {
  if (memory.hasAdminSecret) return true
  const { namespace, name } = refOf(tier)
  const secret = await world.client.find(resources.secrets, {
    namespace,
    name: tierObjects(name).adminSecret
  })
  memory.hasAdminSecret = secret !== undefined
  return memory.hasAdminSecret
}

const storeSecretSince = async (
  tier: CacheTier | undefined,
  memory: TierMemory,
  world: World
): Promise<Milliseconds | undefined> => {
  const reference = tier?.spec.store.secretRef
  if (tier === undefined || reference === undefined) return undefined
  const name = `${reference.name}/${reference.key}`
  if (memory.storeSecret?.name === name) return memory.storeSecret.since
  const { namespace } = refOf(tier)
  const secret = await world.client.find(resources.secrets, { namespace, name: reference.name })
  if (secret === undefined || !hasKey(secret, reference.key)) return undefined
  memory.storeSecret = { name, since: Date.parse(secret.metadata.creationTimestamp ?? '') || 0 }
  return memory.storeSecret.since
}

const hasAmqpSecret = async (
  tier: CacheTier | undefined,
  memory: TierMemory,
  world: World
): Promise<boolean> => {
  const reference = tier?.spec.invalidation?.amqp?.secretRef
  if (tier === undefined || reference === undefined) return true
  const name = `${reference.name}/${reference.key}`
  if (memory.amqpSecret === name) return true
  const { namespace } = refOf(tier)
  const secret = await world.client.find(resources.secrets, { namespace, name: reference.name })
  if (!hasKey(secret, reference.key)) return false
  memory.amqpSecret = name
  return true
}

const objectsOf = (tier: TierObject, world: World): Map<string, KubeObject> => {
  const key = keyOf(tier)
  const objects = world.caches.objectsOf(key)
  const { namespace, name } = refOf(tier)
  const names = tierObjects(name)
  const ours = [
    `ConfigMap/${names.policyConfigMap}`,
    `Service/${names.peersService}`,
    `Service/${names.sharedStore}`,
    `Deployment/${names.sharedStore}`
  ]
  for (const each of ours) {
    const object = world.overlay.see(`${namespace}/${each}`, objects.get(each))
    if (object !== undefined) objects.set(each, object)
  }
  return objects
}

const podsOf = (tier: TierObject, memory: TierMemory, caches: Caches): PodView[] => {
  const claim = claimOf(tier)
  const pods = claim === undefined ? [] : podViews(caches.pods.byIndex('workload', claim))
  return pods.map((pod) => ({
    ...pod,
    policyAnnotation: memory.annotated.get(pod.uid) ?? pod.policyAnnotation
  }))
}

const reportsOf = async (
  tier: TierObject,
  pods: readonly PodView[],
  context: { readonly memory: TierMemory; readonly world: World; readonly signal: AbortSignal }
): Promise<ReadonlyMap<string, ProxyReport>> => {
  const reading = readTier(tier)
  if (!reading.ok || isDeleting(tier)) return new Map()
  const own = pods.filter((pod) => pod.tier === keyOf(tier))
  return await context.memory.reports.refresh(own, reading.policy.hash, context.world.proxies, context.signal)
}

const webhookRightSince = (tier: TierObject, world: World): Milliseconds | undefined => {
  const options = world.entryOptions()
  if (options === undefined) return undefined
  const wanted = wantedEntry(world.caches, tier, world.images, options)
  return world.entries.rightSince(tier, wanted, world.caches.webhookConfiguration())
}

export const observe = async (
  tier: TierObject,
  memory: TierMemory,
  world: World,
  signal: AbortSignal
): Promise<Observed> => {
  const { caches, clock, images, otlpEndpoint, timing, turn } = world
  const reading = readTier(tier)
  const valid = reading.ok ? reading.tier : undefined
  const claim = claimOf(tier)
  const pods = podsOf(tier, memory, caches)
  const deleting = isDeleting(tier)
  return {
    reading,
    images,
    otlpEndpoint,
    timing,
    pods,
    hasAdminSecret: deleting || (await hasAdminSecret(tier, memory, world)),
    storeSecretSince: deleting ? undefined : await storeSecretSince(valid, memory, world),
    hasAmqpSecret: deleting || (await hasAmqpSecret(valid, memory, world)),
    reports: await reportsOf(tier, pods, { memory, world, signal }),
    workload:
      valid && caches.workload(valid.spec.workload.kind, refOf(tier).namespace, valid.spec.workload.name),
    winner: claim === undefined ? undefined : winnerOf(caches.claims(claim)),
    services: caches.services.byIndex('namespace', refOf(tier).namespace),
    objects: objectsOf(tier, world),
    webhookRightSince: webhookRightSince(tier, world),
    mayTakeTurn: turn.isOpenTo(keyOf(tier)),
    rollout: memory.rollout,
    status: tier.status,
    now: clock.now()
  }
}
