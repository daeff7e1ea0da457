/**
 * The heart of the purge controller, without I/O: whom to tell, and what follows from the answers. Equal input gives
 * an equal plan, and an unchanged state gives no status to write.
 */
import { tierObjects, type CachePurgeStatus, type PurgedPod } from '@alexandrite/api'
import type { Milliseconds } from '../../runtime/index.ts'
import { timestamp } from '../status.ts'
import { isSubset } from '../subset.ts'
import type { PurgeAnswer } from './client.ts'
import type { PurgePod } from './pods.ts'
import type { PurgeFinding, PurgeReason } from './reasons.ts'
import { purgeStatus, unfinished, type Purge, type Reported } from './status.ts'

/** What a purge is judged by. */
export interface Scene {
  readonly now: Milliseconds
  readonly tier: 'Found' | 'Missing'
  /** A Shared or External store keeps answers while no pod runs; one beside the proxy ends with its pod. */
  readonly storeOutlivesPods: boolean
  readonly token: 'Found' | 'Missing'
  /** By a list that was read after the purge was asked for. */
  readonly pods: readonly PurgePod[]
  /** Passes before this one, in this process. */
  readonly attempts: number
}

export interface PurgeEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: PurgeReason
  readonly note: string
}

export interface PurgePlan {
  /** The status to write; undefined when it is as it was. */
  readonly status: CachePurgeStatus | undefined
  readonly events: readonly PurgeEvent[]
  readonly outcome: 'Waiting' | 'Complete' | 'Failed'
  readonly requeueAfter: Milliseconds
}

const FIRST_RETRY: Milliseconds = 250
const LAST_RETRY: Milliseconds = 5000
/** Pods that a message names. */
const NAMED = 10

const hasAcknowledged = (purge: Purge, name: string): boolean =>
  purge.status?.pods?.some((pod) => pod.name === name && pod.acknowledged) ?? false

/** The pods to tell in this pass: an acknowledgement holds for good, also across a change of the leader. */
export const podsToTell = (purge: Purge, { tier, token, pods }: Scene): PurgePod[] =>
  tier === 'Missing' || token === 'Missing' ? [] : pods.filter(({ name }) => !hasAcknowledged(purge, name))

const heard = (purge: Purge, name: string, answer: PurgeAnswer, now: Milliseconds): PurgedPod => {
  const time = timestamp(now)
  if (answer.acknowledged) return { name, acknowledged: true, time }
  const { error } = answer
  const before = purge.status?.pods?.find((pod) => pod.name === name)
  return { name, acknowledged: false, error, time: before?.error === error ? before.time : time }
}

/** Who acknowledged stays in the list, also when it is gone; who did not and is gone has nothing to acknowledge. */
const merged = (purge: Purge, answers: ReadonlyMap<string, PurgeAnswer>, now: Milliseconds): PurgedPod[] => {
  const before = (purge.status?.pods ?? []).filter((pod) => pod.acknowledged && !answers.has(pod.name))
  const told = [...answers].map(([name, answer]) => heard(purge, name, answer, now))
  const rank = ({ acknowledged, name }: PurgedPod): string => `${Number(acknowledged)}${name}`
  return [...before, ...told].toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

const quoted = ({ name, error }: PurgedPod): string => `pod "${name}" (${error})`

const unacknowledged = (missing: readonly PurgedPod[]): PurgeFinding => {
  const names = missing.slice(0, NAMED).map(quoted).join(', ')
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : ''
  return { reason: 'PodsUnacknowledged', message: `${names}${more} did not acknowledge` }
}

/** What keeps the purge from being complete; undefined when nothing does. */
const waitingFor = (purge: Purge, scene: Scene, pods: readonly PurgedPod[]): PurgeFinding | undefined => {
  const { name } = purge.spec.tierRef
  if (scene.tier === 'Missing') {
    const message = `there is no CacheTier "${name}" in namespace "${purge.metadata.namespace}"; create it, or delete this purge and create one with another tierRef`
    return { reason: 'TierNotFound', message }
  }
  if (scene.token === 'Missing') {
    const message = `Secret "${tierObjects(name).adminSecret}" with the token of the tier does not exist yet`
    return { reason: 'TokenNotFound', message }
  }
  const missing = pods.filter(({ acknowledged }) => !acknowledged)
  if (missing.length > 0) return unacknowledged(missing)
  if (pods.length > 0 || !scene.storeOutlivesPods) return undefined
  const message = `no pod of the tier runs that could tell its store, which keeps answers without them; scale the workload up`
  return { reason: 'NoPods', message }
}

const done = (pods: readonly PurgedPod[]): PurgeFinding => ({
  reason: 'AllPodsAcknowledged',
  message:
    pods.length === 0
      ? 'no pod of the tier runs, so nothing is stored'
      : `${pods.length} of ${pods.length} pods`
})

const backoff = (attempts: number): Milliseconds => Math.min(FIRST_RETRY * 2 ** attempts, LAST_RETRY)

const startOf = ({ status }: Purge, now: Milliseconds): Milliseconds =>
  status?.startTime === undefined ? now : Date.parse(status.startTime)

/** Judges a purge after the pods of `podsToTell` were told. */
export const judge = (purge: Purge, scene: Scene, answers: ReadonlyMap<string, PurgeAnswer>): PurgePlan => {
  const { now, attempts } = scene
  const pods = merged(purge, answers, now)
  const waiting = waitingFor(purge, scene, pods)
  const left = startOf(purge, now) + purge.spec.activeDeadlineSeconds * 1000 - now
  if (waiting === undefined) return finished(purge, { outcome: 'Complete', found: done(pods), pods, now })
  if (left <= 0) {
    const risk =
      waiting.reason === 'PodsUnacknowledged' ? '; it may serve what was purged until its ttl ends' : ''
    const message = `not within ${purge.spec.activeDeadlineSeconds} s: ${waiting.message}${risk}`
    return finished(purge, { outcome: 'Failed', found: { reason: 'DeadlineExceeded', message }, pods, now })
  }
  const status = purgeStatus(purge, { outcome: 'Waiting', found: waiting, pods, now })
  const isNews = unfinished(purge.status) !== waiting.reason
  // A tier that comes is an event of its own; pods are not watched for purges.
  const pause = scene.tier === 'Missing' ? left : Math.min(backoff(attempts), left)
  return {
    ...changed(purge, status),
    events: isNews ? [{ type: 'Warning', reason: waiting.reason, note: waiting.message }] : [],
    outcome: 'Waiting',
    requeueAfter: pause
  }
}

/** A purge of which the spec need not be readable. */
interface Ended extends Reported {
  readonly spec?: { readonly ttlSecondsAfterFinished?: number }
}

/** A purge whose spec cannot be read has failed. */
export const refused = (purge: Ended, message: string, now: Milliseconds): PurgePlan =>
  finished(purge, { outcome: 'Failed', found: { reason: 'InvalidSpec', message }, pods: [], now })

interface End {
  readonly outcome: 'Complete' | 'Failed'
  readonly found: PurgeFinding
  readonly pods: readonly PurgedPod[]
  readonly now: Milliseconds
}

const finished = (purge: Ended, end: End): PurgePlan => {
  const { outcome, found, now } = end
  const type = outcome === 'Complete' ? 'Normal' : 'Warning'
  const status = purgeStatus(purge, end)
  return {
    ...changed(purge, status),
    events: [{ type, reason: found.reason, note: found.message }],
    outcome,
    requeueAfter: timeLeft({ ...purge, status }, now)
  }
}

const changed = (purge: Reported, status: CachePurgeStatus): Pick<PurgePlan, 'status'> => ({
  status: isSubset(status, purge.status) ? undefined : status
})

const DEFAULT_TTL_SECONDS = 3600

/** Of a purge that has ended: when it is to be deleted; 0 or less: now. */
export const timeLeft = (
  { spec, status }: Pick<Ended, 'spec' | 'status'>,
  now: Milliseconds
): Milliseconds => {
  const ttl = spec?.ttlSecondsAfterFinished ?? DEFAULT_TTL_SECONDS
  const ended = status?.completionTime === undefined ? now : Date.parse(status.completionTime)
  return ended + ttl * 1000 - now
}
