import type { Outcome } from '../engine/cache-status.ts'
import type { Cacheable, Pass } from '../engine/classify.ts'
import { decide } from '../engine/decide.ts'
import type { Decision } from '../engine/decide.ts'
import { header } from '../engine/headers.ts'
import type { ResponseHead } from '../engine/message.ts'
import { hasValidator } from '../engine/storable.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Entry } from '../store/entry.ts'
import { logFields, timedLookup } from '../telemetry/traced.ts'
import { forward } from './forward.ts'
import type { Flow, Handled, HandlerContext } from './flow.ts'
import { runFill } from './fill.ts'
import type { FillPlan, Purpose } from './fill.ts'
import { headThrough } from './head.ts'
import { keeperOf } from './post.ts'
import { identify } from './identify.ts'
import type { Lookup } from './lookup.ts'
import { Fill } from './fills.ts'
import { routeOf } from './routes.ts'
import { deliverFill, deliverStale } from './deliver.ts'
import { sendEntry, sendError } from './send.ts'

const pass = (context: HandlerContext, exchange: Exchange, why: Pass['why']): Promise<Outcome> =>
  forward(context, exchange, { result: 'pass', why }, keeperOf(context, exchange))

type OnInterim = FillPlan['onInterim']

/** Starts the one request to the origin for this flow; others find it by its key. */
const lead = (flow: Flow, key: string | undefined, onInterim: OnInterim): Fill => {
  const { context, exchange, cacheable, purpose } = flow
  const stamp = context.epochs.epochs.stamp()
  const fill = new Fill(stamp, exchange.towardsOrigin, (signal) =>
    runFill(context, {
      cacheable,
      target: exchange.request.target,
      headers: exchange.towardsOrigin,
      purpose,
      stamp,
      signal,
      trace: exchange.trace,
      onInterim
    })
  )
  fill.trace = exchange.trace
  return key === undefined ? fill : context.fills.lead(key, fill)
}

const findFill = (flow: Flow, key: string): Fill | undefined =>
  flow.context.fills.find(key, (stamp) => flow.context.epochs.epochs.alive(stamp, flow.cacheable.marks))

/** Asks the origin behind the client's back. */
const leadBehind = (flow: Flow, key: string): Fill => {
  const fill = lead(flow, key, undefined)
  fill.hold()
  void fill.outcome.then((outcome) => {
    if (outcome.kind === 'Unshared') outcome.answer.body.destroy()
    if (outcome.kind === 'Failed')
      flow.context.log.warn(
        { err: outcome.error, rule: flow.cacheable.rule?.name, ...logFields(fill.trace) },
        'renewing a stale answer failed'
      )
  })
  return fill
}

/** Renews a stale answer behind the client's back; one at a time for each key. */
const renew = (flow: Flow): void => {
  const { fillKey } = flow.lookup
  if (!findFill(flow, fillKey)) leadBehind(flow, fillKey)
}

/**
 * A stale answer at once, where one may stand in for an error and the origin lets those who asked wait too long
 * already. It is asked again from time to time, and nobody waits for that.
 */
const whileStalled = (flow: Flow, key: string): Promise<Outcome> | undefined => {
  const { fills, patienceMs } = flow.context
  const trouble = fills.trouble(key, patienceMs)
  const answer = trouble && deliverStale(flow)
  if (answer && trouble === 'AskAgain') leadBehind(flow, key).behindStalled = true
  return answer
}

/** Under what others find this flow's fill: those that ask for the same ranges, or for all of it. */
const fillKeyOf = ({ exchange, lookup, purpose }: Flow): string => {
  if (purpose.kind !== 'Ranges') return lookup.fillKey
  const field = (name: string): string => header(exchange.request.headers, name) ?? ''
  return `${lookup.fillKey}|r:${field('range')}|${field('if-range')}`
}

/** Whether the answer under way is likely for its own client alone, going by what its route answered lately. */
const likelyUnshared = ({ context, cacheable, exchange, lookup }: Flow, fill: Fill): boolean =>
  lookup.entry === undefined &&
  fill.body === undefined &&
  context.fills.routes.expectsUnshared(routeOf(cacheable.rule, exchange.request.target)) &&
  fill.mayGuess()

const askWithOthers = (flow: Flow, key: string, markKey: string): Promise<Outcome> => {
  const { exchange, cacheable } = flow
  const ownCredentials = cacheable.credentials.authorization || cacheable.credentials.cookie
  const meanwhile = ownCredentials ? undefined : whileStalled(flow, key)
  if (meanwhile) return meanwhile
  const found = ownCredentials ? undefined : findFill(flow, key)
  const waiting = found && !likelyUnshared(flow, found) ? found : undefined
  const onInterim = (head: ResponseHead): void => {
    if (!exchange.gone.aborted) exchange.interim(head)
  }
  const fill = waiting ?? lead(flow, ownCredentials || found ? undefined : key, onInterim)
  return deliverFill(flow, fill, { leading: waiting === undefined, markKey })
}

/** The origin is asked: with others who wait for the same, or alone where that cannot be shared. */
const fetchThrough = (flow: Flow): Promise<Outcome> => {
  const { context, exchange, cacheable, lookup } = flow
  const key = fillKeyOf(flow)
  const ownCredentials = cacheable.credentials.authorization || cacheable.credentials.cookie
  const markKey = ownCredentials ? `${key}|credentials` : key
  const result = context.fills.isUncacheable(markKey) ? 'hit_for_miss' : 'miss'
  if (exchange.request.method === 'HEAD') return headThrough(flow, result)
  if (result === 'hit_for_miss' && !lookup.entry) return forward(context, exchange, { result })
  return askWithOthers(flow, key, markKey)
}

/** What of the representation the origin is asked for, if it is asked. */
const purposeOf = (cacheable: Cacheable, decision: Decision, entry: Entry | undefined): Purpose => {
  const part = entry?.head.status === 206 ? entry : undefined
  if (part && decision.kind === 'Complete') return { kind: 'Rest', part }
  const stale = part || decision.kind === 'Fetch' ? undefined : entry
  // A stored answer that can be validated serves the ranges afterwards.
  const whole = !cacheable.ranges || (stale && hasValidator(stale.head))
  return whole ? { kind: 'Whole', stale } : { kind: 'Ranges', part }
}

const act = async (flow: Flow, decision: Decision, entry: Entry | undefined): Promise<Outcome> => {
  const { exchange } = flow
  if (entry && (decision.kind === 'Serve' || decision.kind === 'ServeAndRenew')) {
    if (decision.kind === 'ServeAndRenew') renew(flow)
    const result = decision.freshForMs > 0 ? 'hit' : 'stale'
    return sendEntry(exchange, entry, decision.ageMs, { result, ttlMs: decision.freshForMs })
  }
  if (decision.kind === 'Unsatisfiable') return sendError(exchange, 504, 'OnlyIfCached')
  return fetchThrough(flow)
}

const lookUp = (context: HandlerContext, exchange: Exchange, cacheable: Cacheable): Promise<Lookup> => {
  const asked = context.cache.find(cacheable, exchange.request.headers)
  return exchange.trace ? timedLookup(asked, exchange.trace) : asked
}

/** What was looked up before belongs to the policy of that moment. */
const knownLookup = ({ classified }: Exchange, cacheable: Cacheable): Lookup | undefined =>
  classified?.classification === cacheable ? classified.lookup : undefined

const cached = async (
  context: HandlerContext,
  exchange: Exchange,
  cacheable: Cacheable
): Promise<Outcome> => {
  const lookup = knownLookup(exchange, cacheable) ?? (await lookUp(context, exchange, cacheable))
  const decision = decide(exchange.request, cacheable, lookup.entry?.head, context.now())
  const revalidating = decision.kind === 'Revalidate'
  const usable = decision.kind === 'Fetch' ? { entry: undefined, fillKey: lookup.fillKey } : lookup
  const flow: Flow = {
    context,
    exchange,
    cacheable,
    lookup: usable,
    purpose: purposeOf(cacheable, decision, lookup.entry),
    errorUntil: revalidating ? decision.errorUntil : 0,
    disconnectedUntil: revalidating ? decision.disconnectedUntil : 0,
    why: revalidating && decision.why === 'Request' ? 'Request' : undefined
  }
  return act(flow, decision, usable.entry)
}

/** Answers one request; rejects only when the client left or an answer broke off midway. */
export const handle = async (context: HandlerContext, exchange: Exchange): Promise<Handled> => {
  const classification = await identify(context, exchange)
  const outcome =
    classification.kind === 'Pass'
      ? await pass(context, exchange, classification.why)
      : await cached(context, exchange, classification)
  return { outcome, rule: classification.rule }
}
