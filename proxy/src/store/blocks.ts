import type { Bytes } from '@alexandrite/api'

/** What is kept takes whole blocks: half of one is wasted on average. */
export const BLOCK: Bytes = 512
const BLOCKS_IN_SLAB = 512
const NONE = -1
const WORD: Bytes = Float64Array.BYTES_PER_ELEMENT
const WORDS_IN_BLOCK = BLOCK / WORD

/** The memory that so many bytes take. */
export const inBlocks = (length: Bytes): Bytes => Math.ceil(length / BLOCK) * BLOCK

/** Where that word of a block's slab is. */
const wordAt = (block: number, index: number): number => (block % BLOCKS_IN_SLAB) * WORDS_IN_BLOCK + index

interface Slab {
  readonly bytes: Buffer
  /** The same memory. */
  readonly words: Float64Array
  /** Of each block the one that follows it in its chain, by number. */
  readonly next: Int32Array
}

/**
 * Small pieces of memory that come and go by the million, out of the garbage collector's sight: chains of blocks in a few
 * large buffers. Any free block is of use for any piece, so nothing is lost to fragments; what was given up is used
 * again before more is taken from the system. Who keeps the number of a chain releases it once.
 */
export class Blocks {
  #slabs: Slab[] = []
  #free = NONE

  /** Taken from the system; what is given up stays taken. */
  get bytes(): Bytes {
    return this.#slabs.length * BLOCKS_IN_SLAB * BLOCK
  }

  /** Copies the bytes, at least one. @returns the number of their chain */
  keep(bytes: Buffer): number {
    const first = this.#take()
    let block = first
    for (let from = 0; ;) {
      const { slab, index } = this.#place(block)
      const to = Math.min(from + BLOCK, bytes.length)
      bytes.copy(slab.bytes, index * BLOCK, from, to)
      from = to
      if (from === bytes.length) break
      block = slab.next[index] = this.#take()
    }
    this.#end(block)
    return first
  }

  /** Copies what is kept there into a buffer that is large enough; what lies side by side at once. */
  read(first: number, length: Bytes, into: Buffer, offset = 0): void {
    let block = first
    for (let at = 0; at < length;) {
      const { slab, index } = this.#place(block)
      let last = index
      let size = BLOCK
      while (
        at + size < length &&
        slab.next[last] === block + 1 + last - index &&
        last + 1 < BLOCKS_IN_SLAB
      ) {
        last += 1
        size += BLOCK
      }
      const from = index * BLOCK
      slab.bytes.copy(into, offset + at, from, from + Math.min(size, length - at))
      at += size
      block = slab.next[last] ?? NONE
    }
  }

  /** The number in the eight bytes at that place of a chain's first block, for who keeps numbers there. */
  word(first: number, index: number): number {
    return this.#slab(first).words[wordAt(first, index)] ?? NaN
  }

  setWord(first: number, index: number, value: number): void {
    this.#slab(first).words[wordAt(first, index)] = value
  }

  release(first: number): void {
    let last = first
    for (;;) {
      const { slab, index } = this.#place(last)
      const next = slab.next[index] ?? NONE
      if (next === NONE) {
        slab.next[index] = this.#free
        break
      }
      last = next
    }
    this.#free = first
  }

  #end(block: number): void {
    const { slab, index } = this.#place(block)
    slab.next[index] = NONE
  }

  #take(): number {
    if (this.#free === NONE) this.#grow()
    const block = this.#free
    const { slab, index } = this.#place(block)
    this.#free = slab.next[index] ?? NONE
    return block
  }

  /** Its blocks are free, in order: what is kept one after the other lies side by side. */
  #grow(): void {
    const first = this.#slabs.length * BLOCKS_IN_SLAB
    const next = Int32Array.from({ length: BLOCKS_IN_SLAB }, (_, index) => first + index + 1)
    next[BLOCKS_IN_SLAB - 1] = NONE
    const memory = new ArrayBuffer(BLOCKS_IN_SLAB * BLOCK)
    this.#slabs.push({ bytes: Buffer.from(memory), words: new Float64Array(memory), next })
    this.#free = first
  }

  #place(block: number): { readonly slab: Slab; readonly index: number } {
    return { slab: this.#slab(block), index: block % BLOCKS_IN_SLAB }
  }

  #slab(block: number): Slab {
    const slab = this.#slabs[Math.floor(block / BLOCKS_IN_SLAB)]
    if (slab === undefined) throw new RangeError(`there is no block ${block}`)
    return slab
  }
}
