import type { IdentityPolicy, Policy, PolicyRule } from '@alexandrite/api'
import { classify } from '../engine/classify.ts'
import type { PassReason } from '../engine/classify.ts'
import type { RawHeaders } from '../engine/headers.ts'

export interface ExplainedRequest {
  readonly method: string
  /** A path with its query, or a whole URL. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** What the tier would make of a request, for people. */
export interface Explanation {
  readonly rule: string | undefined
  /** Undefined when the request is passed to the origin. */
  readonly key: string | undefined
  /** What to purge by, see `alexandrite purge --key`. */
  readonly purgeKey: string | undefined
  readonly tags: readonly string[]
  readonly freshness: {
    readonly source: 'Origin' | 'Rule' | 'OriginThenRule'
    readonly ttlMs?: number
    readonly staleWhileRevalidateMs?: number
    readonly staleIfErrorMs?: number
  }
  readonly identity: string
  /** Why the request goes straight to the origin, or undefined. */
  readonly bypass: PassReason | undefined
  /** Sentences in the order of the decisions. */
  readonly why: readonly string[]
}

const PASS_SENTENCES: Record<PassReason, string> = {
  Method: 'only GET and HEAD are answered from the cache',
  Body: 'a request with a body goes to the origin',
  Target: 'only paths are cached, not "*" or host:port',
  Range: 'ranges in another unit than bytes, or that cannot be read, are for the origin',
  Precondition: 'If-Match and If-Unmodified-Since are decided by the origin',
  NoStore: 'the request says Cache-Control: no-store',
  Bypass: 'a bypass header of the rule is there',
  Credentials:
    'the rule shares one answer with everyone, and the request carries credentials (Authorization or Cookie)'
}

/** A token is verified when the request comes; here nobody asks its issuer for keys. */
const passSentence = (why: PassReason, rule: PolicyRule | undefined): string => {
  const identity = rule?.key.identity
  return why === 'Credentials' && identity?.kind === 'Jwt'
    ? `answered from the cache only with a valid token of ${identity.issuer}, which is not verified here`
    : PASS_SENTENCES[why]
}

const identitySentence = (identity: IdentityPolicy): string => {
  if (identity.kind === 'Header') return `by the value of ${identity.header}`
  if (identity.kind === 'Jwt') return `by a verified token of ${identity.issuer}`
  if (identity.kind === 'Rfc')
    return 'RFC 9111 §3.5: answers to requests with Authorization are shared only when the origin says so'
  return identity.shareAuthenticated
    ? 'shared with everyone, with credentials or without'
    : 'shared with everyone without credentials'
}

const freshnessOfRule = (rule: PolicyRule | undefined): Explanation['freshness'] => {
  if (rule?.freshness.ttlMs === undefined) return { source: 'Origin' }
  const { overrideOrigin, ttlMs, staleWhileRevalidateMs, staleIfErrorMs } = rule.freshness
  return {
    source: overrideOrigin ? 'Rule' : 'OriginThenRule',
    ttlMs,
    ...(staleWhileRevalidateMs === undefined ? {} : { staleWhileRevalidateMs }),
    ...(staleIfErrorMs === undefined ? {} : { staleIfErrorMs })
  }
}

const FRESHNESS_SENTENCES = {
  Origin:
    'fresh for as long as the origin says (CDN-Cache-Control, Cache-Control, Expires), otherwise not stored',
  Rule: "fresh for the rule's ttl, whatever the origin says",
  OriginThenRule: "fresh for as long as the origin says; where it says nothing, for the rule's ttl"
}

const GUESSED_SENTENCE =
  'where the origin says nothing: a tenth of the time since Last-Modified, five minutes at most'

const rawOf = (request: ExplainedRequest): { target: string; headers: RawHeaders } => {
  const headers = Object.entries(request.headers).flat()
  if (request.url.startsWith('/')) return { target: request.url, headers }
  const { host, pathname, search } = new URL(request.url)
  return { target: pathname + search, headers: ['Host', host, ...headers] }
}

/** Explains which rule, key, tags and freshness a request gets. Pure; throws for a URL that is none. */
export const explainRequest = (policy: Policy | undefined, request: ExplainedRequest): Explanation => {
  const classification = classify({ method: request.method.toUpperCase(), ...rawOf(request) }, policy)
  const { rule } = classification
  const identity = identitySentence(rule?.key.identity ?? { kind: 'Rfc' })
  const freshness = freshnessOfRule(rule)
  const found = rule ? `rule ${rule.name} is the first that matches` : 'no rule matches: plain RFC 9111'
  const common = { rule: rule?.name, identity, freshness }
  if (classification.kind === 'Pass') {
    const { why } = classification
    return {
      ...common,
      key: undefined,
      purgeKey: undefined,
      tags: [],
      bypass: why,
      why: [found, passSentence(why, rule)]
    }
  }
  return {
    ...common,
    key: classification.key,
    purgeKey: classification.urlKey,
    tags: classification.tags,
    bypass: undefined,
    why: [
      found,
      FRESHNESS_SENTENCES[freshness.source],
      ...(rule ? [] : [GUESSED_SENTENCE]),
      `identity: ${identity}`
    ]
  }
}
