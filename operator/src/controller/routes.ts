/** Which tiers a change in the cluster concerns. */
import { keyOf, type Informer, type KubeObject } from '../runtime/index.ts'
import { keysOf, tierKeyOf, workloadKeyOfPod, type Caches } from './caches.ts'
import type { TierObject, WebhookConfiguration, WebhookEntry, Workload } from './kube.ts'
import { isSubset } from './subset.ts'
import { claimOf, workloadKey } from './tier.ts'

export interface Targets {
  /** A tier has to be looked at. */
  tier(key: string): void
  /** A tier has to be looked at without trust in what is remembered of it. */
  resync(key: string): void
  /** The entries of the webhook configuration may have to change. */
  webhook(): void
}

/** Calls `changed` with the object, whatever happened to it. */
const onAny = <T extends KubeObject>(informer: Informer<T>, changed: (object: T) => void): void => {
  informer.on({
    added: changed,
    deleted: changed,
    updated: (before, after) => {
      changed(after)
      if (before !== after) changed(before)
    }
  })
}

/** The operator's own writes of the status concern nobody. */
const isSameForUs = (before: TierObject, after: TierObject): boolean =>
  before.metadata.generation === after.metadata.generation &&
  before.metadata.deletionTimestamp === after.metadata.deletionTimestamp &&
  isSubset(before.metadata.finalizers ?? [], after.metadata.finalizers ?? [])

const routeTiers = (caches: Caches, targets: Targets): void => {
  const concern = (tier: TierObject): void => {
    targets.tier(keyOf(tier))
    const claim = claimOf(tier)
    if (claim !== undefined) for (const rival of keysOf(caches.claims(claim))) targets.tier(rival)
    targets.webhook()
  }
  caches.tiers.on({
    added: concern,
    deleted: concern,
    updated: (before, after) => {
      if (before === after) return targets.resync(keyOf(after))
      if (isSameForUs(before, after)) return
      concern(before)
      concern(after)
    }
  })
}

const routeWorkloads = (caches: Caches, targets: Targets, kind: string): void => {
  const informer = kind === 'StatefulSet' ? caches.statefulSets : caches.deployments
  onAny(informer, (workload: Workload) => {
    const own = tierKeyOf(workload)
    if (own !== undefined) targets.tier(own)
    const { namespace = '', name } = workload.metadata
    const claims = keysOf(caches.claims(workloadKey(kind, namespace, name)))
    for (const tier of claims) targets.tier(tier)
    if (claims.length > 0) targets.webhook()
  })
}

const entriesOf = (configuration: WebhookConfiguration | undefined): Map<string, WebhookEntry> =>
  new Map((configuration?.webhooks ?? []).map((entry) => [entry.name, entry]))

/** `NAME.NAMESPACE.tiers.alexandrite.dev` back to NAMESPACE/NAME. */
const tierOfEntry = (name: string): string | undefined => {
  const parts = /^(.+)\.([^.]+)\.tiers\.alexandrite\.dev$/.exec(name)
  return parts === null ? undefined : `${parts[2]}/${parts[1]}`
}

const routeWebhooks = (caches: Caches, targets: Targets): void => {
  const compare = (
    before: WebhookConfiguration | undefined,
    after: WebhookConfiguration | undefined
  ): void => {
    targets.webhook()
    const [old, now] = [entriesOf(before), entriesOf(after)]
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const key = tierOfEntry(name)
      if (key !== undefined && !isSubset(now.get(name), old.get(name))) targets.tier(key)
    }
  }
  caches.webhooks.on({
    added: (after) => compare(undefined, after),
    updated: compare,
    deleted: (before) => compare(before, undefined)
  })
}

/** Connects the caches with the queues. */
export const route = (caches: Caches, targets: Targets): void => {
  const toOwner = (object: KubeObject): void => {
    const key = tierKeyOf(object)
    if (key !== undefined) targets.tier(key)
  }
  routeTiers(caches, targets)
  routeWorkloads(caches, targets, 'Deployment')
  routeWorkloads(caches, targets, 'StatefulSet')
  routeWebhooks(caches, targets)
  onAny(caches.configMaps, toOwner)
  onAny(caches.services, (service) => {
    toOwner(service)
    for (const tier of keysOf(caches.tiers.byIndex('namespace', service.metadata.namespace ?? '')))
      targets.tier(tier)
  })
  onAny(caches.pods, (pod) => {
    const workload = workloadKeyOfPod(pod)
    if (workload !== undefined) for (const tier of keysOf(caches.claims(workload))) targets.tier(tier)
  })
}
