import type { Outcome } from '../engine/cache-status.ts'
import type { Cacheable, Pass } from '../engine/classify.ts'
import { decide } from '../engine/decide.ts'
import type { Decision } from '../engine/decide.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Entry } from '../store/entry.ts'
import { logFields, timedLookup } from '../telemetry/traced.ts'
import { forward } from './forward.ts'
import type { Flow, Handled, HandlerContext } from './flow.ts'
import { runFill } from './fill.ts'
import { identify } from './identify.ts'
import { Fill } from './fills.ts'
import { deliverFill } from './deliver.ts'
import { sendEntry, sendError } from './send.ts'

const pass = (context: HandlerContext, exchange: Exchange, why: Pass['why']): Promise<Outcome> =>
  forward(context, exchange, context.policy(), { result: 'pass', why })

/** Starts the one request to the origin for this flow; others find it by its key. */
const lead = (flow: Flow, key: string | undefined): Fill => {
  const { context, exchange, cacheable, lookup } = flow
  const stamp = context.epochs.epochs.stamp()
  const fill = new Fill(stamp, exchange.towardsOrigin, (signal) =>
    runFill(context, {
      cacheable,
      target: exchange.request.target,
      headers: exchange.towardsOrigin,
      stale: lookup.entry,
      stamp,
      signal,
      trace: exchange.trace
    })
  )
  fill.trace = exchange.trace
  return key === undefined ? fill : context.fills.lead(key, fill)
}

const findFill = (flow: Flow, key: string): Fill | undefined =>
  flow.context.fills.find(key, (stamp) => flow.context.epochs.epochs.alive(stamp, flow.cacheable.marks))

/** Renews a stale answer behind the client's back; one at a time for each key. */
const renew = (flow: Flow): void => {
  const { fillKey } = flow.lookup
  if (findFill(flow, fillKey)) return
  const fill = lead(flow, fillKey)
  fill.hold()
  void fill.outcome.then((outcome) => {
    if (outcome.kind === 'Unshared') outcome.answer.body.destroy()
    if (outcome.kind === 'Failed')
      flow.context.log.warn(
        { err: outcome.error, rule: flow.cacheable.rule?.name, ...logFields(fill.trace) },
        'renewing a stale answer failed'
      )
  })
}

/** The origin is asked: with others who wait for the same, or alone where that cannot be shared. */
const fetchThrough = async (flow: Flow): Promise<Outcome> => {
  const { context, exchange, cacheable, lookup } = flow
  const key = lookup.fillKey
  const ownCredentials = cacheable.credentials.authorization || cacheable.credentials.cookie
  const markKey = ownCredentials ? `${key}|credentials` : key
  const result = context.fills.isUncacheable(markKey) ? 'hit_for_miss' : 'miss'
  if (exchange.request.method === 'HEAD' || (result === 'hit_for_miss' && !lookup.entry))
    return forward(context, exchange, context.policy(), { result })
  const waiting = ownCredentials ? undefined : findFill(flow, key)
  const fill = waiting ?? lead(flow, ownCredentials ? undefined : key)
  return deliverFill(flow, fill, { leading: waiting === undefined, markKey })
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

const cached = async (
  context: HandlerContext,
  exchange: Exchange,
  cacheable: Cacheable
): Promise<Outcome> => {
  const asked = context.cache.find(cacheable, exchange.request.headers)
  const lookup = exchange.trace ? await timedLookup(asked, exchange.trace) : await asked
  const decision = decide(exchange.request, cacheable, lookup.entry?.head, context.now())
  const revalidating = decision.kind === 'Revalidate'
  const usable = decision.kind === 'Fetch' ? { entry: undefined, fillKey: lookup.fillKey } : lookup
  const flow: Flow = {
    context,
    exchange,
    cacheable,
    lookup: usable,
    errorUntil: revalidating ? decision.errorUntil : 0,
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
