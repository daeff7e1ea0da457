import type { Bytes, Milliseconds } from '@alexandrite/api'
import { WORD } from '../store/packed.ts'
import type { Copy, Slot } from '../store/slot.ts'

/** Of all copies together. */
const MAX_BYTES: Bytes = 4 * 1024 * 1024
const SECOND: Milliseconds = 1000
/** To make a copy costs as much as it saves some hits. */
const OFTEN = 8
/** More than are counted. */
const MANY = 16

/**
 * Answers that are asked for many times within a second, as they go out until Age shows another one. When there are too
 * many, others get none until a second is over: if each pushed out another, all would be made in vain.
 */
export class Copies {
  #kept: Slot[] = []
  #bytes: Bytes = 0
  #since: Milliseconds = 0

  of(slot: Slot, now: Milliseconds): Buffer | undefined {
    const { copy } = slot
    return copy && now >= copy.from && now < copy.until ? copy.bytes : undefined
  }

  /** Whether the answer was asked for often in this second, and there is room for a copy. Counts as asking. */
  worthwhile(slot: Slot, now: Milliseconds): boolean {
    const none = Math.floor(now / SECOND) * MANY
    const asked = slot.word(WORD.asked)
    const known = asked >= none && asked < none + MANY
    if (known && asked - none >= OFTEN) return this.#hasRoom(slot.length, now)
    slot.setWord(WORD.asked, known ? asked + 1 : none + 1)
    return false
  }

  keep(slot: Slot, copy: Copy): void {
    if (slot.copy) this.#bytes -= slot.copy.bytes.length
    else this.#kept.push(slot)
    slot.copy = copy
    this.#bytes += copy.bytes.length
  }

  #hasRoom(bytes: Bytes, now: Milliseconds): boolean {
    if (now < this.#since || now >= this.#since + SECOND) this.#restart(now)
    return this.#bytes + bytes <= MAX_BYTES
  }

  #restart(now: Milliseconds): void {
    for (const slot of this.#kept) slot.copy = undefined
    this.#kept = []
    this.#bytes = 0
    this.#since = now
  }
}
