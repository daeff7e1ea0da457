import type { Bytes, Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable, Credentials } from '../engine/classify.ts'
import { cacheStatus } from '../engine/cache-status.ts'
import { hasHeader, withoutHeaders } from '../engine/headers.ts'
import { towardsClient } from '../http/towards-client.ts'
import type { Entry, ReadyAnswer } from '../store/entry.ts'
import { complete } from '../tier/send.ts'
import { fieldLines, headText } from './head-text.ts'
import { COPIED_BODY, joined } from './write.ts'

const AGE = new Set(['age'])
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
    const { status, statusText, headers } = complete(head, body)
    this.#fixed = headText(status, statusText, withoutHeaders(headers, AGE))
    // What the tier adds behind Age and Cache-Status, see storedHeaders and towardsClient.
    this.#afterAge = fieldLines(towardsClient(headers, 'KeepAlive').slice(headers.length))
    this.#dated = hasHeader(headers, 'date')
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
   * Head and body in one piece; undefined for a large body. Who asks twice while the bytes hold is likely to ask
   * again: then the piece is kept, and `kept` hears of it.
   */
  whole(now: Milliseconds, kept: (ready: Ready, bytes: Bytes) => void): Buffer | undefined {
    const again = this.holds(now)
    if (this.#whole && again) return this.#whole
    this.#whole = undefined
    if (this.body.length > COPIED_BODY) return undefined
    const whole = joined(this.head(now), this.body)
    if (again) {
      this.#whole = whole
      kept(this, whole.length)
    }
    return whole
  }

  forgetCopy(): void {
    this.#whole = undefined
  }
}
