import { k8s } from 'cdk8s-plus-28'

/** User and group that all our images run as. */
export const NON_ROOT_UID = 65532

/**
 * Pod-level half of the Pod Security Standard "restricted". The group owns the mounted volumes, so that a
 * process without root can write to them.
 */
export function restrictedPod(): k8s.PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: NON_ROOT_UID,
    runAsGroup: NON_ROOT_UID,
    fsGroup: NON_ROOT_UID,
    seccompProfile: { type: 'RuntimeDefault' }
  }
}

/** Container-level half of "restricted", and a read-only root file system on top. */
export function restrictedContainer(): k8s.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] }
  }
}

export interface ResourceOptions {
  /** CPU request, a quantity. There is no CPU limit: throttling would add latency and save nothing. */
  readonly cpu: string
  /** Memory request, a quantity. */
  readonly memory: string
  /**
   * Memory limit, a quantity.
   * @default - the memory request
   */
  readonly memoryLimit?: string
}

/** Resource requests and limits of a container. */
export function resources(options: ResourceOptions): k8s.ResourceRequirements {
  const { cpu, memory, memoryLimit = memory } = options
  return {
    requests: { cpu: k8s.Quantity.fromString(cpu), memory: k8s.Quantity.fromString(memory) },
    limits: { memory: k8s.Quantity.fromString(memoryLimit) }
  }
}
