import type { Bytes } from '@alexandrite/api'
import { Blocks } from './blocks.ts'
import type { StoreRecord } from './entry.ts'
import { HotKeys } from './hot-keys.ts'
import type { HotKey } from './hot-keys.ts'
import { packedRecord, StoredSlot } from './slot.ts'
import type { Slot } from './slot.ts'

/** Hits are counted up to here. */
const MAX_HITS = 2 ** 30

/**
 * L1: records in memory under a bound of bytes. Who leaves is decided by SIEVE (Zhang et al., NSDI '24): a hit only
 * marks its slot, a hand goes from the oldest to the newest, spares what is marked and takes the mark away.
 */
export class MemoryStore {
  readonly #slots = new Map<string, StoredSlot>()
  readonly #maxBytes: Bytes
  readonly #hotKeys = new HotKeys()
  #blocks = new Blocks()
  #newest: StoredSlot | undefined
  #oldest: StoredSlot | undefined
  #hand: StoredSlot | undefined
  #bytes = 0
  #evictions = 0

  constructor(maxBytes: Bytes) {
    this.#maxBytes = maxBytes
  }

  /** What the records take, by estimate; never above the bound. */
  get bytes(): Bytes {
    return this.#bytes
  }
  get size(): number {
    return this.#slots.size
  }
  /** Records that left to make room, since the start. */
  get evictions(): number {
    return this.#evictions
  }

  get(key: string): StoreRecord | undefined {
    const slot = this.slot(key)
    return slot?.index ?? slot?.answer()
  }

  /** The same slot for a key until its record is replaced or leaves; being asked for keeps it here. */
  slot(key: string): Slot | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    slot.visited = true
    if (slot.hits < MAX_HITS) slot.hits += 1
    return slot
  }

  /** A record that takes more than a quarter of the bound is left out: it would push out everything else. */
  set(key: string, record: StoreRecord): void {
    if (this.#maxBytes === 0) return
    const before = this.#slots.get(key)
    if (before) this.#remove(before)
    if (record.kind === 'Answer' && record.body.length > this.#maxBytes / 4) return
    const packed = packedRecord(key, record)
    if (packed.bytes > this.#maxBytes / 4) return
    this.#shrinkTo(this.#maxBytes - packed.bytes)
    const slot = new StoredSlot(key, packed, { blocks: this.#blocks, before })
    this.#slots.set(key, slot)
    this.#bytes += slot.bytes
    this.#append(slot)
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (slot) this.#remove(slot)
  }

  clear(): void {
    this.#slots.clear()
    this.#blocks = new Blocks()
    this.#newest = this.#oldest = this.#hand = undefined
    this.#bytes = 0
  }

  /**
   * The keys asked for most, most asked first. A call looks at a part of the slots only and remembers the best: with
   * many keys the list is complete after some calls.
   */
  hottest(n: number): HotKey[] {
    return this.#hotKeys.top(n, this.#slots)
  }

  #append(slot: StoredSlot): void {
    slot.older = this.#newest
    if (this.#newest) this.#newest.newer = slot
    this.#newest = slot
    this.#oldest ??= slot
  }

  #remove(slot: StoredSlot): void {
    this.#slots.delete(slot.key)
    this.#bytes -= slot.bytes
    if (this.#hand === slot) this.#hand = slot.newer
    if (slot.newer) slot.newer.older = slot.older
    else this.#newest = slot.older
    if (slot.older) slot.older.newer = slot.newer
    else this.#oldest = slot.newer
    slot.left()
  }

  #shrinkTo(bytes: Bytes): void {
    let slot = this.#hand
    while (this.#bytes > bytes) {
      slot ??= this.#oldest
      if (slot === undefined) return
      const next: StoredSlot | undefined = slot.newer
      if (slot.visited) slot.visited = false
      else {
        this.#remove(slot)
        this.#evictions += 1
      }
      slot = next
      this.#hand = slot
    }
  }
}
