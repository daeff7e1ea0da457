import type { Bytes, Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Cacheable, Credentials } from '../engine/classify.ts'
import { decide } from '../engine/decide.ts'
import { cacheStatus } from '../engine/cache-status.ts'
import { withoutHeaders } from '../engine/headers.ts'
import type { EpochSource } from '../epochs/source.ts'
import { towardsClient } from '../http/towards-client.ts'
import type { Entry, ReadyAnswer } from '../store/entry.ts'
import type { MemoryStore, Slot } from '../store/memory.ts'
import { complete } from '../tier/send.ts'
import { fieldLines, headText } from './head-text.ts'
import { variantOf } from './plans.ts'
import type { Plan } from './plans.ts'
import { COPIED_BODY, joined } from './write.ts'

/** Copies kept at most, over all answers. */
const MAX_COPIES: Bytes = 4 * 1024 * 1024
const AGE = new Set(['age'])
const SECOND: Milliseconds = 1000

const flagsOf = ({ authorization, cookie }: Credentials): number => Number(authorization) + 2 * Number(cookie)

/**
 * A stored answer as it goes to clients under one rule, ready to be written. What was decided holds until
 * freshUntil; the bytes hold until Age or ttl show another second.
 */
export class Ready implements ReadyAnswer {
  readonly entry: Entry
  readonly rule: PolicyRule | undefined
  readonly credentials: number
  /** Wall clock. */
  readonly freshUntil: Milliseconds
  readonly #bornAt: Milliseconds
  readonly #fixed: string
  readonly #afterAge: string
  /** Its texts. */
  readonly bytes: Bytes
  /** Epochs.version at which no purge had hit the answer. */
  aliveAt = -1
  #bytesUntil: Milliseconds = 0
  #head = ''
  #whole: Buffer | undefined

  constructor(
    entry: Entry,
    cacheable: Cacheable,
    ages: { ageMs: Milliseconds; freshUntil: Milliseconds; now: Milliseconds }
  ) {
    this.entry = entry
    this.rule = cacheable.rule
    this.credentials = flagsOf(cacheable.credentials)
    this.freshUntil = ages.freshUntil
    this.#bornAt = ages.now - ages.ageMs
    const { status, statusText, headers } = complete(entry.head, entry.body)
    this.#fixed = headText(status, statusText, withoutHeaders(headers, AGE))
    // What the tier adds behind Age and Cache-Status, see storedHeaders and towardsClient.
    this.#afterAge = fieldLines(towardsClient(headers, 'KeepAlive').slice(headers.length))
    this.bytes = 300 + 2 * this.#fixed.length
  }

  isFor({ rule, credentials }: Cacheable): boolean {
    return this.rule === rule && this.credentials === flagsOf(credentials)
  }

  /** The head without the empty line that ends it. */
  head(now: Milliseconds): string {
    if (!this.#holds(now)) this.#render(now)
    return this.#head
  }

  /**
   * Head and body in one piece; undefined for a large body. Who asks twice while the bytes hold is likely to ask
   * again: then the piece is kept, and `kept` hears of it.
   */
  whole(now: Milliseconds, kept: (ready: Ready, bytes: Bytes) => void): Buffer | undefined {
    if (this.#whole && this.#holds(now)) return this.#whole
    if (this.entry.body.length > COPIED_BODY) return undefined
    const again = this.#holds(now)
    const whole = joined(`${this.head(now)}\r\n`, this.entry.body)
    if (again) {
      this.#whole = whole
      kept(this, whole.length)
    }
    return whole
  }

  forgetCopy(): void {
    this.#whole = undefined
  }

  #holds(now: Milliseconds): boolean {
    return now < this.#bytesUntil && now >= this.#bytesUntil - SECOND
  }

  #render(now: Milliseconds): void {
    const ageMs = now - this.#bornAt
    const ttlMs = this.freshUntil - now
    const status = cacheStatus({ result: 'hit', ttlMs })
    this.#head = `${this.#fixed}Age: ${Math.floor(ageMs / SECOND)}\r\nCache-Status: ${status}\r\n${this.#afterAge}`
    this.#bytesUntil = now + Math.min(SECOND - (ageMs % SECOND), (ttlMs % SECOND) + 1)
    this.#whole = undefined
  }
}

export interface HitsOptions {
  readonly memory: MemoryStore
  readonly epochs: EpochSource
}

/** Finds stored answers that may be served as they are: from memory, fresh, not purged. All else is undefined. */
export class Hits {
  readonly #options: HitsOptions
  #kept: Ready[] = []
  #keptBytes: Bytes = 0

  constructor(options: HitsOptions) {
    this.#options = options
  }

  find(plan: Plan, now: Milliseconds): Ready | undefined {
    const { hit } = plan
    if (!hit) return undefined
    const slot = this.#slot(plan, hit)
    if (slot?.record.kind !== 'Answer') return undefined
    const known = slot.ready
    const ready = known instanceof Ready && known.isFor(hit) ? known : this.#make(slot, plan, hit, now)
    return ready && now < ready.freshUntil && this.#alive(ready) ? ready : undefined
  }

  /** Head and body in one piece; undefined for a large body. */
  whole(ready: Ready, now: Milliseconds): Buffer | undefined {
    return ready.whole(now, this.#keep)
  }

  #slot(plan: Plan, hit: Cacheable): Slot | undefined {
    const { memory } = this.#options
    const first = memory.slot(hit.key)
    return first?.record.kind === 'Vary' ? memory.slot(variantOf(plan, hit.key, first.record)) : first
  }

  #make(slot: Slot, { head }: Plan, hit: Cacheable, now: Milliseconds): Ready | undefined {
    const entry = slot.record
    if (entry.kind !== 'Answer') return undefined
    const decision = decide(head, hit, entry.head, now)
    if (decision.kind !== 'Serve' || decision.freshForMs <= 0) return undefined
    const ready = new Ready(entry, hit, { ageMs: decision.ageMs, freshUntil: now + decision.freshForMs, now })
    this.#options.memory.attach(slot, ready)
    return ready
  }

  #alive(ready: Ready): boolean {
    const { epochs } = this.#options
    if (!epochs.vouched) return false
    const { version } = epochs.epochs
    if (ready.aliveAt === version) return true
    if (!epochs.epochs.alive(ready.entry.stamp, ready.entry.marks)) return false
    ready.aliveAt = version
    return true
  }

  /** All copies are given up together when there are too many: those in use are made again. */
  readonly #keep = (ready: Ready, bytes: Bytes): void => {
    if (this.#keptBytes + bytes > MAX_COPIES) {
      for (const one of this.#kept) one.forgetCopy()
      this.#kept = []
      this.#keptBytes = 0
    }
    this.#kept.push(ready)
    this.#keptBytes += bytes
  }
}
