import type { Milliseconds } from '@alexandrite/api'
import type { Keys } from './jwks.ts'
import type { VerifiedIdentity } from './verified.ts'

/**
 * Tokens that were verified, by their hash, the longest unused one dropped first. One counts until it expires and
 * until its issuer changes any key.
 */
export class Remembered {
  readonly #most: number
  /** In the order of use. */
  readonly #known = new Map<string, VerifiedIdentity>()
  #keys: Keys | undefined

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#known.size
  }

  find(id: string, keys: Keys, now: Milliseconds): VerifiedIdentity | undefined {
    const found = this.#keys === keys ? this.#known.get(id) : undefined
    if (!found) return undefined
    this.#known.delete(id)
    if (found.expiresAt <= now) return undefined
    this.#known.set(id, found)
    return found
  }

  add(id: string, keys: Keys, identity: VerifiedIdentity): void {
    if (this.#keys !== keys) this.#known.clear()
    this.#keys = keys
    this.#known.set(id, identity)
    if (this.#known.size <= this.#most) return
    const { value: oldest } = this.#known.keys().next()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}
