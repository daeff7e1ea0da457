import { randomUUID } from 'node:crypto'
import type { Milliseconds } from '@alexandrite/api'
import { ALL_MARK } from '../engine/tags.ts'
import type { Guard } from '../store/guard.ts'
import type { RespClient, RespClientOptions } from '../store/resp/client.ts'
import type { RespValue } from '../store/resp/value.ts'
import type { SeenEpochs } from '../store/shared-store.ts'
import { CLOCK_FIELD, FLOOR_FIELD, GENERATION_FIELD } from '../store/shared-store.ts'
import type { Stamp } from './epochs.ts'
import { Epochs, MAX_MARKS } from './epochs.ts'
import { LOAD, PURGE } from './scripts.ts'
import type { EpochSource, StoreAck } from './source.ts'
import { parsePurgeMessage } from './purge-message.ts'
import type { PurgeMessage } from './purge-message.ts'

/** Purges are few and must not be lost: they may take longer than a request's read. */
const PURGE_DEADLINE_MS: Milliseconds = 100
/** How long a write waits for the store, and how long a peer then makes it wait. */
export const WRITE_PATIENCE_MS: Milliseconds = 10
const PEER_PATIENCE_MS: Milliseconds = 5
const LOAD_DEADLINE_MS: Milliseconds = 1000
const HEARTBEAT_MS: Milliseconds = 1000
const MAX_JOURNAL = 10_000

export interface SharedEpochsOptions {
  /** A connection of its own, to hear of purges. */
  readonly subscriber: (hears: SubscriberEvents) => Subscriber
  readonly guard: Guard
  readonly prefix: string
  /** Peers acknowledge purges over HTTP, so memory stays vouched for while the store is away. */
  readonly hasPeers: boolean
  readonly onChange: (state: 'Synced' | 'Detached', why: string) => void
  readonly heartbeatMs?: Milliseconds
  /** @default the process's */
  readonly timers?: Timers
}

/** What RespClient tells of a subscription's connection. */
export type SubscriberEvents = Pick<Required<RespClientOptions>, 'onReady' | 'onAway' | 'onMessage'>
export type Subscriber = Pick<RespClient, 'connect' | 'command' | 'close'>

export interface Timers {
  /** Resolves when the time is over and what waited in the sockets was read. */
  wait(ms: Milliseconds): Promise<void>
  /** Runs again and again until the function returned is called. */
  every(ms: Milliseconds, run: () => void): () => void
}

const processTimers: Timers = {
  wait: (ms) => new Promise((resolve) => setTimeout(() => setImmediate(resolve), ms)),
  every: (ms, run) => {
    const timer = setInterval(run, ms).unref()
    return () => clearInterval(timer)
  }
}

const failed = (error: string): StoreAck => ({ kind: 'Failed', error })

const text = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString() : '')

/** The fields of the hash, as LOAD returns them. */
const loadedEpochs = (flat: readonly string[]): Omit<SeenEpochs, 'generation'> & { generation: string } => {
  const fields = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] ?? '', flat[i + 1] ?? '')
  const [generation = '', clock = '0', floor = '0'] = [GENERATION_FIELD, CLOCK_FIELD, FLOOR_FIELD].map(
    (name) => fields.get(name)
  )
  for (const name of [GENERATION_FIELD, CLOCK_FIELD, FLOOR_FIELD]) fields.delete(name)
  const purged = [...fields].map(([mark, epoch]) => [mark, Number(epoch)] as const)
  return { generation, clock: Number(clock), floor: Number(floor), purged }
}

/**
 * Epochs of a store that several processes share. The hash in Redis is the truth, this is its mirror: loaded
 * when the subscription stands, kept by messages, checked by a heartbeat. Without them it is Detached: what
 * is stored from then on is of another generation, and purges that the store did not take are kept to be told later.
 */
export class SharedEpochs implements EpochSource {
  readonly epochs = new Epochs(`local-${randomUUID()}`)
  readonly shared = true
  readonly #options: SharedEpochsOptions
  readonly #subscriber: Subscriber
  readonly #timers: Timers
  readonly #hash: string
  readonly #channel: string
  #journal = new Set<string>()
  #state: 'Synced' | 'Detached' = 'Detached'
  #subscribed = false
  /** Messages that arrive while the mirror is loaded, to be replayed upon it. */
  #pending: PurgeMessage[] | undefined
  #syncing: Promise<void> | undefined
  #stopHeart: (() => void) | undefined
  #joined = false
  /** The subscription was heard since peers tell their purges: no message from before is under way any more. */
  #heardSinceJoined = false
  /** Purges that somebody takes for done and the store has not answered. */
  #unsettled = 0
  #closed = false

  constructor(options: SharedEpochsOptions) {
    this.#options = options
    this.#hash = `${options.prefix}epochs`
    this.#channel = `${options.prefix}purges`
    this.#timers = options.timers ?? processTimers
    this.#subscriber = options.subscriber({
      onReady: () => void this.#subscribe(),
      onAway: (error) => this.#lost(error.message),
      onMessage: (payload) => this.#heard(payload)
    })
  }

  get vouched(): boolean {
    return this.#state === 'Synced' || (this.#options.hasPeers && this.#joined)
  }

  get storeUsable(): boolean {
    return this.#state === 'Synced' && this.#unsettled === 0
  }

  /** Connects in the background; until it stands, the state is Detached. */
  start(): void {
    this.#subscriber.connect()
    this.#stopHeart = this.#timers.every(this.#options.heartbeatMs ?? HEARTBEAT_MS, () => void this.#beat())
  }

  async purge(marks: readonly string[], patienceMs = PURGE_DEADLINE_MS): Promise<StoreAck> {
    const done = this.#purge(marks)
    if (patienceMs >= PURGE_DEADLINE_MS) return done
    const first = await Promise.race([done, this.#timers.wait(patienceMs)])
    if (first) return first
    this.#settleLater(marks, done)
    return failed('the shared store has not acknowledged the purge yet')
  }

  async #purge(marks: readonly string[]): Promise<StoreAck> {
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

  /** Others have stored what this mirror has not heard of: the store is not used before it told the purge's epoch. */
  #settleLater(marks: readonly string[], done: Promise<StoreAck>): void {
    this.epochs.condemn(marks)
    this.#unsettled += 1
    void done.then(() => {
      this.#unsettled -= 1
      return this.#resync()
    })
  }

  /** The store counts in another generation than the mirror: start the mirror anew. */
  async #overtaken(marks: readonly string[]): Promise<void> {
    this.#detach('the store began another generation')
    this.epochs.raise(marks)
    await this.#resync()
  }

  async purgedByPeer(marks: readonly string[], stamp: Stamp | undefined): Promise<StoreAck> {
    if (this.#state === 'Detached') this.#purgedWhileDetached(marks, stamp)
    else if (stamp?.generation === this.epochs.generation) this.epochs.absorb(stamp.epoch, marks)
    // That peer could not reach the store. If this pod cannot either, its own answers obey the purge all the same.
    else await this.purge(marks, PEER_PATIENCE_MS)
    return { kind: 'Done', stamp: stamp ?? this.epochs.stamp() }
  }

  #purgedWhileDetached(marks: readonly string[], stamp: Stamp | undefined): void {
    this.epochs.raise(marks)
    // The mirror may be loading from a moment before this purge.
    if (stamp) this.#pending?.push({ ...stamp, marks })
    else this.#remember(marks)
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
    this.epochs.giveUpBefore(seen.floor)
    return this.#unsettled === 0
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopHeart?.()
    this.#subscriber.close()
    await this.#syncing
  }

  #remember(marks: readonly string[]): void {
    for (const mark of marks) this.#journal.add(mark)
    if (this.#journal.size > MAX_JOURNAL) this.#journal = new Set([ALL_MARK])
  }

  /** Raises the marks in the store; undefined when it did not answer. */
  async #tell(marks: readonly string[]): Promise<Stamp | undefined> {
    const script = ['EVAL', PURGE, '1', this.#hash, randomUUID(), this.#channel, String(MAX_MARKS), ...marks]
    const answer = await this.#options.guard.ask('purge', script, PURGE_DEADLINE_MS)
    if (!Array.isArray(answer)) return undefined
    const [generation, epoch] = answer as readonly RespValue[]
    return Buffer.isBuffer(generation) ? { generation: text(generation), epoch: Number(epoch) } : undefined
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#subscriber.command(['SUBSCRIBE', this.#channel])
      this.#subscribed = true
      await this.#resync()
    } catch (error) {
      this.#detach(String(error))
    }
  }

  #lost(why: string): void {
    this.#subscribed = false
    this.#detach(why)
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
    const generation = `local-${randomUUID()}`
    // With peers, who tell their purges too, memory goes on; without, what is in it may be purged unheard.
    if (this.#heardSinceJoined) this.epochs.branch(generation)
    else this.epochs.restart(generation)
    this.#options.onChange('Detached', why)
  }

  #resync(): Promise<void> {
    this.#syncing ??= this.#load().finally(() => {
      this.#syncing = undefined
    })
    return this.#syncing
  }

  async #load(): Promise<void> {
    if (this.#closed || this.#state === 'Synced' || !this.#subscribed) return
    this.#pending = []
    if (await this.#tellJournal()) {
      const script = ['EVAL', LOAD, '1', this.#hash, randomUUID()]
      const loaded = await this.#options.guard.ask('sync', script, LOAD_DEADLINE_MS)
      if (Array.isArray(loaded)) this.#adopt(loaded.map(text))
    }
    const pending = this.#pending
    this.#pending = undefined
    for (const message of pending) this.#apply(message)
  }

  /** What is remembered meanwhile is another purge, also of the same marks. */
  async #tellJournal(): Promise<boolean> {
    const marks = [...this.#journal]
    if (marks.length === 0) return true
    this.#journal = new Set()
    const told = (await this.#tell(marks)) !== undefined
    if (!told) this.#remember(marks)
    return told
  }

  #adopt(flat: readonly string[]): void {
    // A purge failed while this was loading, or has not been told yet: not before the next try.
    if (this.#journal.size > 0 || this.#unsettled > 0 || !this.#subscribed) return
    const { generation, clock, floor, purged } = loadedEpochs(flat)
    this.epochs.restart(generation, clock, purged)
    this.epochs.giveUpBefore(floor)
    this.#state = 'Synced'
    this.#options.onChange('Synced', `${purged.length} marks`)
  }

  /** A subscription may be dead without a sign: only an answer proves that messages still arrive. */
  async #beat(): Promise<void> {
    const limitMs = this.#options.heartbeatMs ?? HEARTBEAT_MS
    const joined = this.#joined
    try {
      await this.#subscriber.command(['PING'], limitMs)
      // SUBSCRIBE may have gone unanswered on a connection that is well again.
      if (!this.#subscribed) return await this.#subscribe()
      if (joined) this.#heardSinceJoined = true
      await this.#resync()
    } catch {
      this.#detach('the subscription is silent')
    }
  }
}
