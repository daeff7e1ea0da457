import type { Outcome, Result } from '../engine/cache-status.ts'
import { forwardedHeaders } from '../engine/answer.ts'
import { describes, expired, freshened, unconditional } from '../engine/conditional.ts'
import { currentAge, freshnessOf } from '../engine/freshness.ts'
import type { StoredHead, Timing } from '../engine/message.ts'
import type { OriginAnswer } from '../origin/origin.ts'
import type { Stamp } from '../epochs/epochs.ts'
import type { Entry } from '../store/entry.ts'
import { askOrigin } from '../telemetry/traced.ts'
import { deliverFailure } from './deliver.ts'
import type { Flow } from './flow.ts'
import { forward } from './forward.ts'
import { sendEntry } from './send.ts'

/** Keeps the stored answer to a GET with another head. */
const keepAs = (flow: Flow, entry: Entry, head: StoredHead, stamp: Stamp): Entry => {
  const { context, exchange, cacheable } = flow
  const renewed: Entry = { ...entry, head, stamp }
  const freshness = freshnessOf(head, cacheable.rule)
  context.cache.keep(cacheable.key, exchange.towardsOrigin, renewed, freshness)
  return renewed
}

/** RFC 9111 §4.3.5: a HEAD's answer updates the stored answer to a GET that it describes, and makes another stale. */
const update = async (
  flow: Flow,
  entry: Entry,
  answer: OriginAnswer,
  { stamp, ...timing }: Timing & { readonly stamp: Stamp }
): Promise<Outcome> => {
  const { exchange, context } = flow
  answer.body.destroy()
  const originStatus = answer.head.status
  if (originStatus === 200 && describes(answer.head, entry.head, entry.body.length)) {
    const renewed = keepAs(flow, entry, freshened(entry.head, answer.head, timing), stamp)
    const ageMs = currentAge(renewed.head, context.now())
    return sendEntry(exchange, renewed, ageMs, { result: 'revalidated', originStatus })
  }
  if (originStatus === 200) keepAs(flow, entry, expired(entry.head), stamp)
  const outcome: Outcome = { result: 'miss', originStatus }
  await exchange.send({ ...answer.head, headers: forwardedHeaders(answer.head.headers, outcome) })
  return outcome
}

/** A HEAD that the store cannot answer: the origin is asked for this request alone. */
export const headThrough = async (flow: Flow, result: Result): Promise<Outcome> => {
  const { context, exchange, lookup } = flow
  const { entry } = lookup
  if (entry?.head.status !== 200) return forward(context, exchange, { result })
  const stamp = context.epochs.epochs.stamp()
  const requestedAt = context.now()
  const headers = unconditional(exchange.towardsOrigin)
  const request = { method: 'HEAD', target: exchange.request.target, headers, signal: exchange.gone }
  let answer: OriginAnswer
  try {
    answer = await askOrigin(context.origin, request, exchange.trace)
  } catch (error) {
    if (exchange.gone.aborted) throw error
    return deliverFailure(flow, error)
  }
  return update(flow, entry, answer, { stamp, requestedAt, receivedAt: context.now() })
}
