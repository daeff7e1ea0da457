import { PROXY_CONTAINER, REDIS_CONTAINER, type CacheTier } from '@alexandrite/api'
import type { InjectablePod, PodSpec } from './pod.ts'
import { containersNaming } from './ports.ts'
import { VOLUMES } from './sidecars.ts'

/** Why a pod is left alone. Part of the interface: annotations, Events and conditions carry these words. */
export const REFUSAL_REASONS = [
  'HostNetwork',
  'WindowsPod',
  'PortNotNamed',
  'PortAmbiguous',
  'PortInSidecar',
  'NameCollision',
  'OtherTier'
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export interface Refusal {
  readonly reason: RefusalReason
  /** A sentence that says what is wrong and how to mend it. */
  readonly message: string
}

const portNotNamed = (spec: PodSpec, name: string): Refusal => {
  const numbers = spec.containers.flatMap((container) =>
    (container.ports ?? []).map((port) => ({ container: container.name, ...port }))
  )
  const unnamed = numbers.find((port) => port.name === undefined)
  if (unnamed !== undefined) {
    const { container, containerPort } = unnamed
    const message = `no container port is named "${name}": container "${container}" has port ${containerPort} without a name; add "name: ${name}" to it`
    return { reason: 'PortNotNamed', message }
  }
  const names = numbers.map((port) => `"${port.name}"`).join(', ')
  const known = names === '' ? 'no container declares a port' : `the named ports are ${names}`
  return {
    reason: 'PortNotNamed',
    message: `no container port is named "${name}": ${known}; name the port in the pod template or mend spec.workload.port`
  }
}

const portRefusal = (spec: PodSpec, name: string): Refusal | undefined => {
  const naming = containersNaming(spec, name)
  const [first, second] = naming
  if (first === undefined) return portNotNamed(spec, name)
  if (second !== undefined) {
    const message = `containers "${first.name}" and "${second.name}" both name a port "${name}"; give one of them another name`
    return { reason: 'PortAmbiguous', message }
  }
  if (spec.containers.includes(first)) return undefined
  const message = `port "${name}" belongs to the sidecar "${first.name}", not to an app container; name the app's own port in spec.workload.port`
  return { reason: 'PortInSidecar', message }
}

const collision = (spec: PodSpec): Refusal | undefined => {
  const ours: string[] = [PROXY_CONTAINER, REDIS_CONTAINER]
  const container = [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) =>
    ours.includes(name)
  )
  if (container !== undefined) {
    return { reason: 'NameCollision', message: `a container is named "${container.name}" already; rename it` }
  }
  const names: string[] = Object.values(VOLUMES)
  const volume = spec.volumes?.find(({ name }) => names.includes(name))
  if (volume === undefined) return undefined
  return { reason: 'NameCollision', message: `a volume is named "${volume.name}" already; rename it` }
}

const isWindows = (spec: PodSpec): boolean =>
  spec.os?.name === 'windows' || spec.nodeSelector?.['kubernetes.io/os'] === 'windows'

/** Why the tier's sidecars cannot go into this pod, or undefined. `present`: the tier that is in it already. */
export const refusal = (
  pod: InjectablePod,
  tier: CacheTier,
  present: string | undefined
): Refusal | undefined => {
  const { spec } = pod
  if (present !== undefined) {
    const message = `the pod carries the sidecars of tier ${present}; take them out of the pod template or delete one of the tiers`
    return { reason: 'OtherTier', message }
  }
  if (spec.hostNetwork === true) {
    const message =
      'the pod uses the network of its node (hostNetwork: true), where ports belong to everyone; a tier needs hostNetwork: false'
    return { reason: 'HostNetwork', message }
  }
  if (isWindows(spec)) {
    return { reason: 'WindowsPod', message: 'the pod runs on Windows; the sidecars are Linux containers' }
  }
  return collision(spec) ?? portRefusal(spec, tier.spec.workload.port)
}
