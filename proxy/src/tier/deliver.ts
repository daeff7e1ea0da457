import type { Milliseconds } from '@alexandrite/api'
import { asNotModified, forwardedHeaders } from '../engine/answer.ts'
import type { Outcome, Result } from '../engine/cache-status.ts'
import { notModified } from '../engine/conditional.ts'
import { currentAge, freshnessOf } from '../engine/freshness.ts'
import { variantKey } from '../engine/key.ts'
import type { StoredHead } from '../engine/message.ts'
import { kept, storability } from '../engine/storable.ts'
import type { Entry } from '../store/entry.ts'
import { logFields, noteShared } from '../telemetry/traced.ts'
import type { FillOutcome } from './fill.ts'
import type { Fill } from './fills.ts'
import { forward } from './forward.ts'
import type { Flow } from './flow.ts'
import { routeOf } from './routes.ts'
import { sendEntry, sendOriginFailure } from './send.ts'
import { within } from './within.ts'

export interface Role {
  /** This request's own fill, not somebody else's. */
  readonly leading: boolean
  /** Where to note that answers for this key are not to be waited for. */
  readonly markKey: string
}

type Shared = Extract<FillOutcome, { kind: 'Shared' }>
type Unshared = Extract<FillOutcome, { kind: 'Unshared' }>
type Validated = Extract<FillOutcome, { kind: 'Validated' }>

const nothing = (): undefined => undefined

/** Asks the origin for this request alone, as the client sent it. */
const alone = (flow: Flow, result: Result): Promise<Outcome> =>
  forward(flow.context, flow.exchange, { result })

const staleUntil = (flow: Flow, until: Milliseconds): Entry | undefined =>
  flow.context.now() < until ? flow.lookup.entry : undefined

const serveStale = (flow: Flow, entry: Entry, status?: number): Promise<Outcome> =>
  sendEntry(flow.exchange, entry, currentAge(entry.head, flow.context.now()), {
    result: 'stale_error',
    ...(status === undefined ? {} : { originStatus: status })
  })

/** Whether the leader's answer is this waiter's as well: same variant, and allowed for its credentials. */
const fits = (flow: Flow, fill: Fill, shared: Shared): boolean => {
  const { cacheable, exchange, context } = flow
  if (!shared.body.canJoin(context.patienceMs)) return false
  if (storability(shared.head, cacheable.rule, cacheable.credentials).kind === 'Refuse') return false
  const select = (headers: readonly string[]): string => variantKey(cacheable.key, shared.vary, headers)
  return select(exchange.towardsOrigin) === select(fill.headers)
}

const stream = async (flow: Flow, shared: Shared, head: StoredHead, outcome: Outcome): Promise<Outcome> => {
  const { exchange } = flow
  const sent = { ...head, headers: forwardedHeaders(head.headers, outcome) }
  if (notModified(exchange.request, head)) {
    await exchange.send(asNotModified(sent))
    return outcome
  }
  const reader = shared.body.reader()
  try {
    await exchange.send(sent, reader)
  } finally {
    reader.destroy()
  }
  return outcome
}

/**
 * Whether the answer may be sent, which cannot be taken back. Where a stale one may stand in for an error, it is
 * held back until it is whole or too large for that; a waiter sees it begin, as long as it would wait for a head.
 */
const ready = async (flow: Flow, { body }: Shared, role: Role): Promise<boolean> => {
  const { patienceMs } = flow.context
  if (staleUntil(flow, flow.errorUntil)) {
    const how = await within(patienceMs, body.settled, nothing)
    return how === 'Whole' || how === 'TooLarge'
  }
  return (
    role.leading ||
    within(
      patienceMs,
      body.begun.then(() => true),
      () => false
    )
  )
}

/** What the origin's own answer says of its route; errors say nothing, nor do answers to credentials. */
const learn = (flow: Flow, status: number, answer: 'Shared' | 'Unshared'): void => {
  const { context, cacheable, exchange } = flow
  const { authorization, cookie } = cacheable.credentials
  if (status >= 300 || authorization || cookie) return
  context.fills.routes.learn(routeOf(cacheable.rule, exchange.request.target), answer)
}

const sendShared = (
  flow: Flow,
  fill: Fill,
  shared: Shared,
  { leading, markKey, sendable }: Role & { readonly sendable: boolean }
): Promise<Outcome> => {
  flow.context.fills.markCacheable(markKey)
  const ttlMs = freshnessOf(shared.head, flow.cacheable.rule).lifetimeMs
  const common = { originStatus: shared.head.status, ttlMs, ...(flow.why ? { why: flow.why } : {}) }
  if (leading) {
    learn(flow, shared.head.status, 'Shared')
    return stream(flow, shared, shared.head, { result: 'miss', stored: true, ...common })
  }
  if (!sendable || !fits(flow, fill, shared)) return alone(flow, 'miss')
  noteShared(flow.exchange.trace, fill.trace)
  return stream(flow, shared, kept(shared.head), { result: 'coalesced', ...common })
}

const deliverShared = async (flow: Flow, fill: Fill, shared: Shared, role: Role): Promise<Outcome> => {
  const stale = staleUntil(flow, flow.errorUntil)
  // Keeps the body's beginning while it is held back.
  const holder = stale && shared.body.reader()
  const sendable = await ready(flow, shared, role)
  const answer =
    stale && !sendable
      ? serveStale(flow, stale, shared.head.status)
      : sendShared(flow, fill, shared, { ...role, sendable })
  holder?.destroy()
  return answer
}

const deliverUnshared = async (flow: Flow, unshared: Unshared, role: Role): Promise<Outcome> => {
  const { exchange, context } = flow
  const { status } = unshared.head
  const stale = status >= 500 ? staleUntil(flow, flow.errorUntil) : undefined
  if (status < 500) context.fills.markUncacheable(role.markKey)
  if (stale) {
    if (role.leading) unshared.answer.body.destroy()
    return serveStale(flow, stale, status)
  }
  if (!role.leading) return alone(flow, 'miss')
  learn(flow, status, 'Unshared')
  const outcome: Outcome = { result: 'miss', originStatus: status, why: unshared.why }
  const head = { ...unshared.head, headers: forwardedHeaders(unshared.head.headers, outcome) }
  if (notModified(exchange.request, head)) {
    unshared.answer.body.destroy()
    await exchange.send(asNotModified(head))
  } else await exchange.send(head, unshared.answer.body)
  return outcome
}

/** A cookie that came with a 304 is for the one whose request it answered. */
const deliverValidated = (flow: Flow, { entry, cookies }: Validated, role: Role): Promise<Outcome> => {
  const ageMs = currentAge(entry.head, flow.context.now())
  if (!role.leading) return sendEntry(flow.exchange, entry, ageMs, { result: 'coalesced', originStatus: 304 })
  const head = { ...entry.head, headers: [...entry.head.headers, ...cookies] }
  return sendEntry(flow.exchange, { ...entry, head }, ageMs, { result: 'revalidated', originStatus: 304 })
}

const deliverCompleted = (flow: Flow, entry: Entry, role: Role): Promise<Outcome> =>
  sendEntry(flow.exchange, entry, currentAge(entry.head, flow.context.now()), {
    result: role.leading ? 'miss' : 'coalesced',
    originStatus: 206,
    stored: true,
    why: 'Partial'
  })

const deliver = (flow: Flow, fill: Fill, outcome: FillOutcome, role: Role): Promise<Outcome> => {
  const noted = outcome.kind === 'Validated' || outcome.kind === 'Completed'
  if (noted && !role.leading) noteShared(flow.exchange.trace, fill.trace)
  switch (outcome.kind) {
    case 'Shared':
      return deliverShared(flow, fill, outcome, role)
    case 'Unshared':
      return deliverUnshared(flow, outcome, role)
    case 'Validated':
      return deliverValidated(flow, outcome, role)
    case 'Completed':
      return deliverCompleted(flow, outcome.entry, role)
    case 'Failed':
      return role.leading ? deliverFailure(flow, outcome.error) : deliverToWaiter(flow)
  }
}

/** The leader failed: a waiter has its own stale answer, or asks for itself. */
const deliverToWaiter = (flow: Flow): Promise<Outcome> => {
  const stale = staleUntil(flow, flow.disconnectedUntil)
  return stale ? serveStale(flow, stale) : alone(flow, 'miss')
}

/** The origin could not be reached or broke off before its answer. */
export const deliverFailure = (flow: Flow, error: unknown): Promise<Outcome> => {
  const stale = staleUntil(flow, flow.disconnectedUntil)
  if (stale) return serveStale(flow, stale)
  const fields = { err: error, rule: flow.cacheable.rule?.name, ...logFields(flow.exchange.trace) }
  flow.context.log.warn(fields, 'the origin did not answer')
  return sendOriginFailure(flow.exchange, error)
}

/** The fill goes on for those who come later; what only its leader could have had is let go. */
const leaveBehind = (flow: Flow, fill: Fill): void => {
  const fields = { rule: flow.cacheable.rule?.name, ...logFields(fill.trace) }
  flow.context.log.warn(fields, 'the origin takes too long, a stale answer stands in')
  void fill.outcome.then((late) => {
    if (late.kind === 'Unshared') late.answer.body.destroy()
  })
}

/** The stale answer, where it may stand in for an error. */
export const deliverStale = (flow: Flow): Promise<Outcome> | undefined => {
  const stale = staleUntil(flow, flow.errorUntil)
  return stale && serveStale(flow, stale)
}

/** Undefined when it takes longer than the patience. Only a leader without a stale answer has no other choice. */
const awaited = async (flow: Flow, fill: Fill, role: Role): Promise<FillOutcome | undefined> => {
  const { exchange, context } = flow
  fill.hold()
  const left = (): void => fill.release()
  exchange.gone.addEventListener('abort', left, { once: true })
  const patient = role.leading && !staleUntil(flow, flow.errorUntil)
  const outcome = patient ? await fill.outcome : await within(context.patienceMs, fill.outcome, nothing)
  exchange.gone.removeEventListener('abort', left)
  if (exchange.gone.aborted) {
    if (role.leading && outcome?.kind === 'Unshared') outcome.answer.body.destroy()
    throw new Error('the client left')
  }
  if (outcome || !role.leading) fill.release()
  else leaveBehind(flow, fill)
  return outcome
}

/** Waits for a fill and answers from what came of it. */
export const deliverFill = async (flow: Flow, fill: Fill, role: Role): Promise<Outcome> => {
  const stale = staleUntil(flow, flow.errorUntil)
  const outcome = await awaited(flow, fill, role)
  if (outcome) return deliver(flow, fill, outcome, role)
  return stale ? serveStale(flow, stale) : alone(flow, 'miss')
}
