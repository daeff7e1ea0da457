import { createHash } from 'node:crypto'
import { parseDuration } from './duration.ts'
import { parsePath } from './path-pattern.ts'
import type {
  AmqpInvalidation,
  FreshnessPolicy,
  IdentityPolicy,
  KeyPolicy,
  Policy,
  PolicyLimits,
  PolicyRule,
  QueryKey,
  RequestMatch
} from './policy.ts'
import { parseQuantity } from './quantity.ts'
import type { CacheRule, CacheTier } from './schema.ts'
import { parseEventTag, parseTag } from './tags.ts'

/** Namespace of a tier that names none: what kubectl takes as well. */
export const DEFAULT_NAMESPACE = 'default'

/**
 * The policy of a validated tier: pure, and the same document for the same spec. It never throws for a tier
 * that `validateCacheTier` or the API server accepted.
 */
export function compile({ metadata, spec }: CacheTier): Policy {
  const document = {
    formatVersion: 1,
    tier: { namespace: metadata.namespace ?? DEFAULT_NAMESPACE, name: metadata.name },
    rules: spec.policy.rules.map(compileRule),
    onWrite: (spec.invalidation?.onWrite ?? []).map(({ match, tags }) => ({
      match: compileMatch(match),
      tags: tags.map(parseTag)
    })),
    ...(spec.invalidation?.amqp && { amqp: compileAmqp(spec.invalidation.amqp) }),
    limits: compileLimits(spec.limits),
    telemetry: { traceSampleRatio: spec.telemetry.traceSampleRatio }
  } as const
  return { ...document, hash: hashOf(document) }
}

const hashOf = (document: Omit<Policy, 'hash'>): string =>
  createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 16)

function compileRule(rule: CacheRule): PolicyRule {
  return {
    name: rule.name,
    match: compileMatch(rule.match),
    key: compileKey(rule),
    bypass: (rule.bypass?.headers ?? []).map(({ name, value }) => ({
      name: name.toLowerCase(),
      ...(value !== undefined && { value })
    })),
    freshness: compileFreshness(rule),
    tags: (rule.tags ?? []).map(parseTag)
  }
}

/** Lists without an order are sorted, so that an edit that changes nothing keeps the hash. */
const sorted = (list: readonly string[]): string[] => [...new Set(list)].sort()

const compileMatch = ({ methods, path }: { methods: readonly string[]; path: string }): RequestMatch => ({
  methods: sorted(methods),
  path: parsePath(path)
})

function compileKey({ key, shareAuthenticated }: CacheRule): KeyPolicy {
  return {
    query: compileQuery(key?.query),
    headers: sorted((key?.headers ?? []).map((name) => name.toLowerCase())),
    identity: compileIdentity(key?.identity, shareAuthenticated)
  }
}

type Key = NonNullable<CacheRule['key']>

function compileQuery(query: Key['query']): QueryKey {
  if (query?.include) return { kind: 'Include', names: sorted(query.include) }
  if (query?.exclude) return { kind: 'Exclude', names: sorted(query.exclude) }
  return { kind: 'All' }
}

function compileIdentity(identity: Key['identity'], shareAuthenticated: boolean): IdentityPolicy {
  if (identity === undefined) return { kind: 'Rfc' }
  const { header, jwt } = identity
  if (header !== undefined) return { kind: 'Header', header: header.toLowerCase() }
  if (jwt === undefined) return { kind: 'None', shareAuthenticated }
  const { jwksUri, issuer, audience, claims } = jwt
  return { kind: 'Jwt', jwksUri, issuer, audience, claims: sorted(claims) }
}

const compileLimits = (limits: CacheTier['spec']['limits']): PolicyLimits => ({
  maxObjectBytes: parseQuantity(limits.maxObjectSize),
  maxHeadBytes: parseQuantity(limits.maxHeaderSize),
  ...(limits.maxRequestBodySize === undefined
    ? {}
    : { maxRequestBodyBytes: parseQuantity(limits.maxRequestBodySize) }),
  maxConnections: limits.maxConnections,
  headTimeoutMs: parseDuration(limits.headerTimeout),
  requestTimeoutMs: parseDuration(limits.requestTimeout),
  idleTimeoutMs: parseDuration(limits.idleTimeout),
  originTimeoutMs: parseDuration(limits.originTimeout)
})

type Amqp = NonNullable<NonNullable<CacheTier['spec']['invalidation']>['amqp']>

/** Without the Secret's name: the proxy finds the URL in a file. */
const compileAmqp = ({ exchange, bindings, tags }: Amqp): AmqpInvalidation => ({
  exchange,
  bindings: sorted(bindings),
  tags: sorted(tags).map(parseEventTag)
})

function compileFreshness(rule: CacheRule): FreshnessPolicy {
  const { ttl, staleWhileRevalidate, staleIfError } = rule
  return {
    ...(ttl !== undefined && { ttlMs: parseDuration(ttl) }),
    overrideOrigin: rule.overrideOrigin,
    ignoreOriginProhibition: rule.ignoreOriginProhibition,
    jitterRatio: Number.parseInt(rule.jitter ?? '0%', 10) / 100,
    ...(staleWhileRevalidate !== undefined && {
      staleWhileRevalidateMs: parseDuration(staleWhileRevalidate)
    }),
    ...(staleIfError !== undefined && { staleIfErrorMs: parseDuration(staleIfError) })
  }
}
