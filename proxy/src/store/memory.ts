import type { Bytes } from '@alexandrite/api'
import { pack, unpack } from './codec.ts'
import type { Entry, ReadyAnswer, StoreRecord, VaryIndex } from './entry.ts'
import { HotKeys } from './hot-keys.ts'
import type { HotKey } from './hot-keys.ts'
import { sizeOfIndex, sizeOfPacked } from './size.ts'

/** Slots that have something attached at most: as many as there are requests that are remembered. */
export const MAX_ATTACHED = 8192

/** Hits are counted up to here. */
const MAX_HITS = 2 ** 30

/** A record in memory. */
export interface Slot {
  readonly key: string
  /** Set where variants are told apart; what stands here is no answer then. */
  readonly index: VaryIndex | undefined
  /** The answer, unpacked anew unless it is ready. Its body is a view of what memory keeps. */
  answer(): Entry | undefined
  /** Set by `MemoryStore.attach`. */
  readonly ready: ReadyAnswer | undefined
  /** Times it was asked for, under this key, since it came in; also through newer records of the key. */
  readonly hits: number
}

/** The same, as the store itself sees it: a member of a ring in order of arrival. */
class StoredSlot implements Slot {
  readonly key: string
  readonly index: VaryIndex | undefined
  readonly #packed: Buffer | undefined
  ready: ReadyAnswer | undefined = undefined
  /** Its place among those that have something attached. */
  seat: number | undefined = undefined
  hits: number
  /** What it takes in memory, by estimate. */
  bytes: Bytes
  /** Asked for since the hand last passed. */
  visited = false
  /** Undefined once it left. */
  newer: StoredSlot | undefined = undefined
  older: StoredSlot | undefined = undefined

  constructor(key: string, record: StoreRecord, hits: number) {
    this.key = key
    this.hits = hits
    if (record.kind === 'Vary') {
      this.index = record
      this.#packed = undefined
      this.bytes = sizeOfIndex(key, record)
    } else {
      this.index = undefined
      this.#packed = pack(record)
      this.bytes = sizeOfPacked(key, this.#packed)
    }
  }

  answer(): Entry | undefined {
    return this.ready?.entry ?? (this.#packed && unpack(this.#packed))
  }
}

/**
 * L1: records in memory under a bound of bytes. Who leaves is decided by SIEVE (Zhang et al., NSDI '24): a hit only
 * marks its slot, a hand goes from the oldest to the newest, spares what is marked and takes the mark away.
 */
export class MemoryStore {
  readonly #slots = new Map<string, StoredSlot>()
  readonly #maxBytes: Bytes
  readonly #hotKeys = new HotKeys()
  #seats: (StoredSlot | undefined)[] = []
  #nextSeat = 0
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
    const slot = new StoredSlot(key, record, before?.hits ?? 0)
    if (slot.bytes > this.#maxBytes / 4) return
    this.#shrinkTo(this.#maxBytes - slot.bytes)
    slot.visited = before?.visited ?? false
    this.#slots.set(key, slot)
    this.#bytes += slot.bytes
    this.#append(slot)
  }

  /**
   * Puts what was made of a slot's record beside it; with too many of them the oldest goes, to be made again.
   * Nothing happens when the record left meanwhile.
   */
  attach(slot: Slot, ready: ReadyAnswer): void {
    const stored = this.#slots.get(slot.key)
    if (stored === undefined || stored !== slot) return
    if (stored.seat === undefined) this.#seat(stored)
    this.#setReady(stored, ready)
    this.#shrinkTo(this.#maxBytes)
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (slot) this.#remove(slot)
  }

  clear(): void {
    this.#slots.clear()
    this.#newest = this.#oldest = this.#hand = undefined
    this.#bytes = 0
    this.#seats = []
  }

  /**
   * The keys asked for most, most asked first. A call looks at a part of the slots only and remembers the best: with
   * many keys the list is complete after some calls.
   */
  hottest(n: number): HotKey[] {
    return this.#hotKeys.top(n, this.#slots)
  }

  #seat(slot: StoredSlot): void {
    const before = this.#seats[this.#nextSeat]
    if (before) {
      before.seat = undefined
      this.#setReady(before, undefined)
    }
    slot.seat = this.#nextSeat
    this.#seats[slot.seat] = slot
    this.#nextSeat = (this.#nextSeat + 1) % MAX_ATTACHED
  }

  #setReady(slot: StoredSlot, ready: ReadyAnswer | undefined): void {
    const more = (ready?.bytes ?? 0) - (slot.ready?.bytes ?? 0)
    slot.ready = ready
    slot.bytes += more
    this.#bytes += more
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
    slot.newer = slot.older = undefined
    if (slot.seat !== undefined) this.#seats[slot.seat] = undefined
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
