import type { Bytes, Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable, Credentials } from '../engine/classify.ts'
import { cacheStatus } from '../engine/cache-status.ts'
import type { Entry, ReadyAnswer } from '../store/entry.ts'
import { complete } from '../tier/send.ts'
import { storedText } from './head-text.ts'
import { COPIED_BODY, joined } from './write.ts'

const SECOND: Milliseconds = 1000

const flagsOf = ({ authorization, cookie }: Credentials): number => Number(authorization) + 2 * Number(cookie)

/** A stored answer that may be written as it is. */
export interface Hit {
  readonly rule: PolicyRule | undefined
  readonly status: number
  readonly body: Buffer
  /** The head with the empty line that ends it. */
  head(now: Milliseconds): string
}

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
  readonly #fixed: string
  readonly #afterAge: string
  readonly #dated: boolean
  /** Its texts and objects, by estimate. */
  readonly bytes: Bytes
  #bytesUntil: Milliseconds = 0
  #head = ''

  constructor({ head, body }: Entry, cacheable: Cacheable, ages: Ages) {
    this.rule = cacheable.rule
    this.status = head.status
    this.freshUntil = ages.freshUntil
    this.#credentials = flagsOf(cacheable.credentials)
    this.#bodyLength = body.length
    this.#bornAt = ages.now - ages.ageMs
    const { beforeAge, afterAge, dated } = storedText(complete(head, body))
    this.#fixed = beforeAge
    this.#afterAge = afterAge
    this.#dated = dated
    this.bytes = 800 + 3 * this.#fixed.length
  }

  isFor({ rule, credentials }: Cacheable, body: Buffer): boolean {
    return (
      this.rule === rule && this.#credentials === flagsOf(credentials) && this.#bodyLength === body.length
    )
  }

  /** Whether `head` gives the same text as it gave last. */
  holds(now: Milliseconds): boolean {
    return now < this.#bytesUntil && now >= this.#bytesUntil - SECOND
  }

  /** The head with the empty line that ends it. */
  head(now: Milliseconds): string {
    if (!this.holds(now)) this.#render(now)
    return this.#head
  }

  #render(now: Milliseconds): void {
    const ageMs = now - this.#bornAt
    const ttlMs = this.freshUntil - now
    const status = cacheStatus({ result: 'hit', ttlMs })
    const age = `Age: ${Math.floor(ageMs / SECOND)}\r\nCache-Status: ${status}\r\n`
    // RFC 9110 §6.6.1: an origin's answer without a Date gets one.
    const date = this.#dated ? '' : `Date: ${new Date(now).toUTCString()}\r\n`
    this.#head = `${this.#fixed}${age}${this.#afterAge}${date}\r\n`
    this.#bytesUntil = now + Math.min(SECOND - (ageMs % SECOND), (ttlMs % SECOND) + 1)
  }
}

/** An answer in memory, ready to be written. */
export class Ready extends ReadyHead implements ReadyAnswer, Hit {
  readonly entry: Entry
  /** Epochs.version at which no purge had hit the answer. */
  aliveAt = -1
  #whole: Buffer | undefined

  constructor(entry: Entry, cacheable: Cacheable, ages: Ages) {
    super(entry, cacheable, ages)
    this.entry = entry
  }

  get body(): Buffer {
    return this.entry.body
  }

  /**
   * Head and body in one piece, once they were asked for while the bytes hold: who asks twice is likely to ask again.
   * The piece is kept, and `kept` hears of it; undefined before that and for a large body.
   */
  whole(now: Milliseconds, kept: (ready: Ready, bytes: Bytes) => void): Buffer | undefined {
    if (!this.holds(now)) this.#whole = undefined
    else if (!this.#whole && this.body.length <= COPIED_BODY) {
      this.#whole = joined(this.head(now), this.body)
      kept(this, this.#whole.length)
    }
    return this.#whole
  }

  forgetCopy(): void {
    this.#whole = undefined
  }
}
