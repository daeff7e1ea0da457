import type { JwtPolicy, Milliseconds, Policy } from '@alexandrite/api'
import { hasHeader } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import type { Warnings } from '../tier/warnings.ts'
import { bearerToken } from './bearer.ts'
import { Checker } from './checker.ts'
import { JWKS_DEFAULTS, JwksSource } from './jwks.ts'
import type { JwksOptions } from './jwks.ts'
import type { VerifiedIdentity } from './verified.ts'

/**
 * Verified: the request may meet shared answers. Refused: its token does not count here. Unavailable: the
 * issuer's keys are out of reach. In the latter two the origin decides.
 */
export type IdentityResult = 'verified' | 'refused' | 'unavailable'

export interface VerifierOptions {
  readonly log: Warnings
  readonly onResult?: (result: IdentityResult) => void
  /** How far this machine's clock may be off the issuer's: 0 to 30 s, counted for `exp` and `nbf`. @default 0 */
  readonly clockSkewMs?: Milliseconds
  /** @default JWKS_DEFAULTS, each one for itself */
  readonly jwks?: Partial<JwksOptions>
  /** Tokens remembered as verified, for each rule. @default 10,000 */
  readonly remembered?: number
  /** Wall clock. @default Date.now */
  readonly now?: () => Milliseconds
}

/** Above, an expired token would count for long; the issuer's lifetimes are minutes. */
const MAX_SKEW_MS: Milliseconds = 30_000

const jwtOf = (policy: Policy | undefined): JwtPolicy[] =>
  (policy?.rules ?? []).flatMap(({ key: { identity } }) => (identity.kind === 'Jwt' ? [identity] : []))

/**
 * Verifies bearer tokens (RFC 7519, RFC 8725) against the keys of their issuers. It never throws and never
 * says yes in doubt: who is not verified is passed to the origin.
 */
export class Verifier {
  readonly #options: VerifierOptions
  readonly #sources = new Map<string, JwksSource>()
  /** By the policy's own objects: a replaced policy begins anew, what it knew is collected. */
  readonly #checkers = new WeakMap<JwtPolicy, Checker>()

  constructor(options: VerifierOptions) {
    this.#options = options
  }

  /** Fetches the keys that a policy names before its first request comes, and forgets those of the last one. */
  prepare(policy: Policy | undefined): void {
    const named = jwtOf(policy)
    for (const [uri, source] of this.#sources) {
      if (named.some(({ jwksUri }) => jwksUri === uri)) continue
      source.close()
      this.#sources.delete(uri)
    }
    for (const { jwksUri } of named) void this.#source(jwksUri).current
  }

  /**
   * Who sent these headers, at once for a token that was verified before. Undefined unless a token is there
   * and valid: signature, issuer, audience, `exp` and `nbf`.
   */
  verify(
    headers: RawHeaders,
    jwt: JwtPolicy
  ): VerifiedIdentity | undefined | Promise<VerifiedIdentity | undefined> {
    const token = bearerToken(headers)
    if (token === undefined) {
      if (hasHeader(headers, 'authorization')) this.#options.onResult?.('refused')
      return undefined
    }
    const checker = this.#checker(jwt)
    const known = checker.recall(token)
    if (known === undefined) return this.#check(checker, token)
    this.#options.onResult?.('verified')
    return known
  }

  async #check(checker: Checker, token: string): Promise<VerifiedIdentity | undefined> {
    const result = await checker.check(token)
    this.#options.onResult?.(typeof result === 'string' ? result : 'verified')
    return typeof result === 'string' ? undefined : result
  }

  #checker(jwt: JwtPolicy): Checker {
    const known = this.#checkers.get(jwt)
    if (known) return known
    const { clockSkewMs = 0, remembered = 10_000, now = () => Date.now(), log } = this.#options
    const checker = new Checker(jwt, {
      source: () => this.#source(jwt.jwksUri),
      clockSkewMs: Math.min(Math.max(clockSkewMs, 0), MAX_SKEW_MS),
      remembered,
      now,
      log
    })
    this.#checkers.set(jwt, checker)
    return checker
  }

  #source(uri: string): JwksSource {
    const known = this.#sources.get(uri)
    if (known) return known
    const { log } = this.#options
    const source = new JwksSource(uri, { ...JWKS_DEFAULTS, ...this.#options.jwks }, (error) =>
      log.warn({ err: error, jwksUri: uri }, 'the keys of a token issuer cannot be fetched')
    )
    this.#sources.set(uri, source)
    return source
  }

  close(): void {
    for (const source of this.#sources.values()) source.close()
  }
}
