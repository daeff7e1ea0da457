import { createHash } from 'node:crypto'
import type { Milliseconds } from '@alexandrite/api'

/** What a verified token says about its bearer, as far as answers depend on it. */
export interface VerifiedIdentity {
  /** Equal exactly when the claims that the rule names are equal; tells nothing about them. */
  readonly key: string
  /** Wall-clock time from which the token no longer counts. */
  readonly expiresAt: Milliseconds
}

/** A claim whose value cannot be told apart from another's, so that answers cannot be keyed by it. */
export class UnusableClaim extends Error {
  readonly claim: string

  constructor(claim: string) {
    super(`the claim ${claim} holds a number beyond the safe integers`)
    this.claim = claim
  }
}

const number = (value: number, claim: string): string => {
  // JSON.parse rounds: 9007199254740992 and 9007199254740993 would be one person.
  if (!Number.isSafeInteger(value)) throw new UnusableClaim(claim)
  return String(value)
}

const object = (value: object, claim: string): string => {
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member, claim)}`)
  return `{${members.join(',')}}`
}

/** JSON with sorted members: equal values have one text (RFC 8785, integers only). */
const canonical = (value: unknown, claim: string): string => {
  if (typeof value === 'number') return number(value, claim)
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, claim)).join(',')}]`
  if (typeof value === 'object' && value !== null) return object(value, claim)
  return JSON.stringify(value)
}

/**
 * The key of the claims named: a missing claim differs from an empty one and from null; a list's order counts.
 * Throws UnusableClaim for a number that is no safe integer.
 */
export const claimsKey = (claims: Readonly<Record<string, unknown>>, names: readonly string[]): string => {
  const present = names
    .filter((name) => Object.hasOwn(claims, name))
    .map((name) => `${JSON.stringify(name)}:${canonical(claims[name], name)}`)
  return createHash('sha256').update(present.join(',')).digest('base64url')
}
