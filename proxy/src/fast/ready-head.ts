import type { Bytes, Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import { complete } from '../engine/answer.ts'
import { changesAt, changingText, storedText } from '../engine/stored-text.ts'
import type { StoredText } from '../engine/stored-text.ts'
import type { Entry } from '../store/entry.ts'
import { kindOf } from './verdict.ts'
import type { Verdict } from './verdict.ts'

const SECOND: Milliseconds = 1000

/**
 * The head of a stored answer as it goes to clients under one rule. What was decided holds until freshUntil; the
 * bytes hold until Age or ttl show another second.
 */
export class ReadyHead {
  readonly rule: PolicyRule | undefined
  readonly status: number
  /** Wall clock. */
  readonly freshUntil: Milliseconds
  readonly #kind: number
  readonly #bodyLength: Bytes
  readonly #bornAt: Milliseconds
  readonly #text: StoredText
  /** When #head changes. */
  #until: Milliseconds = 0
  #head = ''

  constructor({ head, body }: Entry, rule: PolicyRule | undefined, verdict: Verdict) {
    this.rule = rule
    this.status = head.status
    this.freshUntil = verdict.freshUntil
    this.#kind = verdict.kind
    this.#bodyLength = body.length
    this.#bornAt = verdict.bornAt
    this.#text = storedText(complete(head, body.length))
  }

  isFor(hit: Cacheable, body: Buffer): boolean {
    return this.#kind === kindOf(hit) && this.#bodyLength === body.length
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
