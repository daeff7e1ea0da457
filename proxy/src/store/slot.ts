import type { Bytes } from '@alexandrite/api'
import type { Blocks } from './blocks.ts'
import { ownCopy, pack, unpack } from './codec.ts'
import type { Entry, ReadyAnswer, StoreRecord, VaryIndex } from './entry.ts'
import { MAX_IN_BLOCKS, sizeOfIndex, sizeOfPacked } from './size.ts'

/** A record in memory. */
export interface Slot {
  readonly key: string
  /** Set where variants are told apart; what stands here is no answer then. */
  readonly index: VaryIndex | undefined
  /**
   * The answer, unpacked anew unless it is ready; undefined once the record left. `ToKeep`: its body keeps nothing else
   * alive.
   */
  answer(use?: 'ToKeep'): Entry | undefined
  /** Set by `MemoryStore.attach`. */
  readonly ready: ReadyAnswer | undefined
  /** Times it was asked for, under this key, since it came in; also through newer records of the key. */
  readonly hits: number
}

const NOWHERE = -1
/** Into it blocks are put together to be unpacked. */
const SCRATCH = Buffer.allocUnsafeSlow(MAX_IN_BLOCKS)

const copied = (body: Buffer): Buffer => Buffer.from(body)

/** A record on its way into memory. */
export interface Packed {
  readonly record: StoreRecord
  /** Empty for an index of variants, which is kept as it is. */
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
  #length: Bytes = 0
  /** A large packed answer. */
  #large: Buffer | undefined = undefined
  ready: ReadyAnswer | undefined = undefined
  /** Its place among those that have something attached. */
  seat: number | undefined = undefined
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
    if (packed.length > MAX_IN_BLOCKS) this.#large = packed
    else if (packed.length > 0) {
      this.#first = blocks.keep(packed)
      this.#length = packed.length
    }
  }

  answer(use?: 'ToKeep'): Entry | undefined {
    if (this.ready) return this.ready.entry
    if (this.#large) return unpack(this.#large)
    if (this.#first === NOWHERE) return undefined
    this.#blocks.read(this.#first, SCRATCH, this.#length)
    return unpack(SCRATCH.subarray(0, this.#length), use === 'ToKeep' ? ownCopy : copied)
  }

  /** What is attached takes memory besides the record: its body too, unless that is a view of the record. */
  bytesOf(ready: ReadyAnswer | undefined): Bytes {
    return ready === undefined ? 0 : ready.bytes + (this.#large ? 0 : ready.entry.body.length)
  }

  left(): void {
    this.newer = this.older = undefined
    this.#large = undefined
    if (this.#first !== NOWHERE) this.#blocks.release(this.#first)
    this.#first = NOWHERE
  }
}
