/** A workload's pods as the controller sees them. */
import {
  ADMIN_PORT,
  ADMIN_PORT_NAME,
  INJECTION_ANNOTATION,
  POLICY_ANNOTATION,
  REFUSED_ANNOTATION
} from '@alexandrite/api'
import { injectedBy } from '../injector/index.ts'
import type { Milliseconds } from '../runtime/index.ts'
import type { Pod } from './kube.ts'

export interface PodView {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Since the epoch. */
  readonly createdAt: Milliseconds
  readonly stopping: boolean
  /** NAMESPACE/NAME of the tier whose sidecars it has. */
  readonly tier: string | undefined
  readonly injectionHash: string | undefined
  readonly policyAnnotation: string | undefined
  /** `Reason: message` of an injection that was refused. */
  readonly refused: string | undefined
  /** Since when it is ready, since the epoch; undefined when it is not. */
  readonly readySince: Milliseconds | undefined
  /** HOST:PORT of the proxy's admin port; undefined until the pod has an address. */
  readonly admin: string | undefined
}

const epoch = (time: string | undefined): Milliseconds => (time === undefined ? 0 : Date.parse(time))

const adminAddress = (pod: Pod): string | undefined => {
  const ip = pod.status?.podIP
  if (ip === undefined || injectedBy(pod) === undefined) return undefined
  const ports = pod.spec.initContainers?.flatMap((container) => container.ports ?? []) ?? []
  const port = ports.find((candidate) => candidate.name === ADMIN_PORT_NAME)?.containerPort ?? ADMIN_PORT
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

const readySince = (pod: Pod): Milliseconds | undefined => {
  const condition = pod.status?.conditions?.find((candidate) => candidate.type === 'Ready')
  return condition?.status === 'True' ? epoch(condition.lastTransitionTime) : undefined
}

/** Pods that have finished for good still exist and count for nothing. */
const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

const view = (pod: Pod): PodView => {
  const { namespace, name, uid, creationTimestamp, deletionTimestamp, annotations } = pod.metadata
  return {
    namespace: namespace ?? '',
    name,
    uid,
    createdAt: epoch(creationTimestamp),
    stopping: deletionTimestamp !== undefined,
    tier: injectedBy(pod),
    injectionHash: annotations?.[INJECTION_ANNOTATION],
    policyAnnotation: annotations?.[POLICY_ANNOTATION],
    refused: annotations?.[REFUSED_ANNOTATION],
    readySince: readySince(pod),
    admin: adminAddress(pod)
  }
}

export const podViews = (pods: readonly Pod[]): PodView[] => pods.filter((pod) => !isOver(pod)).map(view)
