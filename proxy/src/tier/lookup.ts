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

interface Wanted {
  readonly cacheable: Cacheable
  readonly headers: RawHeaders
  readonly until: Milliseconds
}

interface Reading {
  readonly marks: readonly string[]
  /** Monotonic. */
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
    this.#readShared(key, how, (far) => {
      if (!far || !this.#usable(far)) return found(undefined)
      // What came into memory while the store was asked is at least as new.
      const meanwhile = this.#memory.get(key)
      if (meanwhile && this.#usable(meanwhile)) return found(meanwhile)
      this.#memory.set(key, far)
      found(far)
    })
  }

  /** The reads of a lookup share one deadline. */
  #readShared(
    key: string,
    { marks, until }: Reading,
    found: (record: StoreRecord | undefined) => void
  ): void {
    if (!this.#shared || !this.#epochs.storeUsable) return found(undefined)
    const how = {
      marks: this.#epochs.shared ? marks : undefined,
      deadlineMs: Math.max(1, until - performance.now())
    }
    this.#shared.find(key, how, ({ record, seen }) =>
      found(seen && !this.#epochs.learn(seen) ? undefined : record)
    )
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
    return (this.#shared !== undefined && this.#epochs.storeUsable) || this.#memory.get(key) !== undefined
  }

  clear(): void {
    this.#memory.clear()
  }
}
