import type { Bytes } from '@alexandrite/api'
import type { StoreRecord } from './entry.ts'

/** What a record costs besides its strings and body: objects, the map's slot. Measured, rounded up. */
const OVERHEAD = 400

interface Slot {
  readonly record: StoreRecord
  readonly bytes: Bytes
}

const stringsBytes = (strings: readonly string[]): Bytes =>
  strings.reduce((sum, text) => sum + text.length + 16, 0)

const sizeOf = (key: string, record: StoreRecord): Bytes => {
  const common = OVERHEAD + key.length + stringsBytes(record.vary)
  if (record.kind === 'Vary') return common
  return common + record.body.length + stringsBytes(record.head.headers) + stringsBytes(record.marks)
}

/** L1: answers in memory, least recently used ones leave when the byte bound is reached. */
export class MemoryStore {
  readonly #slots = new Map<string, Slot>()
  readonly #maxBytes: Bytes
  #bytes = 0
  #evictions = 0

  constructor(maxBytes: Bytes) {
    this.#maxBytes = maxBytes
  }

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
    const slot = this.#slots.get(key)
    if (!slot) return undefined
    this.#slots.delete(key)
    this.#slots.set(key, slot)
    return slot.record
  }

  /** A record that takes more than a quarter of the bound is left out: it would push out everything else. */
  set(key: string, record: StoreRecord): void {
    this.delete(key)
    const bytes = sizeOf(key, record)
    if (bytes > this.#maxBytes / 4) return
    this.#slots.set(key, { record, bytes })
    this.#bytes += bytes
    this.#shrink()
  }

  delete(key: string): void {
    const slot = this.#slots.get(key)
    if (!slot) return
    this.#slots.delete(key)
    this.#bytes -= slot.bytes
  }

  clear(): void {
    this.#slots.clear()
    this.#bytes = 0
  }

  #shrink(): void {
    for (const key of this.#slots.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(key)
      this.#evictions += 1
    }
  }
}
