import { randomUUID } from 'node:crypto'
import type { Milliseconds } from '@alexandrite/api'
import { ALL_MARK } from '../engine/tags.ts'
import type { Guard } from '../store/guard.ts'
import type { RedisClient } from '../store/redis.ts'
import type { SeenEpochs } from '../store/shared-store.ts'
import { CLOCK_FIELD, GENERATION_FIELD } from '../store/shared-store.ts'
import type { Stamp } from './epochs.ts'
import { Epochs, MAX_MARKS } from './epochs.ts'
import { LOAD, PURGE } from './scripts.ts'
import type { EpochSource, StoreAck } from './source.ts'
import { parsePurgeMessage } from './purge-message.ts'
import type { PurgeMessage } from './purge-message.ts'

/** Purges are few and must not be lost: they may take longer than a request's read. */
const PURGE_DEADLINE_MS: Milliseconds = 100
const LOAD_DEADLINE_MS: Milliseconds = 1000
const HEARTBEAT_MS: Milliseconds = 1000
const MAX_JOURNAL = 10_000

export interface SharedEpochsOptions {
  readonly client: RedisClient
  readonly guard: Guard
  readonly prefix: string
  /** Peers acknowledge purges over HTTP, so memory stays vouched for while the store is away. */
  readonly hasPeers: boolean
  readonly onChange: (state: 'Synced' | 'Detached', why: string) => void
  readonly heartbeatMs?: Milliseconds
}

const failed = (error: string): StoreAck => ({ kind: 'Failed', error })

/**
 * Epochs of a store that several processes share. The hash in Redis is the truth, this is its mirror: loaded
 * when the subscription stands, kept by messages, checked by a heartbeat. Without them it is Detached: what
 * is in memory gets another generation, and purges that the store did not take are kept to be told later.
 */
export class SharedEpochs implements EpochSource {
  readonly epochs = new Epochs(`local-${randomUUID()}`)
  readonly shared = true
  readonly #options: SharedEpochsOptions
  readonly #subscriber: RedisClient
  readonly #hash: string
  readonly #channel: string
  #journal = new Set<string>()
  #state: 'Synced' | 'Detached' = 'Detached'
  /** Messages that arrive while the mirror is loaded, to be replayed upon it. */
  #pending: PurgeMessage[] | undefined
  #syncing: Promise<void> | undefined
  #heart: NodeJS.Timeout | undefined
  #joined = false
  #closed = false

  constructor(options: SharedEpochsOptions) {
    this.#options = options
    this.#hash = `${options.prefix}epochs`
    this.#channel = `${options.prefix}purges`
    this.#subscriber = options.client.duplicate()
    this.#subscriber.on('error', (error: Error) => this.#detach(error.message))
    this.#subscriber.on('reconnecting', () => this.#detach('the subscription broke'))
    this.#subscriber.on('ready', () => void this.#resync())
  }

  get vouched(): boolean {
    return this.#state === 'Synced' || (this.#options.hasPeers && this.#joined)
  }

  get storeUsable(): boolean {
    return this.#state === 'Synced'
  }

  /** Connects in the background; until it stands, the state is Detached. */
  start(): void {
    this.#subscriber
      .connect()
      .then(() => this.#subscriber.subscribe(this.#channel, (text) => this.#heard(text)))
      .then(() => this.#resync())
      .catch((error: unknown) => this.#detach(String(error)))
    this.#heart = setInterval(() => void this.#beat(), this.#options.heartbeatMs ?? HEARTBEAT_MS)
    this.#heart.unref()
  }

  async purge(marks: readonly string[]): Promise<StoreAck> {
    const stamp = await this.#tell(marks)
    if (!stamp) {
      this.#remember(marks)
      this.#detach('the store did not take a purge')
      this.epochs.raise(marks)
      return failed('the shared store did not acknowledge the purge')
    }
    if (stamp.generation !== this.epochs.generation) await this.#overtaken(marks)
    if (stamp.generation === this.epochs.generation) this.epochs.absorb(stamp.epoch, marks)
    return { kind: 'Done', stamp }
  }

  /** The store counts in another generation than the mirror: start the mirror anew. */
  async #overtaken(marks: readonly string[]): Promise<void> {
    this.#detach('the store began another generation')
    this.epochs.raise(marks)
    await this.#resync()
  }

  async purgedByPeer(marks: readonly string[], stamp: Stamp | undefined): Promise<StoreAck> {
    if (stamp && this.#state === 'Synced' && stamp.generation === this.epochs.generation) {
      this.epochs.absorb(stamp.epoch, marks)
      return { kind: 'Done', stamp }
    }
    if (this.#state === 'Synced') return this.purge(marks)
    this.epochs.raise(marks)
    // The mirror may be loading from a moment before this purge.
    if (stamp) this.#pending?.push({ ...stamp, marks })
    else this.#remember(marks)
    return { kind: 'Done', stamp: this.epochs.stamp() }
  }

  joined(): void {
    this.#joined = true
    if (this.#state === 'Detached') this.epochs.restart(`local-${randomUUID()}`)
  }

  learn(seen: SeenEpochs): boolean {
    if (this.#state !== 'Synced') return false
    if (seen.generation !== this.epochs.generation) {
      this.#detach('the store began another generation')
      void this.#resync()
      return false
    }
    for (const [mark, epoch] of seen.purged) this.epochs.absorb(epoch, [mark])
    this.epochs.absorb(seen.clock, [])
    return true
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#heart)
    await this.#syncing
    if (this.#subscriber.isOpen) this.#subscriber.destroy()
  }

  #remember(marks: readonly string[]): void {
    for (const mark of marks) this.#journal.add(mark)
    if (this.#journal.size > MAX_JOURNAL) this.#journal = new Set([ALL_MARK])
  }

  /** Raises the marks in the store; undefined when it did not answer. */
  async #tell(marks: readonly string[]): Promise<Stamp | undefined> {
    const answer = await this.#options.guard.run('purge', PURGE_DEADLINE_MS, () =>
      this.#options.client.eval(PURGE, {
        keys: [this.#hash],
        arguments: [randomUUID(), this.#channel, String(MAX_MARKS), ...marks]
      })
    )
    if (!Array.isArray(answer)) return undefined
    const [generation, epoch] = answer
    return typeof generation === 'string' ? { generation, epoch: Number(epoch) } : undefined
  }

  #heard(text: string): void {
    const message = parsePurgeMessage(text)
    if (!message) return
    if (this.#pending) this.#pending.push(message)
    else this.#apply(message)
  }

  #apply(message: PurgeMessage): void {
    if (message.generation === this.epochs.generation) this.epochs.absorb(message.epoch, message.marks)
    else if (this.#state === 'Synced') {
      this.#detach('the store began another generation')
      void this.#resync()
    }
  }

  #detach(why: string): void {
    if (this.#state === 'Detached') return
    this.#state = 'Detached'
    this.epochs.restart(`local-${randomUUID()}`)
    this.#options.onChange('Detached', why)
  }

  #resync(): Promise<void> {
    this.#syncing ??= this.#load().finally(() => {
      this.#syncing = undefined
    })
    return this.#syncing
  }

  async #load(): Promise<void> {
    if (
      this.#closed ||
      this.#state === 'Synced' ||
      !this.#subscriber.isReady ||
      !this.#subscriber.isPubSubActive
    )
      return
    this.#pending = []
    const told = [...this.#journal]
    if (told.length === 0 || (await this.#tell(told))) {
      const loaded = await this.#options.guard.run('sync', LOAD_DEADLINE_MS, () =>
        this.#options.client.eval(LOAD, { keys: [this.#hash], arguments: [randomUUID()] })
      )
      if (Array.isArray(loaded)) this.#adopt(loaded.map(String), told)
    }
    const pending = this.#pending
    this.#pending = undefined
    for (const message of pending) this.#apply(message)
  }

  #adopt(flat: readonly string[], told: readonly string[]): void {
    for (const mark of told) this.#journal.delete(mark)
    // A purge that failed while this was loading: not before the next try.
    if (this.#journal.size > 0 || !this.#subscriber.isReady) return
    const fields = new Map<string, string>()
    for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] ?? '', flat[i + 1] ?? '')
    const generation = fields.get(GENERATION_FIELD) ?? ''
    const clock = Number(fields.get(CLOCK_FIELD) ?? 0)
    fields.delete(GENERATION_FIELD)
    fields.delete(CLOCK_FIELD)
    this.epochs.restart(
      generation,
      clock,
      [...fields].map(([mark, epoch]) => [mark, Number(epoch)] as const)
    )
    this.#state = 'Synced'
    this.#options.onChange('Synced', `${fields.size} marks`)
  }

  /** A subscription may be dead without a sign: only an answer proves that messages still arrive. */
  async #beat(): Promise<void> {
    const limit = this.#options.heartbeatMs ?? HEARTBEAT_MS
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<'silent'>((resolve) => {
      timer = setTimeout(() => resolve('silent'), limit)
    })
    const answer = this.#subscriber.isReady
      ? this.#subscriber.ping().catch(() => 'silent' as const)
      : 'silent'
    const heard = await Promise.race([answer, silence])
    clearTimeout(timer)
    if (heard === 'silent') this.#detach('the subscription is silent')
    else await this.#resync()
  }
}
