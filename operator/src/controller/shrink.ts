/** What the caches keep of each object: an operator that watches every pod of a cluster must stay small. */
import {
  INJECTION_ANNOTATION,
  POLICY_ANNOTATION,
  PROXY_CONTAINER,
  PROXY_ENV,
  REFUSED_ANNOTATION,
  TIER_LABEL,
  type CachePurgeStatus
} from '@alexandrite/api'
import { workloadOf, type Container, type PodSpec } from '../injector/index.ts'
import type { KubeObject, ObjectMeta } from '../runtime/index.ts'
import type { Pod, PurgeObject, Service, Workload } from './kube.ts'

type Strings = Readonly<Record<string, string>>

const pick = (from: Strings | undefined, keys: readonly string[]): Strings =>
  Object.fromEntries(keys.flatMap((key) => (from?.[key] === undefined ? [] : [[key, from[key]]])))

const optional = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>)

/** Identity, age and versions; labels and annotations as given. */
const shrinkMeta = (meta: ObjectMeta, labels: Strings, annotations: Strings): ObjectMeta => ({
  name: meta.name,
  uid: meta.uid,
  resourceVersion: meta.resourceVersion,
  labels,
  annotations,
  ...optional('namespace', meta.namespace),
  ...optional('generation', meta.generation),
  ...optional('creationTimestamp', meta.creationTimestamp),
  ...optional('deletionTimestamp', meta.deletionTimestamp),
  ...optional('ownerReferences', meta.ownerReferences)
})

const POD_LABELS = [TIER_LABEL, 'pod-template-hash']
const POD_ANNOTATIONS = [INJECTION_ANNOTATION, POLICY_ANNOTATION, REFUSED_ANNOTATION]

const shrinkProxy = (container: Container): Container => ({
  name: container.name,
  ...optional('ports', container.ports),
  env: (container.env ?? []).filter((variable) => variable.name === PROXY_ENV.tier)
})

/** Of a workload's pod: who owns it, which tier is in it, where it answers and whether it is ready. */
export const shrinkPod = (pod: Pod): Pod => {
  const metadata = shrinkMeta(
    pod.metadata,
    pick(pod.metadata.labels, POD_LABELS),
    pick(pod.metadata.annotations, POD_ANNOTATIONS)
  )
  if (workloadOf({ metadata }) === undefined) return { metadata, spec: { containers: [] } }
  const proxy = pod.spec.initContainers?.find((container) => container.name === PROXY_CONTAINER)
  return {
    metadata,
    spec: { containers: [], initContainers: proxy === undefined ? [] : [shrinkProxy(proxy)] },
    status: {
      ...optional('phase', pod.status?.phase),
      ...optional('podIP', pod.status?.podIP),
      conditions: (pod.status?.conditions ?? []).filter((condition) => condition.type === 'Ready')
    }
  }
}

const shrinkContainer = (container: Container): Container => ({
  name: container.name,
  ...optional('ports', container.ports),
  ...optional('restartPolicy', container.restartPolicy),
  env: container.name === PROXY_CONTAINER ? (container.env ?? []) : []
})

const shrinkPodSpec = (spec: PodSpec): PodSpec => ({
  containers: spec.containers.map(shrinkContainer),
  initContainers: (spec.initContainers ?? []).map(shrinkContainer),
  volumes: (spec.volumes ?? []).map(({ name }) => ({ name })),
  ...optional('hostNetwork', spec.hostNetwork),
  ...optional('os', spec.os),
  ...optional('nodeSelector', spec.nodeSelector)
})

/** Of a workload: what tells whether its pods can be injected. A store of ours is compared whole, so kept whole. */
export const shrinkWorkload = (workload: Workload): Workload => {
  if (workload.metadata.labels?.[TIER_LABEL] !== undefined) return workload
  const { replicas, selector, template } = workload.spec
  return {
    metadata: shrinkMeta(workload.metadata, {}, {}),
    spec: {
      ...optional('replicas', replicas),
      selector,
      template: { ...optional('metadata', template.metadata), spec: shrinkPodSpec(template.spec) }
    },
    ...optional('status', workload.status)
  }
}

export const shrinkService = (service: Service): Service => {
  if (service.metadata.labels?.[TIER_LABEL] !== undefined) return service
  const { selector, ports } = service.spec
  return {
    metadata: shrinkMeta(service.metadata, {}, {}),
    spec: { ...optional('selector', selector), ...optional('ports', ports) }
  }
}

/** Of a purge: whose it is and how it stands. What it purges may be a megabyte, and is read when it is needed. */
export const shrinkPurge = ({ metadata, spec, status }: PurgeObject): PurgeObject => ({
  metadata: shrinkMeta(metadata, {}, {}),
  spec: {
    ...optional('tierRef', spec?.tierRef),
    ...optional('ttlSecondsAfterFinished', spec?.ttlSecondsAfterFinished)
  },
  ...optional('status', status && shrinkPurgeStatus(status))
})

const shrinkPurgeStatus = ({ completionTime, conditions }: CachePurgeStatus): CachePurgeStatus => ({
  ...optional('completionTime', completionTime),
  ...optional('conditions', conditions)
})

/** Drops the copy of the object that `kubectl apply` leaves in an annotation. */
export const dropLastApplied = <T extends KubeObject>(object: T): T => {
  const annotations = object.metadata.annotations
  if (annotations?.['kubectl.kubernetes.io/last-applied-configuration'] === undefined) return object
  const kept = Object.entries(annotations).filter(
    ([key]) => !key.startsWith('kubectl.kubernetes.io/last-applied')
  )
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) } }
}
