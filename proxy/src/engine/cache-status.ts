import type { PassReason } from './classify.ts'
import type { Refusal } from './storable.ts'

/** How a request was answered; the label `result` of the metrics. */
export type Result =
  | 'hit'
  | 'stale' // stale-while-revalidate or max-stale
  | 'stale_error' // stale-if-error
  | 'revalidated'
  | 'coalesced'
  | 'miss'
  | 'hit_for_miss' // recently found uncacheable: not waited for others
  | 'pass'
  | 'error' // answered by the tier with 502 or 504, or broke off
  | 'refused' // the client's request goes beyond a limit: 413
  | 'aborted' // the client left before its answer was complete

export interface Outcome {
  readonly result: Result
  readonly ttlMs?: number
  readonly originStatus?: number
  readonly stored?: boolean
  readonly why?:
    PassReason | Refusal | 'OnlyIfCached' | 'OriginUnreachable' | 'BodyTooLarge' | 'Request' | 'Partial'
}

/** The name under which the tier reports in Cache-Status. */
export const CACHE_NAME = 'Alexandrite'
/** Its pseudonym in Via (RFC 9110 §7.6.3). */
export const VIA = 'alexandrite'

const FORWARD: Record<Result, string | undefined> = {
  hit: undefined,
  stale: undefined,
  stale_error: 'stale',
  revalidated: 'stale',
  coalesced: 'miss',
  miss: 'miss',
  hit_for_miss: 'miss',
  pass: 'bypass',
  error: 'miss',
  refused: undefined,
  aborted: undefined
}

const forwardReason = (outcome: Outcome): string | undefined => {
  if (outcome.why === 'Method') return 'method'
  if (outcome.why === 'Partial') return 'partial'
  // Of a request it means that the client forbids storing; of a miss, that the origin does.
  const forbidden = outcome.result === 'pass' && outcome.why === 'NoStore'
  if (outcome.why === 'Request' || forbidden) return 'request'
  return FORWARD[outcome.result]
}

const DETAIL: Partial<Record<Result, string>> = {
  stale_error: 'stale-if-error',
  hit_for_miss: 'hit-for-miss'
}

const secondsOf = (ttlMs: number): number => Math.floor(ttlMs / 1000)

/** The same as cacheStatus says of a hit. */
export const hitStatus = (ttlMs: number): string => `${CACHE_NAME}; hit; ttl=${secondsOf(ttlMs)}`

/** The member that the tier appends to Cache-Status (RFC 9211). */
export const cacheStatus = (outcome: Outcome): string => {
  const parts: string[] = [CACHE_NAME]
  const fwd = forwardReason(outcome)
  parts.push(fwd === undefined ? 'hit' : `fwd=${fwd}`)
  if (outcome.originStatus !== undefined) parts.push(`fwd-status=${outcome.originStatus}`)
  if (outcome.ttlMs !== undefined) parts.push(`ttl=${secondsOf(outcome.ttlMs)}`)
  if (outcome.stored) parts.push('stored')
  if (outcome.result === 'coalesced') parts.push('collapsed')
  const detail = DETAIL[outcome.result] ?? outcome.why
  if (detail !== undefined && fwd !== undefined && fwd !== 'method') parts.push(`detail=${detail}`)
  return parts.join('; ')
}
