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
import type { Found, SharedStore } from '../store/shared-store.ts'
import { indexWith, keyByLanguage } from './variants.ts'

export interface Lookup {
  readonly entry: Entry | undefined
  /** Key under which requests like this one wait for one another: with the variant, once Vary is known. */
  readonly fillKey: string
}

interface Wanted {
  readonly cacheable: Cacheable
  readonly headers: RawHeaders
  readonly until: Milliseconds
}

interface Reading {
  readonly marks: readonly string[]
  /** Monotonic; the reads of a lookup share it. */
  readonly until: Milliseconds
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

  /** Never rejects. */
  find(cacheable: Cacheable, headers: RawHeaders): Promise<Lookup> {
    return new Promise((resolve) => this.look(cacheable, headers, resolve))
  }

  /** The same, for callers to whom a promise is too much. `looked` is called once, perhaps before this returns. */
  look(cacheable: Cacheable, headers: RawHeaders, looked: (lookup: Lookup) => void): void {
    const { key, marks } = cacheable
    const until = performance.now() + READ_DEADLINE_MS
    this.#read(key, { marks, until }, (first) => {
      if (first?.kind === 'Vary') this.#variant(first, { cacheable, headers, until }, looked)
      else looked({ entry: first, fillKey: key })
    })
  }

  /** Whether a look asks the store for what is not in memory. */
  get asksStore(): boolean {
    return this.#shared?.inUse === true && this.#epochs.storeUsable
  }

  #variant(index: VaryIndex, { cacheable, headers, until }: Wanted, looked: (lookup: Lookup) => void): void {
    const { key, marks } = cacheable
    const fillKey = variantKey(key, index.vary, headers)
    const done = (record: StoreRecord | undefined): void =>
      looked({ entry: record?.kind === 'Answer' ? record : undefined, fillKey })
    this.#read(fillKey, { marks, until }, (second) => {
      const inLanguage = second ? undefined : keyByLanguage(index, key, headers)
      if (inLanguage === undefined) done(second)
      else this.#read(inLanguage, { marks, until }, done)
    })
  }

  #read(key: string, how: Reading, found: (record: StoreRecord | undefined) => void): void {
    const near = this.#memory.get(key)
    if (near && this.#usable(near)) return found(near)
    if (near) this.#memory.delete(key)
    if (!this.#shared || !this.#epochs.storeUsable) return found(undefined)
    const marks = this.#epochs.shared ? how.marks : undefined
    const deadlineMs = Math.max(1, how.until - performance.now())
    this.#shared.find(key, { marks, deadlineMs }, (far) => found(this.#took(key, far)))
  }

  /** What of a reply of the store may be used, which memory keeps then. */
  #took(key: string, { record, seen }: Found): StoreRecord | undefined {
    if (seen && !this.#epochs.learn(seen)) return undefined
    if (!record || !this.#usable(record)) return undefined
    // What came into memory while the store was asked is at least as new.
    const meanwhile = this.#memory.get(key)
    if (meanwhile && this.#usable(meanwhile)) return meanwhile
    this.#memory.set(key, record)
    return record
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

  /** Whether something may stand under this key: false only when no look is needed to know. */
  mayHold(key: string): boolean {
    return (this.#shared !== undefined && this.#epochs.storeUsable) || this.#memory.slot(key) !== undefined
  }

  clear(): void {
    this.#memory.clear()
  }
}
