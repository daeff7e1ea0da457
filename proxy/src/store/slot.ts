import type { Bytes, Milliseconds } from '@alexandrite/api'
import type { Blocks } from './blocks.ts'
import type { AnswerMetadata } from './codec.ts'
import type { Entry, StoreRecord, VaryIndex } from './entry.ts'
import { pack, unpackMetadata, WORD, wordsOf } from './packed.ts'
import type { Word } from './packed.ts'
import { MAX_IN_BLOCKS, sizeOfIndex, sizeOfPacked } from './size.ts'

/** An answer as it goes out while it is asked for within those times (wall clock). */
export interface Copy {
  readonly bytes: Buffer
  readonly from: Milliseconds
  readonly until: Milliseconds
}

/** A record in memory. */
export interface Slot {
  readonly key: string
  /** Set where variants are told apart; what stands here is no answer then. */
  readonly index: VaryIndex | undefined
  /** The answer, unpacked anew; undefined once the record left. */
  answer(): Entry | undefined
  /** The same without its body. */
  metadata(): AnswerMetadata | undefined
  /** A number beside the packed answer; NaN without one. */
  word(word: Word): number
  setWord(word: Word, value: number): void
  /** Length of the packed answer, its words included; 0 without one. */
  readonly length: Bytes
  /** Copies a packed answer that is not large to a place in a buffer. */
  copyTo(into: Buffer, at: Bytes): void
  /** The packed answer when it is large: its own memory. */
  readonly large: Buffer | undefined
  /** For who serves it again and again. */
  copy: Copy | undefined
  /** Times it was asked for, under this key, since it came in; also through newer records of the key. */
  readonly hits: number
}

const NOWHERE = -1
/** Into it blocks are put together to be unpacked. */
const SCRATCH = Buffer.allocUnsafeSlow(MAX_IN_BLOCKS)

/** A record on its way into memory. */
export interface Packed {
  readonly record: StoreRecord
  /** Empty for an index of variants, which is kept as it is; of a small answer for the moment alone (packed.ts). */
  readonly packed: Buffer
  readonly bytes: Bytes
}

const NOTHING = Buffer.alloc(0)

export const packedRecord = (key: string, record: StoreRecord): Packed => {
  if (record.kind === 'Vary') return { record, packed: NOTHING, bytes: sizeOfIndex(key, record) }
  const packed = pack(record)
  return { record, packed, bytes: sizeOfPacked(key, packed.length) }
}

interface Surroundings {
  readonly blocks: Blocks
  /** The slot of the same key before. */
  readonly before: StoredSlot | undefined
}

/** The same, as the store itself sees it: a member of a ring in order of arrival. */
export class StoredSlot implements Slot {
  readonly key: string
  readonly index: VaryIndex | undefined
  readonly #blocks: Blocks
  /** Chain of blocks of a small packed answer, and its length. */
  #first = NOWHERE
  length: Bytes = 0
  large: Buffer | undefined = undefined
  /** Of a large packed answer. */
  #words: Float64Array | undefined = undefined
  copy: Copy | undefined = undefined
  hits: number
  /** What it takes in memory, by estimate. */
  bytes: Bytes
  /** Asked for since the hand last passed. */
  visited: boolean
  /** Undefined once it left. */
  newer: StoredSlot | undefined = undefined
  older: StoredSlot | undefined = undefined

  constructor(key: string, { record, packed, bytes }: Packed, { blocks, before }: Surroundings) {
    this.key = key
    this.bytes = bytes
    this.hits = before?.hits ?? 0
    this.visited = before?.visited ?? false
    this.#blocks = blocks
    this.index = record.kind === 'Vary' ? record : undefined
    this.length = packed.length
    if (packed.length > MAX_IN_BLOCKS) {
      this.large = packed
      this.#words = wordsOf(packed)
    } else if (packed.length > 0) this.#first = blocks.keep(packed)
  }

  answer(): Entry | undefined {
    const bytes = packedBytes(this)
    if (!bytes) return undefined
    const bodyAt = this.word(WORD.bodyAt)
    const metadata = unpackMetadata(bytes, bodyAt)
    const body = bytes.subarray(bodyAt)
    return metadata && { ...metadata, body: this.large ? body : Buffer.from(body) }
  }

  metadata(): AnswerMetadata | undefined {
    const bytes = packedBytes(this)
    return bytes && unpackMetadata(bytes, this.word(WORD.bodyAt))
  }

  word(word: Word): number {
    if (this.#words) return this.#words[word] ?? NaN
    return this.#first === NOWHERE ? NaN : this.#blocks.word(this.#first, word)
  }

  setWord(word: Word, value: number): void {
    if (this.#words) this.#words[word] = value
    else if (this.#first !== NOWHERE) this.#blocks.setWord(this.#first, word, value)
  }

  copyTo(into: Buffer, at: Bytes): void {
    this.#blocks.read(this.#first, this.length, into, at)
  }

  left(): void {
    this.newer = this.older = undefined
    this.large = this.#words = this.copy = undefined
    this.length = 0
    if (this.#first !== NOWHERE) this.#blocks.release(this.#first)
    this.#first = NOWHERE
  }
}

/** For the moment: the next slot that is read may use the same memory. */
const packedBytes = (slot: Slot): Buffer | undefined => {
  if (slot.large || slot.length === 0) return slot.large
  slot.copyTo(SCRATCH, 0)
  return SCRATCH.subarray(0, slot.length)
}
