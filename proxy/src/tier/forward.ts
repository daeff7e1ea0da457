import type { Bytes, Policy } from '@alexandrite/api'
import { forwardedHeaders } from '../engine/answer.ts'
import type { Outcome } from '../engine/cache-status.ts'
import type { PurgeTargets } from '../engine/invalidate.ts'
import { invalidatedBy, isSafe } from '../engine/invalidate.ts'
import type { ResponseHead } from '../engine/message.ts'
import type { Body } from '../http/body.ts'
import { boundedBody, BodyTooLarge } from '../http/bounded-body.ts'
import type { Exchange } from '../http/exchange.ts'
import { OriginError } from '../origin/errors.ts'
import type { Origin, OriginAnswer } from '../origin/origin.ts'
import { askOrigin, logFields } from '../telemetry/traced.ts'
import { refuseBody, sendOriginFailure } from './send.ts'
import type { Warnings } from './warnings.ts'

export interface WriteInvalidator {
  /** Purges what a write made stale and resolves when all know, or when waiting longer would hold up the client. */
  afterWrite(targets: PurgeTargets): Promise<void>
}

export interface ForwardContext {
  readonly policy: () => Policy | undefined
  readonly origin: Origin
  readonly writes: WriteInvalidator
  /** See TrafficLimits. */
  readonly maxRequestBodyBytes: () => Bytes
  readonly log: Warnings
}

/**
 * Asked with an answer whether to keep it. What it returns is called as soon as this pod's own purge is in effect,
 * and gives the body that goes to the client.
 */
export type Keeper = (answer: OriginAnswer) => (() => Body) | undefined

/** Of a write whose answer was lost nobody knows whether it happened: it counts as done. */
const ASSUMED_DONE: ResponseHead = { status: 200, statusText: '', headers: [] }

const fetchOnce = (
  context: ForwardContext,
  exchange: Exchange,
  body: Body | undefined
): Promise<OriginAnswer> => {
  const { method, target } = exchange.request
  const request = {
    method,
    target,
    headers: exchange.towardsOrigin,
    body,
    onInterim: (head: ResponseHead) => exchange.interim(head)
  }
  // A write goes on when its client leaves: what it changes must be purged all the same.
  const safe = isSafe(method) ? { ...request, signal: exchange.gone } : request
  return askOrigin(context.origin, safe, exchange.trace)
}

const invalidate = async (context: ForwardContext, exchange: Exchange, head: ResponseHead): Promise<void> => {
  const targets = invalidatedBy(exchange.request, head, context.policy())
  if (targets) await context.writes.afterWrite(targets)
}

const tooLargeMidway = (error: unknown): boolean =>
  error instanceof OriginError && error.cause instanceof BodyTooLarge

const sendFailure = async (context: ForwardContext, exchange: Exchange, error: unknown): Promise<Outcome> => {
  // The origin was not asked at all.
  if (error instanceof BodyTooLarge) return refuseBody(exchange)
  await invalidate(context, exchange, ASSUMED_DONE)
  if (exchange.gone.aborted) throw error
  if (tooLargeMidway(error)) return refuseBody(exchange)
  const fields = { err: error, method: exchange.request.method, ...logFields(exchange.trace) }
  context.log.warn(fields, 'the origin did not answer')
  return sendOriginFailure(exchange, error)
}

/**
 * Passes a request on as it is and its answer back, storing nothing unless a keeper says so. What a successful write made stale is
 * purged before its answer goes out.
 */
export const forward = async (
  context: ForwardContext,
  exchange: Exchange,
  outcome: Outcome,
  keeper?: Keeper
): Promise<Outcome> => {
  let answer: OriginAnswer
  try {
    const body = exchange.body && boundedBody(exchange.body, context.maxRequestBodyBytes())
    answer = await fetchOnce(context, exchange, body)
  } catch (error) {
    return sendFailure(context, exchange, error)
  }
  const keep = keeper?.(answer)
  const purged = invalidate(context, exchange, answer.head)
  const body = keep?.() ?? answer.body
  await purged
  const known: Outcome = { ...outcome, originStatus: answer.head.status }
  await exchange.send({ ...answer.head, headers: forwardedHeaders(answer.head.headers, known) }, body)
  return known
}
