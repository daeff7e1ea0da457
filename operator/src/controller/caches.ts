/** The operator's view of the cluster: informers, how to find things in them, and whom a change concerns. */
import { TIER_LABEL, WEBHOOK_CONFIGURATION } from '@alexandrite/api'
import { workloadOf } from '../injector/index.ts'
import {
  Informer,
  keyOf,
  type KubeClient,
  type KubeObject,
  type Log,
  type RuntimeMetrics
} from '../runtime/index.ts'
import {
  resources,
  type ConfigMap,
  type Pod,
  type PurgeObject,
  type Service,
  type TierObject,
  type WebhookConfiguration,
  type Workload
} from './kube.ts'
import { dropLastApplied, shrinkPod, shrinkPurge, shrinkService, shrinkWorkload } from './shrink.ts'
import { claimOf, workloadKey } from './tier.ts'

export interface CacheOptions {
  readonly client: KubeClient
  readonly metrics: RuntimeMetrics
  readonly log: Log
}

const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? ''

/** NAMESPACE/NAME of the tier that an object of ours belongs to. */
export const tierKeyOf = (object: KubeObject): string | undefined => {
  const tier = object.metadata.labels?.[TIER_LABEL]
  return tier === undefined ? undefined : `${namespaceOf(object)}/${tier}`
}

const some = (value: string | undefined): string[] => (value === undefined ? [] : [value])
const byTier = (object: KubeObject): string[] => some(tierKeyOf(object))
/** NAMESPACE/NAME of the tier that a purge names. */
const byTierRef = (purge: PurgeObject): string[] => {
  const name = purge.spec?.tierRef?.name
  return name === undefined ? [] : [`${namespaceOf(purge)}/${name}`]
}
const byNamespace = (object: KubeObject): string[] => [namespaceOf(object)]

/** `Kind/NAMESPACE/NAME` of the workload that a pod belongs to. */
export const workloadKeyOfPod = (pod: Pod): string | undefined => {
  const owner = workloadOf(pod)
  return owner === undefined ? undefined : workloadKey(owner.kind, namespaceOf(pod), owner.name)
}

export class Caches {
  readonly tiers: Informer<TierObject>
  readonly purges: Informer<PurgeObject>
  readonly pods: Informer<Pod>
  readonly deployments: Informer<Workload>
  readonly statefulSets: Informer<Workload>
  readonly services: Informer<Service>
  readonly configMaps: Informer<ConfigMap>
  readonly webhooks: Informer<WebhookConfiguration>

  constructor(options: CacheOptions) {
    // Only tiers are told anew from time to time: each then looks at everything that is its own.
    const quiet = { ...options, resync: 0 }
    this.tiers = new Informer({
      ...options,
      resource: resources.tiers,
      transform: dropLastApplied,
      indexers: { workload: (tier) => some(claimOf(tier)), namespace: byNamespace }
    })
    this.purges = new Informer({
      ...quiet,
      resource: resources.purges,
      transform: shrinkPurge,
      indexers: { tier: byTierRef }
    })
    this.pods = new Informer({
      ...quiet,
      resource: resources.pods,
      transform: shrinkPod,
      indexers: { workload: (pod) => some(workloadKeyOfPod(pod)) }
    })
    this.deployments = new Informer({
      ...quiet,
      resource: resources.deployments,
      transform: shrinkWorkload,
      indexers: { tier: byTier }
    })
    this.statefulSets = new Informer({
      ...quiet,
      resource: resources.statefulSets,
      transform: shrinkWorkload
    })
    this.services = new Informer({
      ...quiet,
      resource: resources.services,
      transform: shrinkService,
      indexers: { namespace: byNamespace, tier: byTier }
    })
    this.configMaps = new Informer({
      ...quiet,
      resource: resources.configMaps,
      labelSelector: TIER_LABEL,
      indexers: { tier: byTier }
    })
    this.webhooks = new Informer({
      ...quiet,
      resource: resources.webhooks,
      fieldSelector: `metadata.name=${WEBHOOK_CONFIGURATION}`
    })
  }

  all() {
    const { tiers, purges, pods, deployments, statefulSets, services, configMaps, webhooks } = this
    return [tiers, purges, pods, deployments, statefulSets, services, configMaps, webhooks] as const
  }

  haveSynced(): boolean {
    return this.all().every((informer) => informer.hasSynced())
  }

  workload(kind: string, namespace: string, name: string): Workload | undefined {
    const cache = kind === 'StatefulSet' ? this.statefulSets : this.deployments
    return cache.get(`${namespace}/${name}`)
  }

  /** All tiers that name the workload. */
  claims(workload: string): TierObject[] {
    return this.tiers.byIndex('workload', workload)
  }

  /** Objects that carry the tier's label, by `Kind/name`. */
  objectsOf(tierKey: string): Map<string, KubeObject> {
    const found = new Map<string, KubeObject>()
    const add = (kind: string, objects: readonly KubeObject[]): void => {
      for (const object of objects) found.set(`${kind}/${object.metadata.name}`, object)
    }
    add('ConfigMap', this.configMaps.byIndex('tier', tierKey))
    add('Service', this.services.byIndex('tier', tierKey))
    add('Deployment', this.deployments.byIndex('tier', tierKey))
    return found
  }

  webhookConfiguration(): WebhookConfiguration | undefined {
    return this.webhooks.get(WEBHOOK_CONFIGURATION)
  }
}

export const keysOf = (objects: readonly KubeObject[]): string[] => objects.map((object) => keyOf(object))
