import { createHash } from 'node:crypto'
import type { Milliseconds } from '@alexandrite/api'
import { decode, encode } from './codec.ts'
import type { StoreRecord } from './entry.ts'
import type { Guard } from './guard.ts'
import type { RedisClient } from './redis.ts'
import { COMMAND_DEADLINE_MS, WRITE_DEADLINE_MS, binary } from './redis.ts'

/** Purge epochs as they stand in the store, for the marks that were asked for. */
export interface SeenEpochs {
  readonly generation: string | undefined
  readonly clock: number
  readonly purged: readonly (readonly [string, number])[]
}

export interface Found {
  readonly record: StoreRecord | undefined
  /** Read after the record, over the same connection. */
  readonly seen?: SeenEpochs
}

export const GENERATION_FIELD = '#generation'
export const CLOCK_FIELD = '#clock'

/** L2: answers in Redis. Never rejects; a read never takes longer than its deadline, and a failure is a miss. */
export class SharedStore {
  readonly #client: RedisClient
  readonly #guard: Guard
  readonly #prefix: string

  constructor(client: RedisClient, guard: Guard, prefix: string) {
    this.#client = client
    this.#guard = guard
    this.#prefix = prefix
  }

  #key(key: string): string {
    return `${this.#prefix}e:${createHash('sha256').update(key).digest('base64url')}`
  }

  /** With `marks` the epochs of the store are read in the same round trip. */
  async read(key: string, marks?: readonly string[]): Promise<Found> {
    const found = await this.#guard.run('read', COMMAND_DEADLINE_MS, async () => {
      const bytes = binary(this.#client).get(this.#key(key))
      const [value, seen] = await Promise.all([bytes, marks ? this.#epochs(marks) : undefined])
      return { value, seen }
    })
    if (!found) return { record: undefined }
    const record = found.value === null ? undefined : decode(found.value)
    return found.seen ? { record, seen: found.seen } : { record }
  }

  async #epochs(marks: readonly string[]): Promise<SeenEpochs> {
    const fields = [GENERATION_FIELD, CLOCK_FIELD, ...marks]
    const [generation, clock, ...epochs] = await this.#client.hmGet(`${this.#prefix}epochs`, fields)
    return {
      generation: generation ?? undefined,
      clock: Number(clock ?? 0),
      purged: marks.flatMap((mark, i) => {
        const epoch = epochs[i]
        return epoch ? [[mark, Number(epoch)] as const] : []
      })
    }
  }

  async write(key: string, record: StoreRecord, retentionMs: Milliseconds): Promise<void> {
    const px = Math.max(1, Math.ceil(retentionMs))
    await this.#guard.run('write', WRITE_DEADLINE_MS, () =>
      this.#client.set(this.#key(key), encode(record), { expiration: { type: 'PX', value: px } })
    )
  }
}
