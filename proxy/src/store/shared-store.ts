import { hash } from 'node:crypto'
import type { Bytes, Milliseconds } from '@alexandrite/api'
import { decodeAgain, encode, keepKnown } from './codec.ts'
import type { KnownMetadata } from './codec.ts'
import type { StoreRecord } from './entry.ts'
import type { Guard } from './guard.ts'
import { encode as encodeCommand, encodeText } from './resp/encode.ts'
import type { RespValue } from './resp/value.ts'

/** Deadline of one read on the way of a request, when its caller names none. */
export const READ_DEADLINE_MS: Milliseconds = 15
/** Deadline of storing an answer: no request waits for it. */
const WRITE_DEADLINE_MS: Milliseconds = 100

/** Keys whose commands and metadata are kept at hand, in two generations of so many. */
const MAX_KEYS_AT_HAND = 1024
const MAX_METADATA_AT_HAND: Bytes = 4096
const MAX_KEY_AT_HAND = 1024

/** Purge epochs as they stand in the store, for the marks that were asked for. */
export interface SeenEpochs {
  readonly generation: string | undefined
  readonly clock: number
  /** What began before it is dead: left of marks that the store forgot. */
  readonly floor: number
  readonly purged: readonly (readonly [string, number])[]
}

export interface Found {
  readonly record: StoreRecord | undefined
  /** Read after the record, over the same connection. */
  readonly seen?: SeenEpochs
}

export const GENERATION_FIELD = '#generation'
export const CLOCK_FIELD = '#clock'
export const FLOOR_FIELD = '#floor'

const NOTHING: Found = { record: undefined }

/** What is made of a key once. */
interface AtHand {
  readonly key: string
  readonly get: string
  /** It was read before: worth to keep its metadata. */
  again: boolean
  known: KnownMetadata | undefined
}

const text = (value: RespValue | undefined): string | undefined =>
  Buffer.isBuffer(value) ? value.toString() : undefined

const seenEpochs = (reply: RespValue | undefined, marks: readonly string[]): SeenEpochs | undefined => {
  if (!Array.isArray(reply)) return undefined
  const [generation, clock, floor, ...epochs] = reply as readonly RespValue[]
  const purged: (readonly [string, number])[] = []
  for (const [i, mark] of marks.entries()) {
    const epoch = text(epochs[i])
    if (epoch !== undefined) purged.push([mark, Number(epoch)])
  }
  return {
    generation: text(generation),
    clock: Number(text(clock) ?? 0),
    floor: Number(text(floor) ?? 0),
    purged
  }
}

/** L2: answers in Redis. Never rejects; a read never takes longer than its deadline, and a failure is a miss. */
export class SharedStore {
  readonly #guard: Guard
  readonly #prefix: string
  #atHand = new Map<string, AtHand>()
  #atHandBefore = new Map<string, AtHand>()

  constructor(guard: Guard, prefix: string) {
    this.#guard = guard
    this.#prefix = prefix
  }

  /** False while it is in trouble: reads may then end at once without having asked. */
  get inUse(): boolean {
    return this.#guard.closed
  }

  /** The key in Redis. */
  keyOf(key: string): string {
    return this.#of(key).key
  }

  /** With `marks` the epochs of the store are read in the same round trip. */
  read(key: string, marks?: readonly string[], deadlineMs = READ_DEADLINE_MS): Promise<Found> {
    return new Promise((resolve) => this.find(key, { marks, deadlineMs }, resolve))
  }

  /** The same, for callers to whom a promise is too much. `found` is called once, perhaps before this returns. */
  find(
    key: string,
    how: { readonly marks: readonly string[] | undefined; readonly deadlineMs: Milliseconds },
    found: (found: Found) => void
  ): void {
    const atHand = this.#of(key)
    const { marks } = how
    if (!marks)
      return this.#guard.sendOne('read', atHand.get, how.deadlineMs, (value) =>
        found({ record: this.#record(atHand, value) })
      )
    this.#guard.send('read', [atHand.get, this.#epochs(marks)], how.deadlineMs, (values) => {
      if (!values) return found(NOTHING)
      const record = this.#record(atHand, values[0])
      const seen = seenEpochs(values[1], marks)
      found(seen ? { record, seen } : { record })
    })
  }

  async write(key: string, record: StoreRecord, retentionMs: Milliseconds): Promise<void> {
    const px = String(Math.max(1, Math.ceil(retentionMs)))
    const command = encodeCommand(['SET', this.keyOf(key), encode(record), 'PX', px])
    return new Promise((resolve) => {
      this.#guard.sendOne('write', command, WRITE_DEADLINE_MS, () => resolve())
    })
  }

  #record(atHand: AtHand, value: RespValue | undefined): StoreRecord | undefined {
    if (!Buffer.isBuffer(value)) return undefined
    const decoded = decodeAgain(value, atHand.known)
    if (decoded && decoded.known !== atHand.known) this.#remember(atHand, decoded.known)
    return decoded?.record
  }

  /** Only of keys that are read again and again: of others it costs more than it saves. */
  #remember(atHand: AtHand, known: KnownMetadata): void {
    atHand.known = atHand.again && known.bytes.length <= MAX_METADATA_AT_HAND ? keepKnown(known) : undefined
    atHand.again = true
  }

  #epochs(marks: readonly string[]): string {
    return encodeText([
      'HMGET',
      `${this.#prefix}epochs`,
      GENERATION_FIELD,
      CLOCK_FIELD,
      FLOOR_FIELD,
      ...marks
    ])
  }

  #of(key: string): AtHand {
    const atHand = this.#atHand.get(key)
    if (atHand) return atHand
    const again = this.#atHandBefore.get(key) ?? this.#made(key)
    if (key.length > MAX_KEY_AT_HAND) return again
    if (this.#atHand.size >= MAX_KEYS_AT_HAND) {
      this.#atHandBefore = this.#atHand
      this.#atHand = new Map()
    }
    this.#atHand.set(key, again)
    return again
  }

  /** A hash: keys of any length and content stay out of sight of who lists the store. */
  #made(key: string): AtHand {
    const stored = `${this.#prefix}e:${hash('sha256', key, 'base64url')}`
    return { key: stored, get: encodeText(['GET', stored]), again: false, known: undefined }
  }
}
