import type { Milliseconds } from '@alexandrite/api'

/** What is remembered at most, in each of two generations. */
export interface Room {
  readonly entries: number
  /** Of the texts together. */
  readonly characters: number
}

/**
 * How long what is remembered stays at least. Where more is in use than there is room for, some of it stays: if each
 * pushed out another, all would be made in vain.
 */
const STAYS_MS: Milliseconds = 5000

/** Values by a text, in two generations: what is in use survives a full memory. */
export class Remembered<T> {
  readonly #room: Room
  readonly #now: () => Milliseconds
  #young = new Map<string, T>()
  #old = new Map<string, T>()
  #characters = 0
  #since: Milliseconds = -STAYS_MS

  /** @param now monotonic */
  constructor(room: Room, now: () => Milliseconds = () => performance.now()) {
    this.#room = room
    this.#now = now
  }

  get(text: string): T | undefined {
    const known = this.#young.get(text)
    if (known !== undefined) return known
    const older = this.#old.get(text)
    if (older !== undefined) this.set(text, older)
    return older
  }

  /** Does nothing when there is no room for it now. */
  set(text: string, value: T): void {
    if (!this.#hasRoom(text) && !this.#turn()) return
    this.#young.set(text, value)
    this.#characters += text.length
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#characters = 0
    this.#since = -STAYS_MS
  }

  #hasRoom(text: string): boolean {
    const { entries, characters } = this.#room
    return this.#young.size < entries && this.#characters + text.length <= characters
  }

  #turn(): boolean {
    const now = this.#now()
    if (now - this.#since < STAYS_MS) return false
    this.#since = now
    this.#old = this.#young
    this.#young = new Map()
    this.#characters = 0
    return true
  }
}
