import type { Bytes, Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import { conditionalOn, freshened, unconditional, validates } from '../engine/conditional.ts'
import { freshnessOf } from '../engine/freshness.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { ResponseHead, StoredHead, Timing } from '../engine/message.ts'
import type { Refusal } from '../engine/storable.ts'
import { declaredTooLarge, hasValidator, storability, withoutCookies } from '../engine/storable.ts'
import type { Stamp } from '../epochs/epochs.ts'
import type { Origin, OriginAnswer } from '../origin/origin.ts'
import { askOrigin } from '../telemetry/traced.ts'
import type { RequestTrace } from '../telemetry/tracing.ts'
import type { Entry } from '../store/entry.ts'
import type { Cache } from './lookup.ts'
import { SharedBody } from './shared-body.ts'

/** What to ask the origin for, on behalf of all who wait. */
export interface FillPlan {
  readonly cacheable: Cacheable
  readonly target: string
  /** The leader's fields, towards the origin. */
  readonly headers: RawHeaders
  /** A stale answer to validate. */
  readonly stale: Entry | undefined
  /** Taken before the origin is asked. */
  readonly stamp: Stamp
  readonly signal: AbortSignal
  /** Of the leader. */
  readonly trace: RequestTrace | undefined
}

export type FillOutcome =
  /** A storable answer, streamed to all. */
  | {
      readonly kind: 'Shared'
      readonly head: StoredHead
      readonly vary: readonly string[]
      readonly body: SharedBody
    }
  /** The stored answer still holds. */
  | { readonly kind: 'Validated'; readonly entry: Entry }
  /** For the leader alone. */
  | {
      readonly kind: 'Unshared'
      readonly head: StoredHead
      readonly answer: OriginAnswer
      readonly why: Refusal
    }
  | { readonly kind: 'Failed'; readonly error: unknown }

export interface FillContext {
  readonly origin: Origin
  readonly cache: Cache
  readonly maxObjectBytes: () => Bytes
  readonly now: () => Milliseconds
}

const stamped = (head: ResponseHead, timing: Timing): StoredHead => ({
  ...head,
  ...timing,
  jitter: Math.random()
})

const keepRevalidated = (context: FillContext, plan: FillPlan, stale: Entry, head: StoredHead): Entry => {
  const entry: Entry = { ...stale, head, stamp: plan.stamp }
  const rule: PolicyRule | undefined = plan.cacheable.rule
  context.cache.keep(plan.cacheable.key, plan.headers, entry, freshnessOf(head, rule))
  return entry
}

const share = (context: FillContext, plan: FillPlan, head: StoredHead, answer: OriginAnswer): FillOutcome => {
  const { rule, credentials, key, marks } = plan.cacheable
  const verdict = storability(head, rule, credentials)
  if (verdict.kind === 'Refuse') return { kind: 'Unshared', head, answer, why: verdict.why }
  const maxObjectBytes = context.maxObjectBytes()
  if (declaredTooLarge(head, { maxObjectBytes })) return { kind: 'Unshared', head, answer, why: 'TooLarge' }
  const body = new SharedBody(answer.body, maxObjectBytes)
  const { vary, freshness } = verdict
  void body.whole.then((whole) => {
    if (!whole) return
    const entry: Entry = {
      kind: 'Answer',
      head: withoutCookies(head),
      body: whole,
      vary,
      marks,
      stamp: plan.stamp
    }
    context.cache.keep(key, plan.headers, entry, freshness)
  })
  return { kind: 'Shared', head, vary, body }
}

const ask = async (
  context: FillContext,
  plan: FillPlan,
  headers: RawHeaders
): Promise<{ head: StoredHead; answer: OriginAnswer }> => {
  const requestedAt = context.now()
  const { target, signal, trace } = plan
  const answer = await askOrigin(context.origin, { method: 'GET', target, headers, signal }, trace)
  return { answer, head: stamped(answer.head, { requestedAt, receivedAt: context.now() }) }
}

/** Asks the origin once for one key: validates the stale answer when there is one, stores what may be stored. */
export const runFill = async (context: FillContext, plan: FillPlan): Promise<FillOutcome> => {
  const stale = plan.stale && hasValidator(plan.stale.head) ? plan.stale : undefined
  try {
    const first = await ask(
      context,
      plan,
      stale ? conditionalOn(plan.headers, stale.head) : unconditional(plan.headers)
    )
    if (!stale || first.head.status !== 304) return share(context, plan, first.head, first.answer)
    first.answer.body.destroy()
    if (validates(stale.head, first.head))
      return {
        kind: 'Validated',
        entry: keepRevalidated(context, plan, stale, freshened(stale.head, first.head, first.head))
      }
    const second = await ask(context, plan, unconditional(plan.headers))
    return share(context, plan, second.head, second.answer)
  } catch (error) {
    return { kind: 'Failed', error }
  }
}
