import type { StoredHead } from '../engine/message.ts'
import type { Stamp } from '../epochs/epochs.ts'

/** A complete stored answer. */
export interface Entry {
  readonly kind: 'Answer'
  readonly head: StoredHead
  readonly body: Buffer
  /** Lower-case names of the request fields that select this answer. */
  readonly vary: readonly string[]
  readonly marks: readonly string[]
  readonly stamp: Stamp
}

/** Stands at a primary key when answers differ by request fields; the answers stand at their variant keys. */
export interface VaryIndex {
  readonly kind: 'Vary'
  readonly vary: readonly string[]
  /** The languages that are stored, where answers differ by Accept-Language. */
  readonly languages?: readonly StoredLanguage[]
}

/** A stored answer in one language. */
export interface StoredLanguage {
  /** Its Content-Language, lower case. */
  readonly language: string
  /** Its variant key with Accept-Language left out: equal when all other fields select the same. */
  readonly others: string
  /** Where it stands. */
  readonly key: string
}

export type StoreRecord = Entry | VaryIndex
