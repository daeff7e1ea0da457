/**
 * Replacing pods, one at a time: a pure step from what is seen to what to do next. A pod is only evicted when
 * every other one is ready, and only when its replacement will come out right; when it does not, the next try
 * comes later and later instead of looping.
 */
import type { Milliseconds } from '../runtime/index.ts'
import type { PodView } from './pods.ts'

export interface RolloutTiming {
  /** A replacement counts once it has been ready this long: endpoints have to learn of it. */
  readonly settle: Milliseconds
  /** The API server may act on an older webhook configuration for this long. */
  readonly webhookSettle: Milliseconds
  /** First pause after a pod that came back wrong, and after a disruption budget's refusal; doubles. */
  readonly backoff: Milliseconds
  readonly longestBackoff: Milliseconds
  /** A pod that has not become ready after this long is replaced even though others are not ready either. */
  readonly unreadyPatience: Milliseconds
  /** How long a workload may keep the others waiting without getting on. */
  readonly turnPatience: Milliseconds
}

export const DEFAULT_TIMING: RolloutTiming = {
  settle: 2000,
  webhookSettle: 2000,
  backoff: 10_000,
  longestBackoff: 600_000,
  unreadyPatience: 30_000,
  turnPatience: 300_000
}

/** What is remembered between steps. It is lost with the leader, which costs one try too many at most. */
export interface RolloutMemory {
  /** uids of the pods that were looked at. */
  readonly known: ReadonlySet<string>
  /** Pods in a row that came back wrong. */
  readonly misses: number
  /** Refusals of the disruption budget in a row. */
  readonly refusals: number
  /** No eviction before this moment. */
  readonly notBefore: Milliseconds
  /** Last eviction, or the first look. */
  readonly progressAt: Milliseconds
  /** uid of the pod evicted last: the cache may not know yet that it is stopping. */
  readonly evicted?: string
}

export interface RolloutView {
  readonly now: Milliseconds
  /** Pods of the workload. */
  readonly pods: readonly PodView[]
  readonly isStale: (pod: PodView) => boolean
  /** Pods that the workload wants. */
  readonly desired: number
  /** True when the workload's own controller has nothing under way. */
  readonly workloadSettled: boolean
  /** When the webhook began to do what replacements need; undefined when it does not yet. */
  readonly webhookRightSince: Milliseconds | undefined
  /** False while another workload has its turn. */
  readonly mayTakeTurn: boolean
}

export type RolloutStep =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'wait'
      readonly for: 'webhook' | 'pods' | 'turn' | 'missed' | 'budget'
      readonly after: Milliseconds
    }
  | { readonly kind: 'evict'; readonly pod: PodView }

export interface RolloutOutcome {
  readonly step: RolloutStep
  readonly memory: RolloutMemory
}

/** Looks again this often where an informer's event is expected anyway. */
const LAZY: Milliseconds = 15_000
const TURN: Milliseconds = 2000
/** Never at once: waiting must not become spinning. */
const LEAST: Milliseconds = 200

export const pause = (times: number, timing: RolloutTiming): Milliseconds =>
  Math.min(timing.longestBackoff, timing.backoff * 2 ** Math.max(0, times - 1))

const firstLook = (view: RolloutView): RolloutMemory => ({
  known: new Set(view.pods.map((pod) => pod.uid)),
  misses: 0,
  refusals: 0,
  notBefore: 0,
  progressAt: view.now
})

/** Takes in the pods that are new since the last look: right ones clear the count of misses, wrong ones raise it. */
const learn = (view: RolloutView, memory: RolloutMemory, timing: RolloutTiming): RolloutMemory => {
  const known = new Set(view.pods.map((pod) => pod.uid))
  const fresh = view.pods.filter((pod) => !memory.known.has(pod.uid) && !pod.stopping)
  const right = fresh.some((pod) => !view.isStale(pod))
  if (fresh.length === 0) return { ...memory, known }
  if (right || view.webhookRightSince === undefined) {
    return { ...memory, known, misses: 0, notBefore: memory.refusals > 0 ? memory.notBefore : 0 }
  }
  const misses = memory.misses + 1
  return { ...memory, known, misses, notBefore: view.now + pause(misses, timing) }
}

const running = (view: RolloutView): PodView[] => view.pods.filter((pod) => !pod.stopping)

const isWhole = (view: RolloutView, timing: RolloutTiming): boolean => {
  const ready = running(view).filter(
    (pod) => pod.readySince !== undefined && view.now - pod.readySince >= timing.settle
  )
  return view.workloadSettled && ready.length >= view.desired
}

/** Unready ones first, they serve nobody; then the oldest. */
const next = (stale: readonly PodView[]): PodView | undefined =>
  stale.toSorted(
    (a, b) =>
      Number(a.readySince !== undefined) - Number(b.readySince !== undefined) || a.createdAt - b.createdAt
  )[0]

const choose = (view: RolloutView, timing: RolloutTiming): PodView | undefined => {
  const candidate = next(running(view).filter(view.isStale))
  if (candidate === undefined || isWhole(view, timing)) return candidate
  const isStuck =
    candidate.readySince === undefined && view.now - candidate.createdAt > timing.unreadyPatience
  return isStuck ? candidate : undefined
}

const obstacle = (
  view: RolloutView,
  memory: RolloutMemory,
  timing: RolloutTiming
): RolloutStep | undefined => {
  const since = view.webhookRightSince
  if (since === undefined) return { kind: 'wait', for: 'webhook', after: LAZY }
  const unsettled = since + timing.webhookSettle - view.now
  if (unsettled > 0) return { kind: 'wait', for: 'webhook', after: unsettled }
  const left = memory.notBefore - view.now
  if (left > 0) return { kind: 'wait', for: memory.refusals > 0 ? 'budget' : 'missed', after: left }
  return view.mayTakeTurn ? undefined : { kind: 'wait', for: 'turn', after: TURN }
}

/** The next step of a rollout. `memory` is undefined at the first look at the workload. */
export const nextStep = (
  seen: RolloutView,
  memory: RolloutMemory | undefined,
  timing: RolloutTiming
): RolloutOutcome => {
  const pods = seen.pods.map((pod) => (pod.uid === memory?.evicted ? { ...pod, stopping: true } : pod))
  const view = { ...seen, pods }
  const learned = learn(view, memory ?? firstLook(view), timing)
  if (!running(view).some(view.isStale)) {
    return {
      step: { kind: 'done' },
      memory: { ...learned, misses: 0, refusals: 0, notBefore: 0, progressAt: view.now }
    }
  }
  const blocked = obstacle(view, learned, timing)
  if (blocked !== undefined) return { step: blocked, memory: learned }
  const pod = choose(view, timing)
  if (pod === undefined)
    return { step: { kind: 'wait', for: 'pods', after: Math.max(LEAST, timing.settle) }, memory: learned }
  return { step: { kind: 'evict', pod }, memory: learned }
}

/** What the answer to an eviction changes. */
export const afterEviction = (
  memory: RolloutMemory,
  eviction: {
    readonly uid: string
    readonly answer: 'evicted' | 'gone' | 'refused'
    readonly at: Milliseconds
  },
  timing: RolloutTiming
): RolloutMemory => {
  const { uid, answer, at } = eviction
  if (answer !== 'refused') return { ...memory, refusals: 0, progressAt: at, evicted: uid }
  const refusals = memory.refusals + 1
  return { ...memory, refusals, notBefore: at + pause(refusals, timing) }
}
