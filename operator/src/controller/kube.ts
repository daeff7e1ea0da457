/** The Kubernetes objects that the controller reads and writes, and the resources they live at. */
import {
  API_VERSION,
  KIND,
  PLURAL,
  PURGE_KIND,
  PURGE_PLURAL,
  type CachePurgeStatus,
  type CacheTierStatus
} from '@alexandrite/api'
import type { PodSpec } from '../injector/index.ts'
import { resource, type KubeObject, type Resource, type WrittenObject } from '../runtime/index.ts'

/** A CacheTier as the API server returns it; its spec is checked before use, for it may be an older version's. */
export interface TierObject extends KubeObject {
  readonly spec?: unknown
  readonly status?: CacheTierStatus
}

/** A CachePurge as the API server returns it; what the caches hold of it lacks what is purged. */
export interface PurgeObject extends KubeObject {
  readonly spec?: {
    readonly tierRef?: { readonly name?: string }
    readonly ttlSecondsAfterFinished?: number
  }
  readonly status?: CachePurgeStatus
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** A Deployment or a StatefulSet. */
export interface Workload extends KubeObject {
  readonly spec: {
    /** 1 when absent. */
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
      readonly spec: PodSpec
    }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
  }
}

export interface PodCondition {
  readonly type: string
  readonly status: string
  /** RFC 3339. */
  readonly lastTransitionTime?: string
}
/** `running` is there when the kubelet last saw the container run. */
export interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly running?: object }
}
export interface Pod extends KubeObject {
  readonly spec: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly conditions?: readonly PodCondition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

export interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly targetPort?: number | string
  readonly protocol?: string
}
export interface Service extends KubeObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly ServicePort[]
    readonly clusterIP?: string
    readonly publishNotReadyAddresses?: boolean
  }
}
export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}
export interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}
export interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string }
}

export interface WebhookEntry {
  readonly name: string
  readonly clientConfig: WebhookClientConfig
  readonly objectSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
}
/** How the API server reaches the webhook: a Service, or a URL when the operator runs outside the cluster. */
export interface WebhookClientConfig {
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly port: number
    readonly path?: string
  }
  readonly url?: string
  readonly caBundle?: string
}
export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly WebhookEntry[]
}

/** An object that the controller applies, with where it belongs. */
export interface Manifest extends WrittenObject {
  readonly apiVersion: string
  readonly kind: string
}

export const resources = {
  tiers: resource<TierObject>({ apiVersion: API_VERSION, kind: KIND, plural: PLURAL, namespaced: true }),
  purges: resource<PurgeObject>({
    apiVersion: API_VERSION,
    kind: PURGE_KIND,
    plural: PURGE_PLURAL,
    namespaced: true
  }),
  pods: resource<Pod>({ apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }),
  deployments: resource<Workload>({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    plural: 'deployments',
    namespaced: true
  }),
  statefulSets: resource<Workload>({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    plural: 'statefulsets',
    namespaced: true
  }),
  services: resource<Service>({ apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true }),
  configMaps: resource<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    namespaced: true
  }),
  secrets: resource<Secret>({ apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }),
  namespaces: resource<Namespace>({
    apiVersion: 'v1',
    kind: 'Namespace',
    plural: 'namespaces',
    namespaced: false
  }),
  webhooks: resource<WebhookConfiguration>({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    namespaced: false
  })
} as const

const APPLIED: readonly Resource[] = [resources.configMaps, resources.services, resources.deployments]

/** The resource of an object that the plan applies or deletes. */
export const resourceOf = (manifest: Pick<Manifest, 'kind'>): Resource => {
  const found = APPLIED.find((candidate) => candidate.kind === manifest.kind)
  if (found === undefined) throw new Error(`the controller does not apply objects of kind ${manifest.kind}`)
  return found
}
