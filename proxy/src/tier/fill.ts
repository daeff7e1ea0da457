import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import { conditionalOn, freshened, rangeOnly, unconditional, validates } from '../engine/conditional.ts'
import { freshnessOf } from '../engine/freshness.ts'
import { headerLines } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { ResponseHead, StoredHead, Timing } from '../engine/message.ts'
import { asPart, combined, requestForRest } from '../engine/parts.ts'
import type { Piece } from '../engine/parts.ts'
import type { Refusal } from '../engine/storable.ts'
import { declaredTooLarge, hasValidator, kept, storability } from '../engine/storable.ts'
import type { Stamp } from '../epochs/epochs.ts'
import type { Origin, OriginAnswer } from '../origin/origin.ts'
import type { Departure } from '../http/departure.ts'
import { askOrigin } from '../telemetry/traced.ts'
import type { RequestTrace } from '../telemetry/tracing.ts'
import type { Entry } from '../store/entry.ts'
import type { Cache } from './lookup.ts'
import { SharedBody } from './shared-body.ts'

/** What of a representation is asked for. */
export type Purpose =
  /** All of it; a stale answer is validated. */
  | { readonly kind: 'Whole'; readonly stale: Entry | undefined }
  /** The ranges of the request; what comes is joined with a part that is stored. */
  | { readonly kind: 'Ranges'; readonly part: Entry | undefined }
  /** What a stored part lacks. */
  | { readonly kind: 'Rest'; readonly part: Entry }

/** What to ask the origin for, on behalf of all who wait. */
export interface FillPlan {
  readonly cacheable: Cacheable
  readonly target: string
  /** The leader's fields, towards the origin. */
  readonly headers: RawHeaders
  readonly purpose: Purpose
  /** Taken before the origin is asked. */
  readonly stamp: Stamp
  readonly signal: Departure
  /** Of the leader. */
  readonly trace: RequestTrace | undefined
  /** The leader's way to pass on 1xx answers. */
  readonly onInterim: ((head: ResponseHead) => void) | undefined
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
  | { readonly kind: 'Validated'; readonly entry: Entry; readonly cookies: RawHeaders }
  /** A stored part and its rest. */
  | { readonly kind: 'Completed'; readonly entry: Entry }
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

/** Keeps an answer of this plan; whether a purge overtook it is the cache's to say. */
const keep = (
  context: FillContext,
  plan: FillPlan,
  { head, body }: Piece,
  vary: readonly string[]
): Entry => {
  const { key, marks, rule } = plan.cacheable
  const entry: Entry = { kind: 'Answer', head, body, vary, marks, stamp: plan.stamp }
  context.cache.keep(key, plan.headers, entry, freshnessOf(head, rule))
  return entry
}

/** What is kept of a complete answer: a part together with the one that is stored, as far as they fit. */
const pieceOf = (context: FillContext, { purpose }: FillPlan, piece: Piece): Piece | undefined => {
  if (piece.head.status !== 206) return piece
  const part = asPart(piece)
  const both = part && purpose.kind === 'Ranges' && purpose.part && combined(purpose.part, part)
  return both && both.body.length <= context.maxObjectBytes() ? both : part
}

const share = (context: FillContext, plan: FillPlan, head: StoredHead, answer: OriginAnswer): FillOutcome => {
  const verdict = storability(head, plan.cacheable.rule, plan.cacheable.credentials)
  if (verdict.kind === 'Refuse') return { kind: 'Unshared', head, answer, why: verdict.why }
  const maxObjectBytes = context.maxObjectBytes()
  if (declaredTooLarge(head, { maxObjectBytes })) return { kind: 'Unshared', head, answer, why: 'TooLarge' }
  const body = new SharedBody(answer.body, maxObjectBytes)
  const { vary } = verdict
  void body.whole.then((whole) => {
    const piece = whole && pieceOf(context, plan, { head: kept(head), body: whole })
    if (piece) keep(context, plan, piece, vary)
  })
  return { kind: 'Shared', head, vary, body }
}

interface Asked {
  readonly head: StoredHead
  readonly answer: OriginAnswer
}

const ask = async (context: FillContext, plan: FillPlan, headers: RawHeaders): Promise<Asked> => {
  const requestedAt = context.now()
  const { target, signal, trace, onInterim } = plan
  const request = { method: 'GET', target, headers, signal, ...(onInterim ? { onInterim } : {}) }
  const answer = await askOrigin(context.origin, request, trace)
  return { answer, head: stamped(answer.head, { requestedAt, receivedAt: context.now() }) }
}

const askForWhole = async (context: FillContext, plan: FillPlan): Promise<FillOutcome> => {
  const { head, answer } = await ask(context, plan, unconditional(plan.headers))
  return share(context, plan, head, answer)
}

/** Asks whether the stored answer still holds; a 304 that does not speak of it is asked anew. */
const validate = async (context: FillContext, plan: FillPlan, stale: Entry): Promise<FillOutcome> => {
  const { head, answer } = await ask(context, plan, conditionalOn(plan.headers, stale.head))
  if (head.status !== 304) return share(context, plan, head, answer)
  answer.body.destroy()
  if (!validates(stale.head, head)) return askForWhole(context, plan)
  const piece = { head: freshened(stale.head, head, head), body: stale.body }
  const entry = keep(context, plan, piece, stale.vary)
  return { kind: 'Validated', entry, cookies: headerLines(head.headers, 'set-cookie') }
}

/** The whole of a stored part and a 206 that holds the rest; undefined when they do not make one. */
const completed = async (
  context: FillContext,
  part: Entry,
  { head, answer }: Asked
): Promise<Piece | undefined> => {
  const body = new SharedBody(answer.body, Math.max(0, context.maxObjectBytes() - part.body.length))
  const rest = await body.whole
  const piece = rest && asPart({ head: kept(head), body: rest })
  const both = piece && combined(part, piece)
  return both?.head.status === 200 ? both : undefined
}

const completePart = async (context: FillContext, plan: FillPlan, part: Entry): Promise<FillOutcome> => {
  const headers = requestForRest(unconditional(plan.headers), part)
  if (!headers) return askForWhole(context, plan)
  const asked = await ask(context, plan, headers)
  if (asked.head.status === 206) {
    const piece = await completed(context, part, asked)
    if (piece) return { kind: 'Completed', entry: keep(context, plan, piece, part.vary) }
    return askForWhole(context, plan)
  }
  if (asked.head.status !== 416) return share(context, plan, asked.head, asked.answer)
  asked.answer.body.destroy()
  return askForWhole(context, plan)
}

const askForRanges = async (context: FillContext, plan: FillPlan): Promise<FillOutcome> => {
  const { head, answer } = await ask(context, plan, rangeOnly(plan.headers))
  return share(context, plan, head, answer)
}

const run = (context: FillContext, plan: FillPlan): Promise<FillOutcome> => {
  const { purpose } = plan
  if (purpose.kind === 'Ranges') return askForRanges(context, plan)
  if (purpose.kind === 'Rest') return completePart(context, plan, purpose.part)
  const { stale } = purpose
  return stale && hasValidator(stale.head) ? validate(context, plan, stale) : askForWhole(context, plan)
}

/** Asks the origin once for one key, twice where its first answer is of no use; stores what may be stored. */
export const runFill = async (context: FillContext, plan: FillPlan): Promise<FillOutcome> => {
  try {
    return await run(context, plan)
  } catch (error) {
    return { kind: 'Failed', error }
  }
}
