import type { Milliseconds, PolicyLimits, PolicyRule } from '@alexandrite/api'
import { namedFields } from './cache-control.ts'
import type { Directives } from './cache-control.ts'
import { factsOf } from './facts.ts'
import type { Facts } from './facts.ts'
import type { Freshness } from './freshness.ts'
import { freshnessOf } from './freshness.ts'
import { hasHeader, header, withoutHeaders } from './headers.ts'
import type { ResponseHead, StoredHead } from './message.ts'
import type { Credentials } from './request-facts.ts'

/** Why an answer is not stored, or not given to this request. */
export type Refusal =
  | 'Status' // not final, a part in a form that is not kept, or not understood where that is a must
  | 'NoStore'
  | 'Private'
  | 'VaryAny' // Vary: *
  | 'SetCookie'
  | 'Authorization' // RFC 9111 §3.5
  | 'Cookie' // freshness that the origin did not state does not cover requests with cookies that the key leaves out
  | 'NoFreshness' // neither the origin nor a rule says how long, and nothing to validate with
  | 'TooLarge'

export type Storability =
  | { readonly kind: 'Store'; readonly freshness: Freshness; readonly vary: readonly string[] }
  | { readonly kind: 'Refuse'; readonly why: Refusal }

/** How long a stale answer with a validator is kept to be revalidated. */
const VALIDATOR_GRACE_MS = 60_000
const NEVER_STORED = new Set([304, 416])

/** Final statuses whose meaning RFC 9110 §15 gives, for must-understand (RFC 9111 §5.2.2.3). */
const UNDERSTOOD = new Set([
  ...[200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 417, 421, 422, 426],
  ...[500, 501, 502, 503, 504, 505]
])

const storableStatus = (head: ResponseHead, { directives, part }: Facts): boolean => {
  if (head.status < 200 || NEVER_STORED.has(head.status)) return false
  if (head.status === 206 && !part) return false
  return !directives.has('must-understand') || UNDERSTOOD.has(head.status)
}

/** True when the rule sets aside the origin's no-store, private and Set-Cookie. */
const prohibitionsIgnored = (rule: PolicyRule | undefined): boolean =>
  rule?.freshness.overrideOrigin === true && rule.freshness.ignoreOriginProhibition

/** An understood must-understand sets no-store aside: that is for caches that do not know the status. */
const noStore = (directives: Directives): boolean =>
  directives.has('no-store') && !directives.has('must-understand')

const prohibited = (facts: Facts, rule: PolicyRule | undefined): Refusal | undefined => {
  if (!prohibitionsIgnored(rule) && noStore(facts.directives)) return 'NoStore'
  if (!prohibitionsIgnored(rule) && facts.privateToOne) return 'Private'
  return facts.vary.includes('*') ? 'VaryAny' : undefined
}

/** RFC 9111 §3.5: what lets an answer to a request with Authorization be shared. */
const SHARED_BY = ['public', 's-maxage', 'must-revalidate']

const credentialRefusal = (
  facts: Facts,
  freshness: Freshness,
  credentials: Credentials
): Refusal | undefined => {
  if (credentials.authorization && !SHARED_BY.some((name) => facts.directives.has(name)))
    return 'Authorization'
  const unstated = freshness.source === 'Rule' || freshness.source === 'Heuristic'
  return credentials.cookie && unstated ? 'Cookie' : undefined
}

/**
 * An answer that sets a cookie was made for one client. It is kept, without the cookie, where somebody said that
 * it is for all: its origin with an explicit lifetime, or a rule with overrideOrigin.
 */
const cookieRefusal = (
  facts: Facts,
  freshness: Freshness,
  rule: PolicyRule | undefined
): Refusal | undefined =>
  facts.setsCookie && freshness.source !== 'Origin' && !rule?.freshness.overrideOrigin
    ? 'SetCookie'
    : undefined

export const hasValidator = (head: StoredHead): boolean =>
  hasHeader(head.headers, 'etag') || hasHeader(head.headers, 'last-modified')

const staleMs = (freshness: Freshness): Milliseconds =>
  freshness.neverStale || freshness.alwaysValidate
    ? 0
    : Math.max(freshness.staleWhileRevalidateMs, freshness.staleIfErrorMs)

/** How long an answer is of any use after it was received: fresh, stale, or to be revalidated. */
export const retentionMs = (head: StoredHead, freshness: Freshness): Milliseconds => {
  const { lifetimeMs, neverStale, staleIfDisconnectedMs } = freshness
  const disconnected = neverStale || lifetimeMs === 0 ? 0 : staleIfDisconnectedMs
  return lifetimeMs + Math.max(staleMs(freshness), disconnected, hasValidator(head) ? VALIDATOR_GRACE_MS : 0)
}

/**
 * Whether a shared cache may keep this answer and give it to such a request (RFC 9111 §3, §3.5). Asked when
 * an answer arrives and again whenever it is found, with the policy of that moment.
 */
export const storability = (
  head: StoredHead,
  rule: PolicyRule | undefined,
  credentials: Credentials
): Storability => {
  const facts = factsOf(head)
  if (!storableStatus(head, facts)) return { kind: 'Refuse', why: 'Status' }
  const freshness = freshnessOf(head, rule)
  const why =
    prohibited(facts, rule) ??
    cookieRefusal(facts, freshness, rule) ??
    credentialRefusal(facts, freshness, credentials)
  if (why) return { kind: 'Refuse', why }
  const said = freshness.source !== 'None' || freshness.alwaysValidate
  if (!said || retentionMs(head, freshness) <= 0) return { kind: 'Refuse', why: 'NoFreshness' }
  return { kind: 'Store', freshness, vary: facts.vary }
}

/** True when the declared length alone exceeds the limit. */
export const declaredTooLarge = (head: StoredHead, limits: PolicyLimits): boolean => {
  const length = header(head.headers, 'content-length')
  return length !== undefined && Number(length) > limits.maxObjectBytes
}

/** Fields for the one client or the next hop alone (RFC 9111 §3.1). A cookie set for one never reaches another. */
const NOT_KEPT = [
  'set-cookie',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization'
] as const

const named = (directives: Directives, name: string): readonly string[] =>
  namedFields(directives.get(name) ?? '') ?? []

/** A head as it is kept: without what is not for others, and without the fields that no-cache or private name. */
export const kept = <T extends ResponseHead>(head: T): T => {
  const { directives } = factsOf(head)
  const left = new Set([...NOT_KEPT, ...named(directives, 'no-cache'), ...named(directives, 'private')])
  const headers = withoutHeaders(head.headers, left)
  return headers.length === head.headers.length ? head : { ...head, headers }
}
