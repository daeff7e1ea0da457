/*
 * A Redis, its connections and the messages between pods in one process, where a generator of random numbers decides
 * what happens next: each step is one command carried out, one reply, one message, one deadline or one fault.
 */
import { randomUUID } from 'node:crypto'
import { PURGE } from '../src/epochs/scripts.ts'
import type { Subscriber, SubscriberEvents, Timers } from '../src/epochs/shared.ts'
import { DeadlineError } from '../src/store/resp/connection.ts'
import type { Done } from '../src/store/resp/connection.ts'
import { encode } from '../src/store/resp/encode.ts'
import type { Encoded } from '../src/store/resp/encode.ts'
import { RespParser } from '../src/store/resp/parser.ts'
import type { RespValue } from '../src/store/resp/value.ts'

/** What may happen next: one of the first items of all lanes. A lane keeps its order. */
export class Schedule {
  readonly #lanes = new Map<string, (() => void)[]>()
  readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  get isEmpty(): boolean {
    return this.#lanes.size === 0
  }

  add(lane: string, run: () => void): void {
    const waiting = this.#lanes.get(lane)
    if (waiting) waiting.push(run)
    else this.#lanes.set(lane, [run])
  }

  drop(lane: string): void {
    this.#lanes.delete(lane)
  }

  /** Runs one item, and all that follows from it without waiting. */
  async step(): Promise<void> {
    const lanes = [...this.#lanes.keys()]
    const lane = lanes[Math.floor(this.random() * lanes.length)] ?? ''
    const waiting = this.#lanes.get(lane)
    const run = waiting?.shift()
    if (waiting?.length === 0) this.#lanes.delete(lane)
    run?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const argsOf = (command: Encoded): Buffer[] => {
  let args: Buffer[] = []
  const parser = new RespParser((value) => {
    args = Array.isArray(value) ? value.filter((item) => Buffer.isBuffer(item)) : []
  })
  for (const part of [command].flat())
    parser.push(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
  return args
}

/** So few that marks are forgotten all the time. */
const MAX_MARKS = 2

/** As scripts.ts has it, but for the choice of the oldest. */
const forgetMarks = (hash: Map<string, string>): void => {
  const marks = [...hash].filter(([field]) => !field.startsWith('#'))
  if (marks.length <= MAX_MARKS) return
  const byAge = marks.sort(([, a], [, b]) => Number(a) - Number(b))
  const gone = byAge.slice(0, marks.length - MAX_MARKS)
  for (const [mark] of gone) hash.delete(mark)
  hash.set('#floor', gone.at(-1)?.[1] ?? '0')
}

/** The part of Redis that the tier uses. */
export class SimulatedRedis {
  readonly #strings = new Map<string, Buffer>()
  readonly #hashes = new Map<string, Map<string, string>>()
  readonly #subscribers = new Set<(payload: string) => void>()

  subscribe(hear: (payload: string) => void): () => void {
    this.#subscribers.add(hear)
    return () => this.#subscribers.delete(hear)
  }

  lose(): void {
    this.#strings.clear()
    this.#hashes.clear()
  }

  run(args: readonly Buffer[]): RespValue {
    const [name, ...rest] = args.map(String)
    const [key = '', ...more] = rest
    switch (name) {
      case 'PING':
        return 'PONG'
      case 'GET':
        return this.#strings.get(key) ?? null
      case 'HMGET':
        return more.map((field) => this.#field(key, field))
      case 'SET':
        this.#strings.set(key, args[2] ?? Buffer.alloc(0))
        return 'OK'
      case 'EVAL':
        return key === PURGE ? this.#purge(more.slice(1)) : this.#load(more.slice(1))
      default:
        throw new Error(`the simulated Redis does not know ${name}`)
    }
  }

  #field(key: string, field: string): Buffer | null {
    const value = this.#hashes.get(key)?.get(field)
    return value === undefined ? null : Buffer.from(value)
  }

  /** As scripts.ts has it. */
  #purge([key = '', candidate = '', , , ...marks]: readonly string[]): RespValue {
    const hash = this.#hashes.get(key) ?? new Map([['#generation', candidate]])
    this.#hashes.set(key, hash)
    const generation = hash.get('#generation') ?? ''
    const epoch = Number(hash.get('#clock') ?? 0) + 1
    for (const field of ['#clock', ...marks]) hash.set(field, String(epoch))
    forgetMarks(hash)
    const message = JSON.stringify({ generation, epoch, marks })
    for (const hear of this.#subscribers) hear(message)
    return [Buffer.from(generation), epoch]
  }

  #load([key = '', candidate = '']: readonly string[]): RespValue {
    const hash = this.#hashes.get(key) ?? new Map([['#generation', candidate]])
    this.#hashes.set(key, hash)
    return [...hash].flat().map((text) => Buffer.from(text))
  }
}

interface Waiting {
  done: Done | undefined
}

/** A connection: commands and replies in order, each in its own time; it may break, and deadlines may pass. */
export class SimulatedConnection {
  readonly #schedule: Schedule
  readonly #redis: SimulatedRedis
  readonly #name: string
  readonly #onSubscribe: () => void
  #waiting: Waiting[] = []

  constructor(schedule: Schedule, redis: SimulatedRedis, name: string, onSubscribe = (): void => undefined) {
    this.#schedule = schedule
    this.#redis = redis
    this.#name = name
    this.#onSubscribe = onSubscribe
  }

  send(command: Encoded, _deadlineMs: number, done: Done): void {
    const waiting: Waiting = { done }
    this.#waiting.push(waiting)
    this.#schedule.add(`${this.#name} > redis`, () => {
      const args = argsOf(command)
      const subscribes = String(args[0]) === 'SUBSCRIBE'
      const reply = subscribes ? 'OK' : this.#redis.run(args)
      if (subscribes) this.#onSubscribe()
      this.arrives(() => {
        this.#waiting.shift()
        waiting.done?.(undefined, reply)
      })
    })
  }

  /** Something on its way from Redis. */
  arrives(run: () => void): void {
    this.#schedule.add(`redis > ${this.#name}`, run)
  }

  /** The deadline of all commands that wait has passed. */
  expire(): void {
    for (const waiting of this.#waiting) {
      const { done } = waiting
      waiting.done = undefined
      done?.(new DeadlineError('late'), null)
    }
  }

  /** Commands that Redis has not read yet are lost, and so are its replies. */
  break(): void {
    this.#schedule.drop(`${this.#name} > redis`)
    this.#schedule.drop(`redis > ${this.#name}`)
    const waiting = this.#waiting
    this.#waiting = []
    for (const { done } of waiting) done?.(new Error('broken'), null)
  }
}

/** A subscription over a connection of its own. */
export class SimulatedSubscriber implements Subscriber {
  readonly #connection: SimulatedConnection
  readonly #schedule: Schedule
  readonly #redis: SimulatedRedis
  readonly #events: SubscriberEvents
  readonly #lane = randomUUID()
  #unsubscribe: (() => void) | undefined

  constructor(schedule: Schedule, redis: SimulatedRedis, events: SubscriberEvents) {
    this.#schedule = schedule
    this.#redis = redis
    this.#events = events
    const subscribe = (): void => this.#subscribe()
    this.#connection = new SimulatedConnection(schedule, redis, `subscriber ${this.#lane}`, subscribe)
  }

  connect(): void {
    this.#schedule.add(this.#lane, () => this.#events.onReady())
  }

  command(args: readonly (string | Buffer)[]): Promise<RespValue> {
    return new Promise((resolve, reject) => {
      this.#connection.send(encode(args), 0, (error, value) => {
        if (error) reject(error)
        else resolve(value)
      })
    })
  }

  #subscribe(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = this.#redis.subscribe((payload) =>
      this.#connection.arrives(() => this.#events.onMessage(payload))
    )
  }

  expire(): void {
    this.#connection.expire()
  }

  break(): void {
    this.#unsubscribe?.()
    this.#connection.break()
    this.#schedule.drop(this.#lane)
    this.#events.onAway(new Error('broken'))
    this.connect()
  }

  close(): void {
    this.#unsubscribe?.()
    this.#connection.break()
  }
}

/** Time that passes when the schedule says so. */
export const simulatedTimers = (schedule: Schedule, name: string): Timers => ({
  wait: () => new Promise((resolve) => schedule.add(`${name} waits ${randomUUID()}`, resolve)),
  every: () => () => undefined
})
