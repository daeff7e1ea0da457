/** The parts of a Pod that the injector reads or changes. Everything else in a pod passes through untouched. */

/** One port of a container. */
export interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
  readonly hostPort?: number
  /** TCP when absent. */
  readonly protocol?: string
}

/** A probe or a lifecycle handler: what it calls may name a port of its own container. */
export interface Handler {
  readonly httpGet?: PortAction
  readonly tcpSocket?: PortAction
}
export interface PortAction {
  readonly port: number | string
  readonly path?: string
  readonly scheme?: string
  readonly host?: string
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: object
}

export interface Resources {
  readonly requests?: Readonly<Record<string, string>>
  readonly limits?: Readonly<Record<string, string>>
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly ports?: readonly ContainerPort[]
  readonly env?: readonly EnvVar[]
  readonly livenessProbe?: Handler
  readonly readinessProbe?: Handler
  readonly startupProbe?: Handler
  readonly lifecycle?: {
    readonly postStart?: Handler
    readonly preStop?: Handler & { readonly exec?: object }
  }
  readonly resources?: Resources
  /** `Always` makes an init container a native sidecar (KEP-753). */
  readonly restartPolicy?: string
}

export interface PodSecurityContext {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly fsGroup?: number
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly { readonly name: string }[]
  readonly hostNetwork?: boolean
  readonly os?: { readonly name: string }
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly securityContext?: PodSecurityContext
  /** Seconds; 30 when absent. */
  readonly terminationGracePeriodSeconds?: number
  /** Resources of the pod as a whole (KEP-2837). */
  readonly resources?: Resources
}

export interface Owner {
  readonly kind: string
  readonly name: string
  readonly controller?: boolean
}

/** A pod as an admission request carries it: it may have no name yet. */
export interface InjectablePod {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly Owner[]
  }
  readonly spec: PodSpec
}

/** Init containers that keep running beside the app. */
export const isNativeSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

/** Containers whose ports a Service can resolve, in the order in which Kubernetes looks. */
export const servingContainers = (spec: PodSpec): Container[] => [
  ...spec.containers,
  ...(spec.initContainers ?? []).filter(isNativeSidecar)
]

/** True when a Service's targetPort `name` resolves to this port (Services of the tier's workloads are TCP). */
export const answersTo = (port: ContainerPort, name: string): boolean =>
  port.name === name && (port.protocol ?? 'TCP') === 'TCP'

/** Label by which a Deployment's ReplicaSets and pods are told apart. */
const TEMPLATE_HASH = 'pod-template-hash'

const controllerOf = (pod: Pick<InjectablePod, 'metadata'>): Owner | undefined =>
  pod.metadata?.ownerReferences?.find((candidate) => candidate.controller === true)

/** The Deployment or StatefulSet that controls the pod; a ReplicaSet's name is its Deployment's and a hash. */
export const workloadOf = (pod: Pick<InjectablePod, 'metadata'>): Owner | undefined => {
  const owner = controllerOf(pod)
  if (owner === undefined || owner.kind === 'StatefulSet') return owner
  const hash = pod.metadata?.labels?.[TEMPLATE_HASH]
  if (owner.kind !== 'ReplicaSet' || hash === undefined || !owner.name.endsWith(`-${hash}`)) return undefined
  return { kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) }
}
