import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Directives } from './cache-control.ts'
import { directiveMs, parseCacheControl } from './cache-control.ts'
import { header, headerValues } from './headers.ts'
import { parseHttpDate } from './http-date.ts'
import type { ResponseHead, StoredHead } from './message.ts'

/** Where an answer's freshness comes from. */
export type FreshnessSource = 'Origin' | 'Rule' | 'None'

export interface Freshness {
  readonly source: FreshnessSource
  readonly lifetimeMs: Milliseconds
  /** How long after its lifetime the answer may be served while it is renewed (RFC 5861 §3). */
  readonly staleWhileRevalidateMs: Milliseconds
  /** How long after its lifetime the answer may stand in for an error (RFC 5861 §4). */
  readonly staleIfErrorMs: Milliseconds
  /** May never be served without validation (no-cache). */
  readonly alwaysValidate: boolean
  /** May never be served stale (must-revalidate, proxy-revalidate, s-maxage: RFC 9111 §5.2.2). */
  readonly neverStale: boolean
}

export const responseDirectives = (head: ResponseHead): Directives =>
  parseCacheControl(header(head.headers, 'cache-control'))

const expiresMs = (head: ResponseHead, receivedAt: Milliseconds): Milliseconds | undefined => {
  const [expires, second] = headerValues(head.headers, 'expires')
  if (expires === undefined) return undefined
  const at = parseHttpDate(expires)
  // RFC 9111 §5.3: an invalid date, especially "0", means "already expired"; so do two of them.
  if (at === undefined || second !== undefined) return 0
  return Math.max(0, at - (parseHttpDate(header(head.headers, 'date')) ?? receivedAt))
}

/** The origin's explicit lifetime: s-maxage, else max-age, else Expires (RFC 9111 §4.2.1). */
export const explicitLifetime = (
  head: ResponseHead,
  directives: Directives,
  receivedAt: Milliseconds
): Milliseconds | undefined =>
  directiveMs(directives, 's-maxage') ?? directiveMs(directives, 'max-age') ?? expiresMs(head, receivedAt)

/** A rule's ttl is for answers that mean "here it is" or "it moved for good", not for errors. */
const RULE_STATUSES = new Set([200, 203, 204, 300, 301, 308])

const ruleTtl = (head: StoredHead, rule: PolicyRule | undefined): Milliseconds | undefined => {
  const ttl = rule?.freshness.ttlMs
  if (rule === undefined || ttl === undefined || !RULE_STATUSES.has(head.status)) return undefined
  return ttl * (1 - rule.freshness.jitterRatio * head.jitter)
}

const overridden = (rule: PolicyRule, lifetimeMs: Milliseconds): Freshness => ({
  source: 'Rule',
  lifetimeMs,
  staleWhileRevalidateMs: rule.freshness.staleWhileRevalidateMs ?? 0,
  staleIfErrorMs: rule.freshness.staleIfErrorMs ?? 0,
  alwaysValidate: false,
  neverStale: false
})

const NEVER_STALE = ['must-revalidate', 'proxy-revalidate', 's-maxage']

/** The stale windows: the origin's own word, else the rule's. */
const staleWindows = (
  directives: Directives,
  rule: PolicyRule | undefined
): Pick<Freshness, 'staleWhileRevalidateMs' | 'staleIfErrorMs'> => {
  const said = (name: string): Milliseconds | undefined => directiveMs(directives, name)
  return {
    staleWhileRevalidateMs: said('stale-while-revalidate') ?? rule?.freshness.staleWhileRevalidateMs ?? 0,
    staleIfErrorMs: said('stale-if-error') ?? rule?.freshness.staleIfErrorMs ?? 0
  }
}

const lifetime = (
  explicit: Milliseconds | undefined,
  ttl: Milliseconds | undefined,
  alwaysValidate: boolean
): Pick<Freshness, 'source' | 'lifetimeMs'> => {
  if (explicit !== undefined) return { source: 'Origin', lifetimeMs: alwaysValidate ? 0 : explicit }
  // no-cache is a statement of the origin: the ttl does not fill in.
  if (alwaysValidate || ttl === undefined) return { source: 'None', lifetimeMs: 0 }
  return { source: 'Rule', lifetimeMs: ttl }
}

/**
 * How long an answer is fresh, by its origin and its rule together. It is computed when the answer is read,
 * so a changed policy takes effect on what is stored already.
 */
export const freshnessOf = (head: StoredHead, rule: PolicyRule | undefined): Freshness => {
  const ttl = ruleTtl(head, rule)
  if (rule?.freshness.overrideOrigin && ttl !== undefined) return overridden(rule, ttl)
  const directives = responseDirectives(head)
  const alwaysValidate = directives.has('no-cache')
  return {
    ...lifetime(explicitLifetime(head, directives, head.receivedAt), ttl, alwaysValidate),
    ...staleWindows(directives, rule),
    alwaysValidate,
    neverStale: NEVER_STALE.some((name) => directives.has(name))
  }
}

/** Current age, RFC 9111 §4.2.3. */
export const currentAge = (head: StoredHead, now: Milliseconds): Milliseconds => {
  const ageValue = directiveMs(new Map([['age', headerValues(head.headers, 'age')[0] ?? '']]), 'age') ?? 0
  const date = parseHttpDate(header(head.headers, 'date')) ?? head.receivedAt
  const apparentAge = Math.max(0, head.receivedAt - date)
  const correctedAge = ageValue + Math.max(0, head.receivedAt - head.requestedAt)
  return Math.max(apparentAge, correctedAge) + Math.max(0, now - head.receivedAt)
}
