/** The status of a purge: what each pod said, and whether it has ended. */
import type { CachePurgeSpec, CachePurgeStatus, PurgeCondition, PurgedPod } from '@alexandrite/api'
import type { Milliseconds } from '../../runtime/index.ts'
import { timestamp } from '../status.ts'
import type { PurgeFinding } from './reasons.ts'

const LONGEST_MESSAGE = 4096
const MOST_PODS = 1000

/** A purge, its spec checked and with its defaults. */
export interface Purge {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly generation?: number }
  readonly spec: CachePurgeSpec
  readonly status?: CachePurgeStatus
}
/** What its status is made from: also of a purge whose spec cannot be read. */
export interface Reported {
  readonly metadata: { readonly generation?: number }
  readonly status?: CachePurgeStatus
}

export interface Judged {
  readonly outcome: 'Waiting' | 'Complete' | 'Failed'
  readonly found: PurgeFinding
  readonly pods: readonly PurgedPod[]
  readonly now: Milliseconds
}

const condition = (
  purge: Reported,
  type: PurgeCondition['type'],
  { outcome, found, now }: Judged
): PurgeCondition => {
  const status = outcome === type ? 'True' : 'False'
  const before = purge.status?.conditions?.find((candidate) => candidate.type === type)
  const { generation } = purge.metadata
  return {
    type,
    status,
    reason: found.reason,
    message: found.message.slice(0, LONGEST_MESSAGE),
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(now),
    ...(generation !== undefined && { observedGeneration: generation })
  }
}

/** Times in it change only when what they date changes: an equal state gives an equal status. */
export const purgeStatus = (purge: Reported, judged: Judged): CachePurgeStatus => {
  const { outcome, pods, now } = judged
  const { generation } = purge.metadata
  const { startTime = timestamp(now), completionTime = timestamp(now) } = purge.status ?? {}
  const acknowledged = pods.filter((pod) => pod.acknowledged).length
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    startTime,
    ...(outcome !== 'Waiting' && { completionTime }),
    summary: `${acknowledged}/${pods.length}`,
    pods: pods.slice(0, MOST_PODS),
    conditions: [condition(purge, 'Complete', judged), condition(purge, 'Failed', judged)]
  }
}

/** Whether a purge has ended, one way or the other. */
export const isFinished = (status: CachePurgeStatus | undefined): boolean =>
  status?.conditions?.some((each) => each.status === 'True') ?? false

/** Why a purge has not ended yet, as its status says. */
export const unfinished = (status: CachePurgeStatus | undefined): string | undefined =>
  isFinished(status) ? undefined : status?.conditions?.find(({ type }) => type === 'Complete')?.reason
