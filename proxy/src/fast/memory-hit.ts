import type { Socket } from 'node:net'
import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import { changesAt, changingText } from '../engine/stored-text.ts'
import type { Times } from '../engine/stored-text.ts'
import { WORD } from '../store/packed.ts'
import type { Slot } from '../store/slot.ts'
import type { Copies } from './copies.ts'
import { withClose } from './head-text.ts'
import type { Hit, Manner } from './hit.ts'
import { COPIED_BODY, storedTogether, writeStored } from './write.ts'

/** An answer in memory, written as it lies there. */
export class MemoryHit implements Hit {
  readonly rule: PolicyRule | undefined
  readonly status: number
  readonly #slot: Slot
  readonly #copies: Copies

  constructor(slot: Slot, rule: PolicyRule | undefined, copies: Copies) {
    this.rule = rule
    this.status = slot.word(WORD.status)
    this.#slot = slot
    this.#copies = copies
  }

  write(socket: Socket, { headOnly, close }: Manner, now: Milliseconds): boolean {
    const copy = headOnly || close ? undefined : this.#copy(now)
    if (copy) return socket.write(copy)
    const rest = close ? withClose(this.#rest(this.#times(now))) : this.#rest(this.#times(now))
    return writeStored(socket, this.#slot, rest, headOnly)
  }

  /** Head and body in one piece, for an answer that is asked for again within a second. */
  #copy(now: Milliseconds): Buffer | undefined {
    const slot = this.#slot
    const known = this.#copies.of(slot, now)
    if (known || slot.length > COPIED_BODY || !this.#copies.worthwhile(slot, now)) return known
    const times = this.#times(now)
    const made = Buffer.from(storedTogether(slot, this.#rest(times)))
    this.#copies.keep(slot, { bytes: made, from: now, until: changesAt(times) })
    return made
  }

  #times(now: Milliseconds): Times {
    const slot = this.#slot
    return { ageMs: now - slot.word(WORD.bornAt), ttlMs: slot.word(WORD.freshUntil) - now, now }
  }

  /** What follows the head that lies there, with the empty line. */
  #rest(times: Times): string {
    const slot = this.#slot
    return changingText({ via: slot.word(WORD.via) === 1, dated: slot.word(WORD.dated) === 1 }, times)
  }
}
