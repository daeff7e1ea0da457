/*
 * A fill begun before a purge never lands after it. Thousands of interleavings of fills, reads, writes, their messages
 * between two pods, and faults of the store; a seed decides each. Repeat one with SEED=NUMBER.
 */
import { expect, test } from '@jest/globals'
import type { Cacheable } from '../src/engine/classify.ts'
import type { Freshness } from '../src/engine/freshness.ts'
import { SharedEpochs } from '../src/epochs/shared.ts'
import type { EpochSource } from '../src/epochs/source.ts'
import { OwnEpochs } from '../src/epochs/source.ts'
import { Breaker } from '../src/store/breaker.ts'
import type { Entry } from '../src/store/entry.ts'
import { Guard } from '../src/store/guard.ts'
import { MemoryStore } from '../src/store/memory.ts'
import { SharedStore } from '../src/store/shared-store.ts'
import { Cache } from '../src/tier/lookup.ts'
import { seeded } from './ledger.ts'
import {
  Schedule,
  SimulatedConnection,
  SimulatedRedis,
  SimulatedSubscriber,
  simulatedTimers
} from './simulation.ts'

type Scope = 'Own' | 'Shared'

interface Pod {
  readonly cache: Cache
  readonly epochs: EpochSource
  /** Faults of this pod's connections. */
  readonly faults: readonly (() => void)[]
}

const NAMES = ['x', 'y', 'z']
const marksOf = (name: string): string[] => ['*', `t:${name}`]

const cacheable = (name: string): Cacheable => ({
  kind: 'Cacheable',
  rule: undefined,
  key: name,
  urlKey: name,
  tags: [name],
  marks: marksOf(name),
  credentials: { authorization: false, cookie: false },
  ranges: undefined
})

const FRESH: Freshness = {
  source: 'Origin',
  lifetimeMs: 600_000,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  staleIfDisconnectedMs: 0,
  alwaysValidate: false,
  neverStale: false
}

class World {
  readonly #schedule: Schedule
  readonly #pods: Pod[]
  readonly #written = new Map<string, number>()
  readonly #acknowledged = new Map<string, number>()
  #redis = new SimulatedRedis()
  #messages = 0
  hits = 0
  writes = 0
  stale: string[] = []
  /** Whether all pods use the store again once the faults are over. */
  recovered = false

  constructor(scope: Scope, seed: number) {
    this.#schedule = new Schedule(seeded(seed))
    this.#pods = ['a', 'b'].map((name) => (scope === 'Own' ? this.#ownPod(name) : this.#sharedPod(name)))
  }

  #ownPod(name: string): Pod {
    const connection = new SimulatedConnection(this.#schedule, new SimulatedRedis(), name)
    const epochs = new OwnEpochs({ hasPeers: true })
    return { ...this.#cached(connection, epochs), faults: faultsOf(connection) }
  }

  #sharedPod(name: string): Pod {
    const schedule = this.#schedule
    const connection = new SimulatedConnection(schedule, this.#redis, name)
    const guard = guarding(connection)
    const subscribers: SimulatedSubscriber[] = []
    let beat = (): void => undefined
    const epochs = new SharedEpochs({
      subscriber: (hears) => {
        const subscriber = new SimulatedSubscriber(schedule, this.#redis, hears)
        subscribers.push(subscriber)
        return subscriber
      },
      guard,
      prefix: '',
      hasPeers: true,
      onChange: () => undefined,
      timers: { ...simulatedTimers(schedule, name), every: (_ms, run) => ((beat = run), () => undefined) }
    })
    epochs.start()
    const lose = (): void => {
      this.#redis.lose()
      if (schedule.random() < 0.5) connection.break()
    }
    const ofSubscription = [() => subscribers[0]?.break(), () => subscribers[0]?.expire()]
    const faults = [...faultsOf(connection), ...ofSubscription, lose, () => beat(), () => beat()]
    return { ...this.#cached(connection, epochs), faults }
  }

  #cached(connection: SimulatedConnection, epochs: EpochSource): Pick<Pod, 'cache' | 'epochs'> {
    const store = new SharedStore(guarding(connection), '')
    return { cache: new Cache(new MemoryStore(1_000_000), store, epochs), epochs }
  }

  async run(steps: number): Promise<void> {
    await this.#drain()
    for (const { epochs } of this.#pods) epochs.joined()
    this.#beat()
    for (let i = 0; i < steps; i += 1) {
      if (this.#schedule.isEmpty || this.#schedule.random() < 0.25) this.#begin()
      await this.#schedule.step()
    }
    for (let beats = 0; beats < 3; beats += 1) {
      await this.#drain()
      this.#beat()
    }
    this.recovered = this.#pods.every(({ epochs }) => epochs.storeUsable)
    await Promise.all(this.#pods.map(({ epochs }) => epochs.close()))
  }

  async #drain(): Promise<void> {
    for (let i = 0; !this.#schedule.isEmpty && i < 1000; i += 1) await this.#schedule.step()
  }

  #beat(): void {
    for (const { faults } of this.#pods) faults.at(-1)?.()
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#schedule.random() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  #begin(): void {
    const pod = this.#pick(this.#pods)
    const name = this.#pick(NAMES)
    const chance = this.#schedule.random()
    if (chance < 0.3) void this.#fill(pod, name)
    else if (chance < 0.7) void this.#find(pod, name)
    else if (chance < 0.9) void this.#write(pod, name)
    else this.#pick(pod.faults)()
  }

  /** A message that takes its time, in any order with others. */
  #travel(): Promise<void> {
    this.#messages += 1
    return new Promise((resolve) => this.#schedule.add(`message ${this.#messages}`, resolve))
  }

  async #fill({ cache, epochs }: Pod, name: string): Promise<void> {
    const stamp = epochs.epochs.stamp()
    await this.#travel()
    const body = Buffer.from(String(this.#written.get(name) ?? 0))
    await this.#travel()
    const head = { status: 200, statusText: 'OK', headers: [], requestedAt: 0, receivedAt: 0, jitter: 0 }
    const entry: Entry = { kind: 'Answer', head, body, vary: [], marks: marksOf(name), stamp }
    cache.keep(name, [], entry, FRESH)
  }

  async #find({ cache }: Pod, name: string): Promise<void> {
    const least = this.#acknowledged.get(name) ?? 0
    const { entry } = await cache.find(cacheable(name), [])
    if (!entry) return
    this.hits += 1
    if (Number(entry.body) < least) this.stale.push(`${name}: ${String(entry.body)} after ${least}`)
  }

  /** As tier/purger.ts has it. */
  async #write(pod: Pod, name: string): Promise<void> {
    await this.#travel()
    const version = (this.#written.get(name) ?? 0) + 1
    this.#written.set(name, version)
    await this.#travel()
    const marks = [`t:${name}`]
    const ack = await pod.epochs.purge(marks, 10)
    const stamp = ack.kind === 'Done' && pod.epochs.shared ? ack.stamp : undefined
    for (const other of this.#pods) {
      if (other === pod) continue
      await this.#travel()
      await other.epochs.purgedByPeer(marks, stamp)
      await this.#travel()
    }
    this.writes += 1
    this.#acknowledged.set(name, Math.max(version, this.#acknowledged.get(name) ?? 0))
  }
}

const guarding = (connection: SimulatedConnection): Guard =>
  new Guard(connection, new Breaker({ failures: Infinity }), () => undefined)

const faultsOf = (connection: SimulatedConnection): (() => void)[] => [
  () => connection.expire(),
  () => connection.expire(),
  () => connection.break()
]

test.each([
  ['Own', 800],
  ['Shared', 1500]
] as const)(
  '%s store: no interleaving shows what was purged',
  async (scope, worlds) => {
    const fixed = process.env.SEED === undefined ? undefined : Number(process.env.SEED)
    const first = fixed ?? Math.floor(Math.random() * 1e9)
    const sums = { hits: 0, writes: 0 }
    const seeds = Array.from({ length: fixed === undefined ? worlds : 1 }, (_, i) => first + i)
    for (const seed of seeds) {
      const world = new World(scope, seed)
      await world.run(250)
      const { stale, recovered } = world
      expect({ seed, stale, recovered }).toEqual({ seed, stale: [], recovered: true })
      sums.hits += world.hits
      sums.writes += world.writes
    }
    console.log(
      `${scope}: seeds from ${first}, ${worlds} worlds, ${sums.writes} writes, ${sums.hits} hits, none stale`
    )
    if (fixed === undefined) expect(sums.hits).toBeGreaterThan(worlds)
  },
  180_000
)
