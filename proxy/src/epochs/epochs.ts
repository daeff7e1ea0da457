import { randomUUID } from 'node:crypto'

/** When a fill began, in the count of purges; stored with the answer. */
export interface Stamp {
  /** Names the counter; epochs of two generations do not compare. */
  readonly generation: string
  readonly epoch: number
}

/** Marks remembered at most; with more, what is older than the oldest quarter of them is given up (docs/decisions/0003). */
export const MAX_MARKS = 20_000

/**
 * A clock that ticks with each purge, and when each mark was last purged. An answer lives as long as none of
 * its marks was purged after its fill began. Synchronous and without I/O; shared.ts mirrors a store's into one.
 */
export class Epochs {
  #generation: string
  /** The generation this one branched off: its answers go on to live. */
  #ancestor: string | undefined
  #clock = 0
  /** Every answer older than this is dead: what is left of forgotten marks. */
  #floor = 0
  #version = 0
  readonly #maxMarks: number
  /** The ones purged longest ago first. */
  readonly #purged = new Map<string, number>()

  constructor(generation: string = randomUUID(), maxMarks = MAX_MARKS) {
    this.#generation = generation
    this.#maxMarks = maxMarks
  }

  get generation(): string {
    return this.#generation
  }

  get size(): number {
    return this.#purged.size
  }

  /**
   * Rises whenever an answer that was alive may have died (or the reverse, by another generation). While it is the
   * same, what `alive` said of a stamp and its marks still holds.
   */
  get version(): number {
    return this.#version
  }

  /** To be taken before the origin is asked. */
  stamp(): Stamp {
    return { generation: this.#generation, epoch: this.#clock }
  }

  alive(stamp: Stamp, marks: Iterable<string>): boolean {
    const { generation, epoch } = stamp
    if (generation !== this.#generation && generation !== this.#ancestor) return false
    if (epoch < this.#floor) return false
    for (const mark of marks) {
      if ((this.#purged.get(mark) ?? 0) > epoch) return false
    }
    return true
  }

  /**
   * Makes dead what carries one of the marks and began until now, and what begins before the clock ticks next: for a
   * purge whose epoch the shared store has not told yet.
   */
  condemn(marks: Iterable<string>): void {
    this.#mark(this.#clock + 1, marks)
  }

  /** Purges marks: everything that carries one of them and began until now is dead. */
  raise(marks: Iterable<string>): Stamp {
    this.absorb(this.#clock + 1, marks)
    return this.stamp()
  }

  /** Learns of a purge that happened elsewhere at that epoch of the same generation. */
  absorb(epoch: number, marks: Iterable<string>): void {
    this.#clock = Math.max(this.#clock, epoch)
    this.#mark(epoch, marks)
  }

  /** Makes dead what began before that epoch, whatever its marks. */
  giveUpBefore(floor: number): void {
    if (floor <= this.#floor) return
    this.#floor = floor
    this.#version += 1
  }

  /** Goes on to count under another name: what is stored stays, but stamps from now on are of that generation. */
  branch(generation: string): void {
    this.#ancestor = this.#generation
    this.#generation = generation
    this.#version += 1
  }

  /** Starts over with another counter: what carries another generation is out of reach. */
  restart(generation: string, clock = 0, purged: Iterable<readonly [string, number]> = []): void {
    this.#generation = generation
    this.#ancestor = undefined
    this.#clock = clock
    this.#floor = 0
    this.#version += 1
    this.#purged.clear()
    for (const [mark, epoch] of purged) this.#purged.set(mark, epoch)
  }

  #mark(epoch: number, marks: Iterable<string>): void {
    for (const mark of marks) {
      if ((this.#purged.get(mark) ?? 0) >= epoch) continue
      this.#purged.delete(mark)
      this.#purged.set(mark, epoch)
      this.#version += 1
    }
    if (this.#purged.size > this.#maxMarks) this.#forget()
  }

  /** Many at once: the floor moves seldom. It stands in for what is forgotten, whatever the order was. */
  #forget(): void {
    const left = Math.floor((this.#maxMarks * 3) / 4)
    let floor = 0
    for (const [mark, epoch] of this.#purged) {
      if (this.#purged.size <= left) break
      this.#purged.delete(mark)
      floor = Math.max(floor, epoch)
    }
    this.giveUpBefore(floor)
  }
}
