import { matchPath } from '@alexandrite/api/path-pattern'
import type { HeaderMatch, IdentityPolicy, Policy, PolicyRule } from '@alexandrite/api'
import { hasHeader, headerValues } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import { primaryKey, urlKey } from './key.ts'
import { findRule } from './match.ts'
import { splitTarget } from './message.ts'
import type { RequestHead } from './message.ts'
import { parseRange } from './ranges.ts'
import type { RangeSpec } from './ranges.ts'
import { requestFacts } from './request-facts.ts'
import type { Credentials } from './request-facts.ts'
import type { VerifiedIdentity } from '../identity/verified.ts'
import { ALL_MARK, renderTags, ruleMark, tagMark, urlMark } from './tags.ts'

/** Why a request goes straight to the origin and its answer is not stored. */
export type PassReason =
  | 'Method' // neither GET nor HEAD
  | 'Body' // a GET with a body: its answer may depend on it
  | 'Target' // asterisk or authority form
  | 'Range' // ranges in another unit than bytes, or that cannot be read: the origin's business
  | 'Precondition' // If-Match, If-Unmodified-Since: the origin's state decides
  | 'NoStore' // the client forbids storing
  | 'Bypass' // a bypass header of the rule
  | 'Credentials' // the rule shares one answer, the request carries credentials

export interface Cacheable {
  readonly kind: 'Cacheable'
  readonly rule: PolicyRule | undefined
  /** Primary key, see key.ts. */
  readonly key: string
  readonly urlKey: string
  readonly tags: readonly string[]
  /** Purge marks: of everything, of the URL, of a rule that gives tags, and of each tag. */
  readonly marks: readonly string[]
  /** What the key does not cover; both false means that any answer found may be served (RFC 9111 §3.5). */
  readonly credentials: Credentials
  /** What a GET with Range asks for; undefined for all of it. */
  readonly ranges: readonly RangeSpec[] | undefined
}
export interface Pass {
  readonly kind: 'Pass'
  readonly rule: PolicyRule | undefined
  readonly why: PassReason
}
export type Classification = Cacheable | Pass

const NO_CREDENTIALS: Credentials = { authorization: false, cookie: false }

/**
 * Fields that carry credentials by custom, not by a standard. Where a rule matches, its author knows what the
 * application goes by; without one, nothing that is guessed about an answer covers such a request.
 */
const BY_CUSTOM = new Set([
  ...['x-api-key', 'api-key', 'apikey', 'x-api-token', 'x-auth-token', 'x-access-token', 'x-auth-key'],
  ...[
    'x-authorization',
    'x-session-id',
    'x-session-token',
    'x-token',
    'private-token',
    'x-amz-security-token'
  ],
  ...['x-forwarded-user', 'x-forwarded-email', 'x-forwarded-access-token', 'x-remote-user', 'x-user-id'],
  ...[
    'x-auth-request-user',
    'x-auth-request-email',
    'x-auth-request-access-token',
    'x-goog-iap-jwt-assertion'
  ],
  ...['x-ms-client-principal', 'cf-access-jwt-assertion', 'dpop']
])
const CUSTOM_LENGTHS = new Set([...BY_CUSTOM].map((name) => name.length))

const knownByCustom = (headers: RawHeaders): boolean => {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (CUSTOM_LENGTHS.has(name.length) && BY_CUSTOM.has(name.toLowerCase())) return true
  }
  return false
}

const withCustom = ({ authorization, cookie }: Credentials, headers: RawHeaders): Credentials => ({
  authorization,
  cookie: cookie || knownByCustom(headers)
})

const anyOf = (credentials: Credentials): boolean => credentials.authorization || credentials.cookie

const bypassed = (headers: RawHeaders, matches: readonly HeaderMatch[]): boolean =>
  matches.some(({ name, value }) => {
    const values = headerValues(headers, name.toLowerCase())
    return value === undefined ? values.length > 0 : values.includes(value)
  })

const protocolReason = (request: RequestHead): PassReason | undefined => {
  const { precondition, noStore } = requestFacts(request.headers)
  if (request.method !== 'GET' && request.method !== 'HEAD') return 'Method'
  if (request.hasBody) return 'Body'
  if (!request.target.startsWith('/')) return 'Target'
  if (precondition) return 'Precondition'
  return noStore ? 'NoStore' : undefined
}

/** Whether the key tells apart all that the credentials of a request may select. */
const covers = (
  identity: Exclude<IdentityPolicy, { kind: 'Rfc' }>,
  headers: RawHeaders,
  verified: VerifiedIdentity | undefined
): boolean => {
  if (identity.kind === 'Jwt') return verified !== undefined
  return identity.kind === 'None'
    ? identity.shareAuthenticated
    : hasHeader(headers, identity.header.toLowerCase())
}

/**
 * Which credentials stay uncovered under an identity policy, or that the request must not be shared. Under Jwt
 * nothing is shared without a verified token, not even with requests that carry no credentials.
 */
const uncovered = (
  rule: PolicyRule | undefined,
  headers: RawHeaders,
  verified: VerifiedIdentity | undefined
): Credentials | 'Credentials' => {
  const { credentials } = requestFacts(headers)
  if (!rule) return withCustom(credentials, headers)
  const { identity } = rule.key
  if (identity.kind === 'Rfc') return credentials
  if (covers(identity, headers, verified)) return NO_CREDENTIALS
  return identity.kind === 'Jwt' || anyOf(credentials) ? 'Credentials' : NO_CREDENTIALS
}

const ruleMarks = (rule: PolicyRule | undefined): string[] =>
  rule && rule.tags.length > 0 ? [ruleMark(rule.name)] : []

const tagsOf = (request: RequestHead, rule: PolicyRule | undefined): string[] =>
  rule && rule.tags.length > 0
    ? renderTags(rule.tags, request, matchPath(rule.match.path, splitTarget(request.target).path) ?? {})
    : []

/** By what the answer can be purged is made when it is asked for: a hit in memory does not ask. */
class CacheableRequest implements Cacheable {
  readonly kind = 'Cacheable'
  readonly rule: PolicyRule | undefined
  readonly key: string
  readonly urlKey: string
  readonly credentials: Credentials
  readonly ranges: readonly RangeSpec[] | undefined
  readonly #request: RequestHead
  #tags: readonly string[] | undefined
  #marks: readonly string[] | undefined

  constructor(
    request: RequestHead,
    { rule, key, urlKey, credentials, ranges }: Omit<Cacheable, 'kind' | 'tags' | 'marks'>
  ) {
    this.rule = rule
    this.key = key
    this.urlKey = urlKey
    this.credentials = credentials
    this.ranges = ranges
    this.#request = request
  }

  get tags(): readonly string[] {
    return (this.#tags ??= tagsOf(this.#request, this.rule))
  }

  get marks(): readonly string[] {
    return (this.#marks ??= [
      ALL_MARK,
      urlMark(this.urlKey),
      ...ruleMarks(this.rule),
      ...this.tags.map(tagMark)
    ])
  }
}

/** A HEAD has no ranges, and 'Unreadable' ones are for the origin (RFC 9110 §14.2). */
const rangesOf = (request: RequestHead): readonly RangeSpec[] | 'Unreadable' | undefined => {
  const field = request.method === 'GET' ? requestFacts(request.headers).range : undefined
  return field === undefined ? undefined : (parseRange(field) ?? 'Unreadable')
}

/**
 * What the policy makes of a request. Pure; the answer is judged in storable.ts. `verified` is what the
 * request's token says, where the rule asks for one and it was found valid.
 */
export const classify = (
  request: RequestHead,
  policy: Policy | undefined,
  verified?: VerifiedIdentity
): Classification => {
  const rule = findRule(policy, request)
  const pass = (why: PassReason): Pass => ({ kind: 'Pass', rule, why })
  const reason = protocolReason(request)
  if (reason) return pass(reason)
  if (rule && bypassed(request.headers, rule.bypass)) return pass('Bypass')
  const credentials = uncovered(rule, request.headers, verified)
  if (credentials === 'Credentials') return pass('Credentials')
  const ranges = rangesOf(request)
  if (ranges === 'Unreadable') return pass('Range')
  const url = urlKey(request.target, rule)
  const key = primaryKey(request.headers, rule, url, verified?.key)
  return new CacheableRequest(request, { rule, key, urlKey: url, credentials, ranges })
}
