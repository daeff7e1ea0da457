import type { Milliseconds } from '@alexandrite/api'
import type { Cacheable } from '../engine/classify.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { variantKey } from '../engine/key.ts'
import type { Freshness } from '../engine/freshness.ts'
import { retentionMs } from '../engine/storable.ts'
import type { EpochSource } from '../epochs/source.ts'
import type { Entry, StoreRecord, VaryIndex } from '../store/entry.ts'
import type { MemoryStore } from '../store/memory.ts'
import { READ_DEADLINE_MS } from '../store/shared-store.ts'
import type { SharedStore } from '../store/shared-store.ts'
import { indexWith, keyByLanguage } from './variants.ts'

export interface Lookup {
  readonly entry: Entry | undefined
  /** Key under which requests like this one wait for one another: with the variant, once Vary is known. */
  readonly fillKey: string
}

/** L1 before L2, and the epochs over both: what it finds was not purged. */
export class Cache {
  readonly #memory: MemoryStore
  readonly #shared: SharedStore | undefined
  readonly #epochs: EpochSource
  #deadOnArrival = 0

  constructor(memory: MemoryStore, shared: SharedStore | undefined, epochs: EpochSource) {
    this.#memory = memory
    this.#shared = shared
    this.#epochs = epochs
  }

  /** Fills that a purge overtook, since the start. */
  get deadOnArrival(): number {
    return this.#deadOnArrival
  }

  async find(cacheable: Cacheable, headers: RawHeaders): Promise<Lookup> {
    const until = performance.now() + READ_DEADLINE_MS
    const first = await this.#read(cacheable.key, cacheable.marks, until)
    if (first?.kind !== 'Vary') return { entry: first, fillKey: cacheable.key }
    const fillKey = variantKey(cacheable.key, first.vary, headers)
    const second = await this.#read(fillKey, cacheable.marks, until)
    const entry = second ?? (await this.#inLanguage(cacheable, first, headers, until))
    return { entry: entry?.kind === 'Answer' ? entry : undefined, fillKey }
  }

  async #inLanguage(
    cacheable: Cacheable,
    index: VaryIndex,
    headers: RawHeaders,
    until: Milliseconds
  ): Promise<StoreRecord | undefined> {
    const key = keyByLanguage(index, cacheable.key, headers)
    return key === undefined ? undefined : this.#read(key, cacheable.marks, until)
  }

  async #read(key: string, marks: readonly string[], until: Milliseconds): Promise<StoreRecord | undefined> {
    const near = this.#memory.get(key)
    if (near && this.#usable(near)) return near
    if (near) this.#memory.delete(key)
    const far = await this.#readShared(key, marks, until)
    if (!far || !this.#usable(far)) return undefined
    // What came into memory while the store was asked is at least as new.
    const meanwhile = this.#memory.get(key)
    if (meanwhile && this.#usable(meanwhile)) return meanwhile
    this.#memory.set(key, far)
    return far
  }

  /** Both reads of a lookup share one deadline. */
  async #readShared(
    key: string,
    marks: readonly string[],
    until: Milliseconds
  ): Promise<StoreRecord | undefined> {
    if (!this.#shared || !this.#epochs.storeUsable) return undefined
    const deadlineMs = Math.max(1, until - performance.now())
    const { record, seen } = await this.#shared.read(key, this.#epochs.shared ? marks : undefined, deadlineMs)
    return seen && !this.#epochs.learn(seen) ? undefined : record
  }

  #usable(record: StoreRecord): boolean {
    if (record.kind === 'Vary') return true
    return this.#epochs.vouched && this.#epochs.epochs.alive(record.stamp, record.marks)
  }

  /** Keeps a complete answer, unless a purge overtook its fill. True when it is kept. */
  keep(primary: string, headers: RawHeaders, entry: Entry, freshness: Freshness): boolean {
    if (!this.#epochs.epochs.alive(entry.stamp, entry.marks)) {
      this.#deadOnArrival += 1
      return false
    }
    if (!this.#epochs.vouched) return false
    const retention = retentionMs(entry.head, freshness)
    const key = variantKey(primary, entry.vary, headers)
    if (entry.vary.length > 0) {
      const known = this.#memory.get(primary)
      const index = indexWith(known?.kind === 'Vary' ? known : undefined, { primary, key, headers, entry })
      this.#put(primary, index, retention)
    }
    this.#put(key, entry, retention)
    return true
  }

  #put(key: string, record: StoreRecord, retention: number): void {
    this.#memory.set(key, record)
    // Not awaited: it never rejects, and its outcome is a metric.
    if (this.#epochs.storeUsable) void this.#shared?.write(key, record, retention)
  }

  clear(): void {
    this.#memory.clear()
  }
}
