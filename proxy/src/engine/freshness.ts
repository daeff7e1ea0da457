import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import { directiveMs } from './cache-control.ts'
import { factsOf } from './facts.ts'
import type { Facts } from './facts.ts'
import type { StoredHead } from './message.ts'

/** Where an answer's freshness comes from. */
export type FreshnessSource = 'Origin' | 'Rule' | 'Heuristic' | 'None'

export interface Freshness {
  readonly source: FreshnessSource
  readonly lifetimeMs: Milliseconds
  /** How long after its lifetime the answer may be served while it is renewed (RFC 5861 §3). */
  readonly staleWhileRevalidateMs: Milliseconds
  /** How long after its lifetime the answer may stand in for an error (RFC 5861 §4). */
  readonly staleIfErrorMs: Milliseconds
  /** How long after its lifetime the answer may stand in for an origin that cannot be reached (RFC 9111 §4.2.4). */
  readonly staleIfDisconnectedMs: Milliseconds
  /** May never be served without validation (no-cache). */
  readonly alwaysValidate: boolean
  /** May never be served stale (must-revalidate, proxy-revalidate, s-maxage: RFC 9111 §5.2.2). */
  readonly neverStale: boolean
}

/** Where no rule says how long. */
const DISCONNECTED_MS: Milliseconds = 60_000

/** The origin's explicit lifetime: s-maxage, else max-age, else Expires (RFC 9111 §4.2.1). */
const explicitLifetime = (facts: Facts, receivedAt: Milliseconds): Milliseconds | undefined => {
  if (facts.maxAgeMs !== undefined || facts.targeted) return facts.maxAgeMs
  if (facts.expires === undefined) return undefined
  return facts.expires === 'Past' ? 0 : Math.max(0, facts.expires - (facts.date ?? receivedAt))
}

/** A rule's ttl is for answers that mean "here it is" or "it moved for good", not for errors. */
const RULE_STATUSES = new Set([200, 203, 204, 206, 300, 301, 308])

const ruleTtl = (head: StoredHead, rule: PolicyRule | undefined): Milliseconds | undefined => {
  const ttl = rule?.freshness.ttlMs
  if (rule === undefined || ttl === undefined || !RULE_STATUSES.has(head.status)) return undefined
  return ttl * (1 - rule.freshness.jitterRatio * head.jitter)
}

/** Heuristically cacheable statuses (RFC 9110 §15.1). */
const HEURISTIC_STATUSES = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501])
const HEURISTIC_SHARE = 0.1
/** An answer that nobody gave a lifetime is never trusted for longer. */
const MAX_HEURISTIC_MS: Milliseconds = 300_000

/**
 * A tenth of the time since the last change (RFC 9111 §4.2.2), where no rule speaks: a rule without a ttl says
 * that the origin's word alone counts.
 */
const heuristicLifetime = (
  head: StoredHead,
  facts: Facts,
  rule: PolicyRule | undefined
): Milliseconds | undefined => {
  const { lastModified, directives } = facts
  if (rule || lastModified === undefined) return undefined
  if (!HEURISTIC_STATUSES.has(head.status) && !directives.has('public')) return undefined
  const unchanged = (facts.date ?? head.receivedAt) - lastModified
  return unchanged <= 0 ? undefined : Math.min(unchanged * HEURISTIC_SHARE, MAX_HEURISTIC_MS)
}

const overridden = (rule: PolicyRule, lifetimeMs: Milliseconds): Freshness => ({
  source: 'Rule',
  lifetimeMs,
  staleWhileRevalidateMs: rule.freshness.staleWhileRevalidateMs ?? 0,
  staleIfErrorMs: rule.freshness.staleIfErrorMs ?? 0,
  staleIfDisconnectedMs: 0,
  alwaysValidate: false,
  neverStale: false
})

const NEVER_STALE = ['must-revalidate', 'proxy-revalidate', 's-maxage']

/** The stale windows: the origin's own word, else the rule's. */
const staleWindows = (
  { directives }: Facts,
  rule: PolicyRule | undefined
): Pick<Freshness, 'staleWhileRevalidateMs' | 'staleIfErrorMs' | 'staleIfDisconnectedMs'> => {
  const said = (name: string): Milliseconds | undefined => directiveMs(directives, name)
  return {
    staleWhileRevalidateMs: said('stale-while-revalidate') ?? rule?.freshness.staleWhileRevalidateMs ?? 0,
    staleIfErrorMs: said('stale-if-error') ?? rule?.freshness.staleIfErrorMs ?? 0,
    staleIfDisconnectedMs: rule ? 0 : DISCONNECTED_MS
  }
}

const lifetime = (
  head: StoredHead,
  facts: Facts,
  rule: PolicyRule | undefined,
  ttl: Milliseconds | undefined
): Pick<Freshness, 'source' | 'lifetimeMs'> => {
  const explicit = explicitLifetime(facts, head.receivedAt)
  if (explicit !== undefined) return { source: 'Origin', lifetimeMs: facts.alwaysValidate ? 0 : explicit }
  // no-cache is a statement of the origin: neither the ttl nor a heuristic fills in.
  if (facts.alwaysValidate) return { source: 'None', lifetimeMs: 0 }
  if (ttl !== undefined) return { source: 'Rule', lifetimeMs: ttl }
  const guessed = heuristicLifetime(head, facts, rule)
  return guessed === undefined
    ? { source: 'None', lifetimeMs: 0 }
    : { source: 'Heuristic', lifetimeMs: guessed }
}

/**
 * How long an answer is fresh, by its origin and its rule together. It is computed when the answer is read,
 * so a changed policy takes effect on what is stored already.
 */
export const freshnessOf = (head: StoredHead, rule: PolicyRule | undefined): Freshness => {
  const ttl = ruleTtl(head, rule)
  if (rule?.freshness.overrideOrigin && ttl !== undefined) return overridden(rule, ttl)
  const facts = factsOf(head)
  return {
    ...lifetime(head, facts, rule, ttl),
    ...staleWindows(facts, rule),
    alwaysValidate: facts.alwaysValidate,
    neverStale: NEVER_STALE.some((name) => facts.directives.has(name))
  }
}

/** Current age, RFC 9111 §4.2.3. */
export const currentAge = (head: StoredHead, now: Milliseconds): Milliseconds => {
  const { ageMs, date } = factsOf(head)
  const apparentAge = Math.max(0, head.receivedAt - (date ?? head.receivedAt))
  const correctedAge = ageMs + Math.max(0, head.receivedAt - head.requestedAt)
  return Math.max(apparentAge, correctedAge) + Math.max(0, now - head.receivedAt)
}
