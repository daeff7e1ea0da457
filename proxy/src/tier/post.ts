import { classify } from '../engine/classify.ts'
import type { Cacheable } from '../engine/classify.ts'
import { answersGet } from '../engine/invalidate.ts'
import type { StoredHead } from '../engine/message.ts'
import { declaredTooLarge, kept, storability } from '../engine/storable.ts'
import type { Storability } from '../engine/storable.ts'
import type { Exchange } from '../http/exchange.ts'
import type { OriginAnswer } from '../origin/origin.ts'
import type { HandlerContext } from './flow.ts'
import type { Keeper } from './forward.ts'
import { SharedBody } from './shared-body.ts'

type Storable = Extract<Storability, { kind: 'Store' }>

const asGet = (context: HandlerContext, { request }: Exchange): Cacheable | undefined => {
  const { target, headers } = request
  const classification = classify({ method: 'GET', target, headers }, context.policy())
  return classification.kind === 'Cacheable' && !classification.ranges ? classification : undefined
}

/** Only what its origin said itself (RFC 9110 §9.3.3): no ttl, no heuristic. */
const verdictOf = (context: HandlerContext, head: StoredHead, cacheable: Cacheable): Storable | undefined => {
  const verdict = storability(head, cacheable.rule, cacheable.credentials)
  if (verdict.kind === 'Refuse' || verdict.freshness.source !== 'Origin') return undefined
  const maxObjectBytes = context.maxObjectBytes()
  return verdict.freshness.lifetimeMs > 0 && !declaredTooLarge(head, { maxObjectBytes }) ? verdict : undefined
}

/**
 * Keeps the answer to a POST for later GETs, where the origin says by Content-Location that it is theirs. Not when
 * somebody else's write was purged while it was under way, whose effect the answer may lack; and not with a shared
 * store, whose own count of this purge comes too late to tell.
 */
export const keeperOf = (context: HandlerContext, exchange: Exchange): Keeper | undefined => {
  if (exchange.request.method !== 'POST' || context.epochs.shared) return undefined
  const { epochs } = context.epochs
  const before = epochs.stamp()
  const requestedAt = context.now()
  return (answer: OriginAnswer) => {
    if (!answersGet(exchange.request, answer.head)) return undefined
    const cacheable = asGet(context, exchange)
    if (!cacheable || !epochs.alive(before, cacheable.marks)) return undefined
    const head = { ...answer.head, requestedAt, receivedAt: context.now(), jitter: Math.random() }
    const verdict = verdictOf(context, head, cacheable)
    if (!verdict) return undefined
    return () => {
      const stamp = epochs.stamp()
      const body = new SharedBody(answer.body, context.maxObjectBytes())
      void body.whole.then((whole) => {
        if (!whole) return
        const { vary, freshness } = verdict
        const { key, marks } = cacheable
        const entry = { kind: 'Answer', head: kept(head), body: whole, vary, marks, stamp } as const
        context.cache.keep(key, exchange.towardsOrigin, entry, freshness)
      })
      return body.reader()
    }
  }
}
