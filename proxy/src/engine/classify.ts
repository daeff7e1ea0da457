import type { HeaderMatch, IdentityPolicy, Policy, PolicyRule } from '@alexandrite/api'
import { hasHeader, header, headerValues } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import { parseCacheControl } from './cache-control.ts'
import { primaryKey, urlKey } from './key.ts'
import { matchRule } from './match.ts'
import type { Matched } from './match.ts'
import type { RequestHead } from './message.ts'
import { parseRange } from './ranges.ts'
import type { RangeSpec } from './ranges.ts'
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

/** Credentials that a request carries and that its key does not cover. */
export interface Credentials {
  readonly authorization: boolean
  /** A Cookie; without a rule also another field by which applications know who asks. */
  readonly cookie: boolean
}

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

const credentialsOf = (headers: RawHeaders): Credentials => ({
  authorization: hasHeader(headers, 'authorization'),
  cookie: hasHeader(headers, 'cookie')
})

const anyOf = (credentials: Credentials): boolean => credentials.authorization || credentials.cookie

const bypassed = (headers: RawHeaders, matches: readonly HeaderMatch[]): boolean =>
  matches.some(({ name, value }) => {
    const values = headerValues(headers, name.toLowerCase())
    return value === undefined ? values.length > 0 : values.includes(value)
  })

const protocolReason = (request: RequestHead): PassReason | undefined => {
  const { headers } = request
  if (request.method !== 'GET' && request.method !== 'HEAD') return 'Method'
  if (request.hasBody) return 'Body'
  if (!request.target.startsWith('/')) return 'Target'
  if (hasHeader(headers, 'if-match') || hasHeader(headers, 'if-unmodified-since')) return 'Precondition'
  if (parseCacheControl(header(headers, 'cache-control')).has('no-store')) return 'NoStore'
  return undefined
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
  const credentials = credentialsOf(headers)
  if (!rule) return credentials.cookie ? credentials : { ...credentials, cookie: knownByCustom(headers) }
  const { identity } = rule.key
  if (identity.kind === 'Rfc') return credentials
  if (covers(identity, headers, verified)) return NO_CREDENTIALS
  return identity.kind === 'Jwt' || anyOf(credentials) ? 'Credentials' : NO_CREDENTIALS
}

const ruleMarks = (rule: PolicyRule | undefined): string[] =>
  rule && rule.tags.length > 0 ? [ruleMark(rule.name)] : []

/** By what an answer to the request can be purged. */
const namesOf = (
  request: RequestHead,
  matched: Matched<PolicyRule> | undefined
): Pick<Cacheable, 'urlKey' | 'tags' | 'marks'> => {
  const rule = matched?.found
  const tags = matched ? renderTags(matched.found.tags, request, matched.params) : []
  const url = urlKey(request.target, rule)
  return { urlKey: url, tags, marks: [ALL_MARK, urlMark(url), ...ruleMarks(rule), ...tags.map(tagMark)] }
}

/** A HEAD has no ranges, and 'Unreadable' ones are for the origin (RFC 9110 §14.2). */
const rangesOf = (request: RequestHead): readonly RangeSpec[] | 'Unreadable' | undefined => {
  const field = request.method === 'GET' ? header(request.headers, 'range') : undefined
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
  const matched = matchRule(policy, request)
  const rule = matched?.found
  const pass = (why: PassReason): Pass => ({ kind: 'Pass', rule, why })
  const reason = protocolReason(request)
  if (reason) return pass(reason)
  if (rule && bypassed(request.headers, rule.bypass)) return pass('Bypass')
  const credentials = uncovered(rule, request.headers, verified)
  if (credentials === 'Credentials') return pass('Credentials')
  const ranges = rangesOf(request)
  if (ranges === 'Unreadable') return pass('Range')
  const named = namesOf(request, matched)
  return {
    kind: 'Cacheable',
    rule,
    key: primaryKey(request, rule, verified?.key),
    ...named,
    credentials,
    ranges
  }
}
