import type { Milliseconds, PolicyLimits, PolicyRule } from '@alexandrite/api'
import type { Credentials } from './classify.ts'
import type { Freshness } from './freshness.ts'
import { freshnessOf, responseDirectives } from './freshness.ts'
import { hasHeader, header, headerTokens, withoutHeaders } from './headers.ts'
import type { StoredHead } from './message.ts'

/** Why an answer is not stored, or not given to this request. */
export type Refusal =
  | 'Status' // not final, partial, or unknown without explicit freshness
  | 'NoStore'
  | 'Private'
  | 'VaryAny' // Vary: *
  | 'SetCookie'
  | 'Authorization' // RFC 9111 §3.5
  | 'Cookie' // freshness made by a rule does not cover requests with cookies that the key leaves out
  | 'NoFreshness' // neither the origin nor a rule says how long, and nothing to validate with
  | 'TooLarge'

export type Storability =
  | { readonly kind: 'Store'; readonly freshness: Freshness; readonly vary: readonly string[] }
  | { readonly kind: 'Refuse'; readonly why: Refusal }

/** How long a stale answer with a validator is kept to be revalidated. */
const VALIDATOR_GRACE_MS = 60_000
const NEVER_STORED = new Set([206, 304, 416])

/** True when the rule sets aside the origin's no-store, private and Set-Cookie. */
const prohibitionsIgnored = (rule: PolicyRule | undefined): boolean =>
  rule?.freshness.overrideOrigin === true && rule.freshness.ignoreOriginProhibition

const prohibited = (head: StoredHead, rule: PolicyRule | undefined): Refusal | undefined => {
  const directives = responseDirectives(head)
  if (!prohibitionsIgnored(rule) && directives.has('no-store')) return 'NoStore'
  if (!prohibitionsIgnored(rule) && directives.has('private')) return 'Private'
  if (headerTokens(head.headers, 'vary').includes('*')) return 'VaryAny'
  if (hasHeader(head.headers, 'set-cookie') && !rule?.freshness.overrideOrigin) return 'SetCookie'
  return undefined
}

/** RFC 9111 §3.5: what lets an answer to a request with Authorization be shared. */
const SHARED_BY = ['public', 's-maxage', 'must-revalidate']

const credentialRefusal = (
  head: StoredHead,
  freshness: Freshness,
  credentials: Credentials
): Refusal | undefined => {
  if (credentials.authorization) {
    const directives = responseDirectives(head)
    if (!SHARED_BY.some((name) => directives.has(name))) return 'Authorization'
  }
  return credentials.cookie && freshness.source === 'Rule' ? 'Cookie' : undefined
}

export const hasValidator = (head: StoredHead): boolean =>
  hasHeader(head.headers, 'etag') || hasHeader(head.headers, 'last-modified')

/** How long an answer is of any use after it was received: fresh, stale, or to be revalidated. */
export const retentionMs = (head: StoredHead, freshness: Freshness): Milliseconds => {
  const stale = Math.max(freshness.staleWhileRevalidateMs, freshness.staleIfErrorMs)
  return (
    freshness.lifetimeMs +
    Math.max(freshness.neverStale ? 0 : stale, hasValidator(head) ? VALIDATOR_GRACE_MS : 0)
  )
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
  if (head.status < 200 || NEVER_STORED.has(head.status)) return { kind: 'Refuse', why: 'Status' }
  const freshness = freshnessOf(head, rule)
  const why = prohibited(head, rule) ?? credentialRefusal(head, freshness, credentials)
  if (why) return { kind: 'Refuse', why }
  const said = freshness.source !== 'None' || freshness.alwaysValidate
  if (!said || retentionMs(head, freshness) <= 0) return { kind: 'Refuse', why: 'NoFreshness' }
  return { kind: 'Store', freshness, vary: [...new Set(headerTokens(head.headers, 'vary'))].sort() }
}

/** True when the declared length alone exceeds the limit. */
export const declaredTooLarge = (head: StoredHead, limits: PolicyLimits): boolean => {
  const length = header(head.headers, 'content-length')
  return length !== undefined && Number(length) > limits.maxObjectBytes
}

const NOT_SHARED = new Set(['set-cookie'])

/** The head as it is kept: a cookie set for one client never reaches another. */
export const withoutCookies = <T extends StoredHead>(head: T): T =>
  hasHeader(head.headers, 'set-cookie')
    ? { ...head, headers: withoutHeaders(head.headers, NOT_SHARED) }
    : head
