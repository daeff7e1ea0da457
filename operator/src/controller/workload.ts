/** Whether a workload can take the tier, and whether its Services lead there. */
import type { CacheTier } from '@alexandrite/api'
import { answersTo, injectPod, type Images } from '../injector/index.ts'
import type { LabelSelector, Service, TierObject, Workload } from './kube.ts'
import { blockerOf, type Blocker, type Finding } from './reasons.ts'
import { refOf } from './tier.ts'

export interface Claim {
  readonly tier: CacheTier
  readonly images: Images
  readonly workload: Workload | undefined
  /** The tier that has the workload, this one or another. */
  readonly winner: TierObject | undefined
}

/** What keeps the tier from its workload; undefined when nothing does. Its pod template is injected on trial. */
export const blockerOfWorkload = ({
  tier,
  images,
  workload,
  winner
}: Claim): Finding<Blocker> | undefined => {
  const { namespace, name } = refOf(tier)
  const { kind, name: wanted } = tier.spec.workload
  if (winner !== undefined && winner.metadata.name !== name) {
    const message = `CacheTier "${winner.metadata.name}" is older and has ${kind} "${wanted}"; delete one of the two`
    return { reason: 'WorkloadTaken', message }
  }
  if (workload === undefined) {
    const message = `there is no ${kind} "${wanted}" in namespace "${namespace}"; create it or mend spec.workload`
    return { reason: 'WorkloadNotFound', message }
  }
  const trial = injectPod({ metadata: {}, spec: workload.spec.template.spec }, tier, {
    images,
    policyHash: ''
  })
  if (trial.kind !== 'refused') return undefined
  return { reason: blockerOf(trial.reason), message: `${kind} "${wanted}": ${trial.message}` }
}

const selects = (service: Service, labels: Readonly<Record<string, string>>): boolean => {
  const selector = Object.entries(service.spec.selector ?? {})
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
}

/** The number behind the tier's named port. */
const originPort = (workload: Workload, portName: string): number | undefined =>
  workload.spec.template.spec.containers
    .flatMap((container) => container.ports ?? [])
    .find((port) => answersTo(port, portName))?.containerPort

const bypasses = (service: Service, number: number, portName: string): string[] =>
  (service.spec.ports ?? []).flatMap(({ port, targetPort, protocol }, index) => {
    if ((targetPort ?? port) !== number || (protocol ?? 'TCP') !== 'TCP') return []
    const line = `spec.ports[${index}].targetPort: ${portName}`
    return [
      `Service "${service.metadata.name}" targets port ${number} by number and bypasses the tier; set ${line}`
    ]
  })

/** Services that select the workload's pods and target the app's port by its number. */
export const numericTargets = (
  tier: CacheTier,
  workload: Workload,
  services: readonly Service[]
): Finding | undefined => {
  const { port } = tier.spec.workload
  const number = originPort(workload, port)
  if (number === undefined) return undefined
  const labels = workload.spec.template.metadata?.labels ?? {}
  const found = services
    .filter((service) => selects(service, labels))
    .flatMap((s) => bypasses(s, number, port))
  if (found.length === 0) return undefined
  return { reason: 'NumericTargetPort', message: found.toSorted().join('; ') }
}

/** What tells the workload's pods from others. */
export const selectorOf = (workload: Workload): LabelSelector => workload.spec.selector

/** Pods that the workload wants. */
export const desiredReplicas = (workload: Workload | undefined): number =>
  workload === undefined ? 0 : (workload.spec.replicas ?? 1)
