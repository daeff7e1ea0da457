const FIRST_CAPACITY = 64

/**
 * First in, first out, in a ring that only grows. No array is given up with items in it: one that the garbage
 * collector takes for old would keep them, and all they refer to, until the next large collection.
 */
export class Fifo<T> {
  #ring = new Array<T | undefined>(FIRST_CAPACITY).fill(undefined)
  #first = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  get first(): T | undefined {
    return this.#ring[this.#first]
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[this.#place(this.#length)] = item
    this.#length += 1
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#ring[this.#first]
    this.#ring[this.#first] = undefined
    this.#first = this.#place(1)
    this.#length -= 1
    return item
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#length; i += 1) {
      const item = this.#ring[this.#place(i)]
      if (item !== undefined) yield item
    }
  }

  /** Of the item so many behind the first. The capacity is a power of two. */
  #place(behind: number): number {
    return (this.#first + behind) & (this.#ring.length - 1)
  }

  #grow(): void {
    const before = this.#ring
    const items = [...this]
    this.#ring = new Array<T | undefined>(2 * before.length).fill(undefined)
    for (const [i, item] of items.entries()) this.#ring[i] = item
    this.#first = 0
    before.fill(undefined)
  }
}
