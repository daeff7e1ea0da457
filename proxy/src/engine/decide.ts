import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import { directiveMs, parseCacheControl } from './cache-control.ts'
import type { Directives } from './cache-control.ts'
import type { Cacheable } from './classify.ts'
import type { Freshness } from './freshness.ts'
import { currentAge } from './freshness.ts'
import { hasHeader, header } from './headers.ts'
import type { RawHeaders } from './headers.ts'
import type { RequestHead, StoredHead } from './message.ts'
import { storability } from './storable.ts'

/** What to do with a cacheable request, given what is stored for it. */
export type Decision =
  | { readonly kind: 'Serve'; readonly ageMs: Milliseconds; readonly freshForMs: Milliseconds }
  /** Serve now, renew in the background (RFC 5861 §3). */
  | { readonly kind: 'ServeAndRenew'; readonly ageMs: Milliseconds; readonly freshForMs: Milliseconds }
  /** Ask the origin first; the stored answer may be validated, and stand in for an error until errorUntil. */
  | { readonly kind: 'Revalidate'; readonly errorUntil: Milliseconds; readonly why: 'Stale' | 'Request' }
  | { readonly kind: 'Fetch' }
  /** only-if-cached and nothing suitable: 504 (RFC 9111 §5.2.1.7). */
  | { readonly kind: 'Unsatisfiable' }

/** The request's directives; Pragma counts only without Cache-Control (RFC 9111 §5.4). */
export const requestDirectives = (headers: RawHeaders): Directives => {
  const field = header(headers, 'cache-control')
  if (field === undefined && hasHeader(headers, 'pragma'))
    return parseCacheControl(/no-cache/i.test(header(headers, 'pragma') ?? '') ? 'no-cache' : '')
  return parseCacheControl(field)
}

interface Ages {
  readonly ageMs: Milliseconds
  /** Negative once stale. */
  readonly freshForMs: Milliseconds
}

const clientInsists = (directives: Directives, ages: Ages): boolean => {
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

const judge = (freshness: Freshness, ages: Ages, directives: Directives, now: Milliseconds): Decision => {
  const mayBeStale = !freshness.neverStale && !freshness.alwaysValidate
  const errorUntil = mayBeStale ? now + ages.freshForMs + freshness.staleIfErrorMs : now
  if (clientInsists(directives, ages)) return { kind: 'Revalidate', errorUntil, why: 'Request' }
  if (ages.freshForMs > 0 && !freshness.alwaysValidate) return { kind: 'Serve', ...ages }
  if (staleAllowed(directives, freshness, ages)) return { kind: 'Serve', ...ages }
  if (mayBeStale && -ages.freshForMs < freshness.staleWhileRevalidateMs)
    return { kind: 'ServeAndRenew', ...ages }
  return { kind: 'Revalidate', errorUntil, why: 'Stale' }
}

/** Decides by RFC 9111 §4 with the policy of this moment. `stored` matched the key and is not purged. */
export const decide = (
  request: RequestHead,
  cacheable: Pick<Cacheable, 'credentials'> & { readonly rule: PolicyRule | undefined },
  stored: StoredHead | undefined,
  now: Milliseconds
): Decision => {
  const directives = requestDirectives(request.headers)
  const missing: Decision = directives.has('only-if-cached') ? { kind: 'Unsatisfiable' } : { kind: 'Fetch' }
  if (!stored) return missing
  const allowed = storability(stored, cacheable.rule, cacheable.credentials)
  if (allowed.kind === 'Refuse') return missing
  const ageMs = currentAge(stored, now)
  // A rule's ttl counts from the arrival here, whatever age the origin states.
  const spent = allowed.freshness.source === 'Rule' ? now - stored.receivedAt : ageMs
  const ages = { ageMs, freshForMs: allowed.freshness.lifetimeMs - spent }
  const decision = judge(allowed.freshness, ages, directives, now)
  return decision.kind === 'Revalidate' && directives.has('only-if-cached') ? missing : decision
}
