import type { Socket } from 'node:net'
import type { Milliseconds } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'
import type { Cacheable } from '../engine/classify.ts'
import type { StoredHead } from '../engine/message.ts'
import type { Entry } from '../store/entry.ts'
import type { Lookup } from '../tier/lookup.ts'
import type { Plan } from './plans.ts'
import { withClose } from './head-text.ts'
import type { Hit, Manner } from './hit.ts'
import { ReadyHead } from './ready-head.ts'
import { verdictOf } from './verdict.ts'
import { writeAnswer } from './write.ts'

/** Where answers of the shared store are found: of tier/lookup.ts, what is needed here. */
export interface SharedLookup {
  readonly asksStore: boolean
  look(cacheable: Cacheable, headers: RawHeaders, looked: (lookup: Lookup) => void): void
}

/** The body comes with each reply of the store, the head's text is made once. */
class SharedHit implements Hit {
  readonly #body: Buffer
  readonly #ready: ReadyHead

  constructor(ready: ReadyHead, body: Buffer) {
    this.#ready = ready
    this.#body = body
  }

  get rule(): Hit['rule'] {
    return this.#ready.rule
  }
  get status(): number {
    return this.#ready.status
  }

  write(socket: Socket, { headOnly, close }: Manner, now: Milliseconds): boolean {
    const text = this.#ready.head(now)
    return writeAnswer(socket, close ? withClose(text) : text, headOnly ? undefined : this.#body)
  }
}

/**
 * Answers of the shared store (L2) that may be served as they are. The store gives the same head object again while
 * the stored head is the same (see decodeAgain): what was decided of it and its text are kept beside it.
 */
export class SharedHits {
  readonly #lookup: SharedLookup
  readonly #heads = new WeakMap<StoredHead, ReadyHead>()

  constructor(lookup: SharedLookup) {
    this.#lookup = lookup
  }

  /** Whether it is of use to ask: not without a store, nor while it is in trouble. */
  get askable(): boolean {
    return this.#lookup.asksStore
  }

  /** `looked` is called once, perhaps before this returns. What it hears is not purged. */
  look({ head }: Plan, hit: Cacheable, looked: (lookup: Lookup) => void): void {
    this.#lookup.look(hit, head.headers, looked)
  }

  /** What was found, if it may be served as it is. */
  hitOf({ head, hit }: Plan, entry: Entry | undefined, now: Milliseconds): Hit | undefined {
    if (!hit || !entry) return undefined
    const known = this.#heads.get(entry.head)
    if (known?.isFor(hit, entry.body) && now < known.freshUntil) return new SharedHit(known, entry.body)
    const verdict = verdictOf(head, hit, entry.head, now)
    if (!verdict) return undefined
    const made = new ReadyHead(entry, hit.rule, verdict)
    this.#heads.set(entry.head, made)
    return new SharedHit(made, entry.body)
  }
}
