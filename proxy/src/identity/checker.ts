import { hash } from 'node:crypto'
import type { JwtPolicy, Milliseconds } from '@alexandrite/api'
import type { JWTPayload, JWTVerifyOptions } from 'jose'
import type { Warnings } from '../tier/warnings.ts'
import type { JwksSource, Keys } from './jwks.ts'
import { Remembered } from './remembered.ts'
import { claimsKey } from './verified.ts'
import type { VerifiedIdentity } from './verified.ts'

export interface CheckerOptions {
  readonly source: () => JwksSource
  readonly clockSkewMs: Milliseconds
  readonly remembered: number
  readonly now: () => Milliseconds
  readonly log: Warnings
}

export type Checked = VerifiedIdentity | 'refused' | 'unavailable'

/** Signatures that only the issuer can make; never `none`, never one made with a shared secret (RFC 8725 §3.1). */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
]
/** Of a token without a key id each key could be the one; more are not tried. */
const MAX_TRIED_KEYS = 8

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

const isUnknownKey = (error: unknown): boolean => codeOf(error) === 'ERR_JWKS_NO_MATCHING_KEY'

const verifyWith = async (token: string, keys: Keys, options: JWTVerifyOptions): Promise<JWTPayload> => {
  const { jwtVerify, errors } = await import('jose')
  try {
    return (await jwtVerify(token, keys.find, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    let tried = 0
    for await (const key of error) {
      if (tried === MAX_TRIED_KEYS) break
      tried += 1
      const attempt = await jwtVerify(token, key, options).catch((failure: unknown) => failure)
      if (!(attempt instanceof Error)) return (attempt as Awaited<ReturnType<typeof jwtVerify>>).payload
      if (!(attempt instanceof errors.JWSSignatureVerificationFailed)) throw attempt
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** Verifies the tokens of one rule and remembers those that were valid. */
export class Checker {
  readonly #jwt: JwtPolicy
  readonly #options: CheckerOptions
  readonly #remembered: Remembered
  /** The same token in many requests at once is verified once. */
  readonly #underWay = new Map<string, Promise<Checked>>()

  constructor(jwt: JwtPolicy, options: CheckerOptions) {
    this.#jwt = jwt
    this.#options = options
    this.#remembered = new Remembered(options.remembered)
  }

  /** What is known of a token already. Tokens are secrets: only their hashes are kept. */
  recall(token: string): VerifiedIdentity | undefined {
    if (this.#remembered.size === 0) return undefined
    const keys = this.#options.source().current
    return keys && this.#remembered.find(hash('sha256', token, 'base64url'), keys, this.#options.now())
  }

  /** Never rejects. */
  check(token: string): Promise<Checked> {
    const id = hash('sha256', token, 'base64url')
    const underWay = this.#underWay.get(id)
    if (underWay) return underWay
    const check = this.#check(id, token)
      .catch((error: unknown) => this.#refused(error))
      .finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, check)
    return check
  }

  async #check(id: string, token: string): Promise<Checked> {
    const keys = await this.#options.source().ready()
    if (!keys) return 'unavailable'
    try {
      return await this.#verify(id, token, keys)
    } catch (error) {
      if (!isUnknownKey(error)) throw error
      const newer = await this.#options.source().renewed()
      if (!newer) return 'unavailable'
      if (newer === keys) throw error
      return this.#verify(id, token, newer)
    }
  }

  async #verify(id: string, token: string, keys: Keys): Promise<Checked> {
    const { issuer, audience, claims } = this.#jwt
    const { clockSkewMs, now } = this.#options
    const payload = await verifyWith(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: clockSkewMs / 1000,
      currentDate: new Date(now())
    })
    const expiresAt = (payload.exp ?? 0) * 1000 + clockSkewMs
    if (expiresAt <= now()) return 'refused'
    const identity = { key: claimsKey(payload, claims), expiresAt }
    this.#remembered.add(id, keys, identity)
    return identity
  }

  /** The log says why, in jose's words, which name claims and never values; the token is a secret. */
  #refused(error: unknown): Checked {
    const reason = codeOf(error) ?? (error instanceof Error ? error.message : 'unknown')
    const claim = error instanceof Error && 'claim' in error ? error.claim : undefined
    this.#options.log.warn({ reason, claim, issuer: this.#jwt.issuer }, 'a token was refused')
    return 'refused'
  }
}
