import { randomUUID } from 'node:crypto'
import type { Milliseconds } from '@alexandrite/api'
import type { Stamp } from './epochs.ts'
import { Epochs } from './epochs.ts'
import type { SeenEpochs } from '../store/shared-store.ts'

/** What came of telling the store of a purge. */
export type StoreAck =
  { readonly kind: 'Done'; readonly stamp: Stamp } | { readonly kind: 'Failed'; readonly error: string }

/** Where the epochs of this process come from. */
export interface EpochSource {
  readonly epochs: Epochs
  /** False while purges may happen that this process does not hear of: nothing stored may be served then. */
  readonly vouched: boolean
  /** Whether answers in L2 can be judged by these epochs right now. */
  readonly storeUsable: boolean
  /** Whether reads of L2 should bring the store's epochs along. */
  readonly shared: boolean
  /**
   * Makes the marks' answers dead here, and in the shared store. Never rejects. When the store takes longer than
   * `patienceMs`, they are dead here, the store is left alone until it has answered, and this says Failed.
   * @param patienceMs default 100
   */
  purge(marks: readonly string[], patienceMs?: Milliseconds): Promise<StoreAck>
  /** A peer's purge; `stamp` is the store's, when the peer could reach it. Never rejects. */
  purgedByPeer(marks: readonly string[], stamp: Stamp | undefined): Promise<StoreAck>
  /** Epochs that came with a read. False when they show another counter than ours. */
  learn(seen: SeenEpochs): boolean
  /** From now on all peers tell their purges; what was stored before is given up, unless the store vouches for it. */
  joined(): void
  close(): Promise<void>
}

/**
 * Epochs of this process alone: without a store, or with a store of its own. The generation is new with each
 * start, because purges may have been missed while the process was down.
 */
export class OwnEpochs implements EpochSource {
  readonly epochs = new Epochs()
  readonly storeUsable = true
  readonly shared = false
  #vouched: boolean

  /** With peers nothing stored is vouched for before this pod has joined them. */
  constructor({ hasPeers }: { readonly hasPeers: boolean }) {
    this.#vouched = !hasPeers
  }

  get vouched(): boolean {
    return this.#vouched
  }

  joined(): void {
    this.epochs.restart(randomUUID())
    this.#vouched = true
  }

  purge(marks: readonly string[]): Promise<StoreAck> {
    return Promise.resolve({ kind: 'Done', stamp: this.epochs.raise(marks) })
  }

  purgedByPeer(marks: readonly string[]): Promise<StoreAck> {
    return this.purge(marks)
  }

  learn(): boolean {
    return true
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
