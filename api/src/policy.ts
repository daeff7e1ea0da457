/**
 * The compiled policy: what `compile(CacheTier)` yields, what the operator writes to a ConfigMap and what
 * the proxy reads. One JSON document, deterministic for equal input.
 */

/** Duration in milliseconds. */
export type Milliseconds = number
/** Size in bytes. */
export type Bytes = number

/** Key of the policy document in its ConfigMap, and its file name where it is mounted. */
export const POLICY_FILE = 'policy.json'

export interface Policy {
  /** Raised when a proxy of an older version could not read the document. */
  readonly formatVersion: 1
  readonly tier: TierRef
  /** First 16 hex digits of the SHA-256 of the rest of the document. */
  readonly hash: string
  /** First match wins. A request that no rule matches is cached by RFC 9111 alone. */
  readonly rules: readonly PolicyRule[]
  /** What a successful unsafe request that went through the tier makes stale. Every match applies. */
  readonly onWrite: readonly WriteInvalidation[]
  /** Events of a broker that make answers stale. The connection's URL is a secret: the proxy has it from a file. */
  readonly amqp?: AmqpInvalidation
  readonly limits: PolicyLimits
  readonly telemetry?: TelemetryPolicy
}

export interface TierRef {
  readonly namespace: string
  readonly name: string
}

export interface PolicyRule {
  readonly name: string
  readonly match: RequestMatch
  readonly key: KeyPolicy
  /** A request with any of these headers goes straight to the origin and is not stored. */
  readonly bypass: readonly HeaderMatch[]
  readonly freshness: FreshnessPolicy
  readonly tags: readonly TagTemplate[]
}

export interface RequestMatch {
  /** Upper case; never empty. A rule's methods are GET or HEAD (GET includes HEAD), onWrite's are unsafe ones. */
  readonly methods: readonly string[]
  readonly path: PathPattern
}

/**
 * A path pattern, split at "/". `/api/orders/:id/*` has the segments api, orders and param id, and `rest`.
 * With `rest`, any number of further segments (also none) matches.
 */
export interface PathPattern {
  readonly source: string
  readonly segments: readonly PathSegment[]
  readonly rest: boolean
}
export type PathSegment = { readonly literal: string } | { readonly param: string }

export interface KeyPolicy {
  readonly query: QueryKey
  /** Lower-case names of request headers whose values are part of the key. */
  readonly headers: readonly string[]
  readonly identity: IdentityPolicy
}
/** Which query parameters take part in the key. Names may end in `*` (a prefix). */
export type QueryKey =
  | { readonly kind: 'All' }
  | { readonly kind: 'Include'; readonly names: readonly string[] }
  | { readonly kind: 'Exclude'; readonly names: readonly string[] }

/**
 * Jwt: a bearer token is verified before an answer is served; the values of the claims are part of the key.
 * Rfc: no statement, RFC 9111 §3.5 rules for requests with Authorization.
 * None: one answer for everyone; requests with credentials are shared only when shareAuthenticated says so.
 * Header: the value of that header (hashed) is part of the key.
 */
export type IdentityPolicy =
  | { readonly kind: 'Rfc' }
  | { readonly kind: 'None'; readonly shareAuthenticated: boolean }
  | { readonly kind: 'Header'; readonly header: string }
  | ({ readonly kind: 'Jwt' } & JwtPolicy)

export interface JwtPolicy {
  /** http(s) URL of the issuer's keys (RFC 7517). */
  readonly jwksUri: string
  /** What `iss` must be. */
  readonly issuer: string
  /** What `aud` must contain. */
  readonly audience: string
  /** Names of claims whose values tell answers apart, sorted. Empty: all valid tokens share one answer. */
  readonly claims: readonly string[]
}

export interface HeaderMatch {
  /** Lower case. */
  readonly name: string
  /** Exact value; absent means that the header's presence is enough. */
  readonly value?: string
}

export interface FreshnessPolicy {
  /** Freshness where the origin sends none, or always with overrideOrigin. */
  readonly ttlMs?: Milliseconds
  readonly overrideOrigin: boolean
  /** Store even what the origin marks no-store or private. Only effective with overrideOrigin. */
  readonly ignoreOriginProhibition: boolean
  /** 0…1: each stored answer's ttl is shortened by a random share of up to this ratio. */
  readonly jitterRatio: number
  readonly staleWhileRevalidateMs?: Milliseconds
  readonly staleIfErrorMs?: Milliseconds
}

/** Parts joined without a separator. A tag whose reference has no value is dropped. */
export type TagTemplate = readonly TagPart[]
export type TagPart =
  { readonly text: string } | { readonly from: 'path' | 'query' | 'header'; readonly name: string }

export interface WriteInvalidation {
  readonly match: RequestMatch
  readonly tags: readonly TagTemplate[]
}

/** Each pod binds a queue of its own to a topic exchange; a message purges the tags, rendered from it. */
export interface AmqpInvalidation {
  readonly exchange: string
  /** Routing-key patterns. */
  readonly bindings: readonly string[]
  readonly tags: readonly EventTagTemplate[]
}
/** Like TagTemplate; `body` names a property of the JSON message (dots go deeper), `key` a word of the routing key from 0. */
export type EventTagTemplate = readonly EventTagPart[]
export type EventTagPart =
  { readonly text: string } | { readonly from: 'body' | 'key'; readonly name: string }

export interface TelemetryPolicy {
  /** 0…1: share of traces that begin here and are sampled. A trace that a client began keeps its own decision. */
  readonly traceSampleRatio: number
}

export interface PolicyLimits {
  /** A larger answer is passed on and not stored. */
  readonly maxObjectBytes: Bytes
  /** Request line and header fields of one request. @default what the proxy takes without a policy, as of all below */
  readonly maxHeadBytes?: Bytes
  /** Body of one request. @default no bound */
  readonly maxRequestBodyBytes?: Bytes
  /** Connections of clients at a time. */
  readonly maxConnections?: number
  /** From the first byte of a request until its head is complete. */
  readonly headTimeoutMs?: Milliseconds
  /** From the first byte of a request until its body is complete. */
  readonly requestTimeoutMs?: Milliseconds
  /** A connection without a request. */
  readonly idleTimeoutMs?: Milliseconds
  /** From the end of a request to the head of the application's answer. */
  readonly originTimeoutMs?: Milliseconds
}
