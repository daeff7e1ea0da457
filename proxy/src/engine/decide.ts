import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import { directiveMs, NO_DIRECTIVES, parseCacheControl } from './cache-control.ts'
import type { Directives } from './cache-control.ts'
import type { Cacheable } from './classify.ts'
import { rangeHolds } from './conditional.ts'
import { factsOf } from './facts.ts'
import type { Freshness } from './freshness.ts'
import { currentAge } from './freshness.ts'
import { header } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import type { RequestHead, StoredHead } from './message.ts'
import { coveredBy } from './ranges.ts'
import { storability } from './storable.ts'

/** What to do with a cacheable request, given what is stored for it. */
export type Decision =
  | { readonly kind: 'Serve'; readonly ageMs: Milliseconds; readonly freshForMs: Milliseconds }
  /** Serve now, renew in the background (RFC 5861 §3). */
  | { readonly kind: 'ServeAndRenew'; readonly ageMs: Milliseconds; readonly freshForMs: Milliseconds }
  /** Ask the origin first; the stored answer may be validated, and stand in for it until the times given. */
  | {
      readonly kind: 'Revalidate'
      /** When the origin answers with an error. */
      readonly errorUntil: Milliseconds
      /** When the origin cannot be reached. */
      readonly disconnectedUntil: Milliseconds
      readonly why: 'Stale' | 'Request'
    }
  /** A part is stored, and fresh: the origin is asked for the rest (RFC 9111 §3.4). */
  | { readonly kind: 'Complete' }
  | { readonly kind: 'Fetch' }
  /** only-if-cached and nothing suitable: 504 (RFC 9111 §5.2.1.7). */
  | { readonly kind: 'Unsatisfiable' }

const NO_CACHE: Directives = new Map([['no-cache', '']])

/** The request's directives; Pragma counts only without Cache-Control (RFC 9111 §5.4). */
export const requestDirectives = (headers: RawHeaders): Directives => {
  const field = header(headers, 'cache-control')
  if (field !== undefined) return parseCacheControl(field)
  return /no-cache/i.test(header(headers, 'pragma') ?? '') ? NO_CACHE : NO_DIRECTIVES
}

interface Ages {
  readonly ageMs: Milliseconds
  /** Negative once stale. */
  readonly freshForMs: Milliseconds
}

const clientInsists = (directives: Directives, ages: Ages): boolean => {
  if (directives.size === 0) return false
  const maxAge = directiveMs(directives, 'max-age')
  const minFresh = directiveMs(directives, 'min-fresh')
  if (directives.has('no-cache')) return true
  if (maxAge !== undefined && ages.ageMs > maxAge) return true
  return minFresh !== undefined && ages.freshForMs < minFresh
}

const staleAllowed = (directives: Directives, freshness: Freshness, ages: Ages): boolean => {
  if (freshness.neverStale || freshness.alwaysValidate || !directives.has('max-stale')) return false
  const bound = directives.get('max-stale') === '' ? Infinity : (directiveMs(directives, 'max-stale') ?? 0)
  return -ages.freshForMs <= bound
}

const revalidate = (
  freshness: Freshness,
  ages: Ages,
  now: Milliseconds,
  why: 'Stale' | 'Request'
): Decision => {
  if (freshness.neverStale || freshness.alwaysValidate)
    return { kind: 'Revalidate', errorUntil: now, disconnectedUntil: now, why }
  const staleAt = now + ages.freshForMs
  const errorUntil = staleAt + freshness.staleIfErrorMs
  const disconnectedUntil = Math.max(errorUntil, staleAt + freshness.staleIfDisconnectedMs)
  return { kind: 'Revalidate', errorUntil, disconnectedUntil, why }
}

const judge = (freshness: Freshness, ages: Ages, directives: Directives, now: Milliseconds): Decision => {
  if (clientInsists(directives, ages)) return revalidate(freshness, ages, now, 'Request')
  if (ages.freshForMs > 0 && !freshness.alwaysValidate) return { kind: 'Serve', ...ages }
  if (staleAllowed(directives, freshness, ages)) return { kind: 'Serve', ...ages }
  const mayBeStale = !freshness.neverStale && !freshness.alwaysValidate
  if (mayBeStale && -ages.freshForMs < freshness.staleWhileRevalidateMs)
    return { kind: 'ServeAndRenew', ...ages }
  return revalidate(freshness, ages, now, 'Stale')
}

/** What a stored part is good for: the ranges it covers while it is fresh, else to be completed, else nothing. */
const ofPart = (
  whole: Decision,
  request: RequestHead,
  cacheable: Pick<Cacheable, 'ranges'>,
  stored: StoredHead
): Decision => {
  const { part } = factsOf(stored)
  if (whole.kind !== 'Serve' || request.method !== 'GET' || !part) return { kind: 'Fetch' }
  if (!cacheable.ranges) return { kind: 'Complete' }
  const covered = rangeHolds(request, stored) && coveredBy(cacheable.ranges, part) !== undefined
  return covered ? whole : { kind: 'Fetch' }
}

/** What of a classified request the decision depends on. */
export type Decidable = Pick<Cacheable, 'credentials' | 'ranges'> & { readonly rule: PolicyRule | undefined }

const decided = (
  request: RequestHead,
  cacheable: Decidable,
  stored: StoredHead,
  now: Milliseconds
): Decision => {
  const allowed = storability(stored, cacheable.rule, cacheable.credentials)
  if (allowed.kind === 'Refuse') return { kind: 'Fetch' }
  const ageMs = currentAge(stored, now)
  // A rule's ttl counts from the arrival here, whatever age the origin states.
  const spent = allowed.freshness.source === 'Rule' ? now - stored.receivedAt : ageMs
  const ages = { ageMs, freshForMs: allowed.freshness.lifetimeMs - spent }
  const decision = judge(allowed.freshness, ages, requestDirectives(request.headers), now)
  return stored.status === 206 ? ofPart(decision, request, cacheable, stored) : decision
}

/** Decides by RFC 9111 §4 with the policy of this moment. `stored` matched the key and is not purged. */
export const decide = (
  request: RequestHead,
  cacheable: Decidable,
  stored: StoredHead | undefined,
  now: Milliseconds
): Decision => {
  const decision: Decision = stored ? decided(request, cacheable, stored, now) : { kind: 'Fetch' }
  if (decision.kind === 'Serve' || decision.kind === 'ServeAndRenew') return decision
  return requestDirectives(request.headers).has('only-if-cached') ? { kind: 'Unsatisfiable' } : decision
}
