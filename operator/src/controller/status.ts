/** The status of a tier: what was found, as conditions with reasons, and how far its pods are. */
import type { CacheTierStatus, Condition } from '@alexandrite/api'
import type { Milliseconds } from '../runtime/index.ts'
import type { ConditionReason, Finding } from './reasons.ts'

/** RFC 3339 to the second, as the API server writes times. */
export const timestamp = (time: Milliseconds): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')

type ConditionType = Condition['type']

/** What the three conditions say. */
export interface Verdict {
  readonly ready: Finding & { readonly holds: boolean }
  readonly progressing: Finding & { readonly holds: boolean }
  readonly degraded: Finding & { readonly holds: boolean }
}

export interface PodCounts {
  readonly desired: number
  readonly injected: number
  readonly ready: number
  readonly current: number
}

export interface StatusInput {
  readonly before: CacheTierStatus | undefined
  readonly generation: number | undefined
  /** Undefined when the spec cannot be compiled: the last hash stays. */
  readonly policyHash: string | undefined
  readonly pods: PodCounts
  readonly verdict: Verdict
  readonly now: Milliseconds
}

const LONGEST_MESSAGE = 4096

const condition = (type: ConditionType, found: Verdict['ready'], input: StatusInput): Condition => {
  const status = found.holds ? 'True' : 'False'
  const before = input.before?.conditions?.find((candidate) => candidate.type === type)
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(input.now)
  const message = found.message.slice(0, LONGEST_MESSAGE)
  const observed = input.generation === undefined ? {} : { observedGeneration: input.generation }
  return { type, status, reason: found.reason, message, lastTransitionTime, ...observed }
}

const policyPart = ({ before, policyHash, now }: StatusInput): CacheTierStatus => {
  const hash = policyHash ?? before?.policyHash
  if (hash === undefined) return {}
  const since = hash === before?.policyHash ? before.policyUpdatedAt : undefined
  return { policyHash: hash, policyUpdatedAt: since ?? timestamp(now) }
}

/** Times in it change only when what they date changes: an equal state gives an equal status. */
export const renderStatus = (input: StatusInput): CacheTierStatus => ({
  ...(input.generation !== undefined && { observedGeneration: input.generation }),
  ...policyPart(input),
  pods: { ...input.pods, summary: `${input.pods.current}/${input.pods.desired}` },
  conditions: [
    condition('Ready', input.verdict.ready, input),
    condition('Progressing', input.verdict.progressing, input),
    condition('Degraded', input.verdict.degraded, input)
  ]
})

/** What a condition said, to tell people when it says something else. */
export const reasonOf = (status: CacheTierStatus | undefined, type: ConditionType): string | undefined =>
  status?.conditions?.find((candidate) => candidate.type === type)?.reason

const AS_EXPECTED = { reason: 'AsExpected', message: 'Nothing is wrong.' } as const

/** Several findings are told together, under the reason of the first. */
export const joined = (findings: readonly Finding[]): Finding | undefined => {
  const [first] = findings
  if (first === undefined) return undefined
  return { reason: first.reason, message: findings.map((finding) => finding.message).join('; ') }
}

/** A tier that can do nothing. */
export const blockedVerdict = (blocker: Finding): Verdict => ({
  ready: { ...blocker, holds: false },
  progressing: { ...blocker, holds: false },
  degraded: { ...blocker, holds: true }
})

/** Reasons among the degradations with which a tier still counts as ready. */
const HARMLESS: readonly ConditionReason[] = ['NumericTargetPort']
/** Degradations that stop a rollout. */
const STALLING: readonly ConditionReason[] = [
  'RolloutBlocked',
  'RolloutStalled',
  'WebhookMissed',
  'InjectionRefused'
]

/** A tier at work: `pending` is what is still under way, undefined when everything has arrived. */
export const workingVerdict = (
  pending: Finding | undefined,
  troubles: readonly Finding[],
  done: Finding
): Verdict => {
  const trouble = joined(troubles)
  const serious = troubles.find((finding) => !HARMLESS.includes(finding.reason))
  const stalling = troubles.find((finding) => STALLING.includes(finding.reason))
  const unready = stalling ?? pending ?? serious
  return {
    ready: { ...(unready ?? done), holds: unready === undefined },
    progressing: { ...(stalling ?? pending ?? done), holds: pending !== undefined && stalling === undefined },
    degraded: { ...(trouble ?? AS_EXPECTED), holds: trouble !== undefined }
  }
}
