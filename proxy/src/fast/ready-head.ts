import type { Bytes, Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import type { Credentials } from '../engine/request-facts.ts'
import { complete } from '../engine/answer.ts'
import { changesAt, changingText, storedText } from '../engine/stored-text.ts'
import type { StoredText } from '../engine/stored-text.ts'
import type { Entry } from '../store/entry.ts'

const SECOND: Milliseconds = 1000

/** Which credentials a request carries that its key does not cover, as a number below 4. */
export const flagsOf = ({ authorization, cookie }: Credentials): number =>
  Number(authorization) + 2 * Number(cookie)

export interface Ages {
  readonly ageMs: Milliseconds
  /** Wall clock, like `now`. */
  readonly freshUntil: Milliseconds
  readonly now: Milliseconds
}

/**
 * The head of a stored answer as it goes to clients under one rule. What was decided holds until freshUntil; the
 * bytes hold until Age or ttl show another second.
 */
export class ReadyHead {
  readonly rule: PolicyRule | undefined
  readonly status: number
  /** Wall clock. */
  readonly freshUntil: Milliseconds
  readonly #credentials: number
  readonly #bodyLength: Bytes
  readonly #bornAt: Milliseconds
  readonly #text: StoredText
  /** When #head changes. */
  #until: Milliseconds = 0
  #head = ''

  constructor({ head, body }: Entry, cacheable: Cacheable, ages: Ages) {
    this.rule = cacheable.rule
    this.status = head.status
    this.freshUntil = ages.freshUntil
    this.#credentials = flagsOf(cacheable.credentials)
    this.#bodyLength = body.length
    this.#bornAt = ages.now - ages.ageMs
    this.#text = storedText(complete(head, body.length))
  }

  isFor({ rule, credentials }: Cacheable, body: Buffer): boolean {
    return (
      this.rule === rule && this.#credentials === flagsOf(credentials) && this.#bodyLength === body.length
    )
  }

  /** The head with the empty line that ends it. */
  head(now: Milliseconds): string {
    if (now >= this.#until || now < this.#until - SECOND) this.#render(now)
    return this.#head
  }

  #render(now: Milliseconds): void {
    const times = { ageMs: now - this.#bornAt, ttlMs: this.freshUntil - now, now }
    this.#head = `${this.#text.fixed}${changingText(this.#text, times)}`
    this.#until = changesAt(times)
  }
}
