/** `make prove-orders` */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONSTRAINTS, TABLES } from '@alexandrite/examples/data/schema'
import { deadLetters, installOutbox } from '@alexandrite/orders'
import pg from 'pg'
import { runCommand } from '../command.ts'
import { startInOrder } from '../in-order.ts'
import type { Keep } from '../in-order.ts'
import { closingLine } from '../jest.ts'
import { startRabbitmq } from '../rabbitmq.ts'
import type { RunningRabbitmq } from '../rabbitmq.ts'
import { say, waitUntil } from '../run.ts'
import { effects, expectedEffects, finding, findings } from './checks.ts'
import type { Finding } from './checks.ts'
import { drive, percentile, TRANSITIONS_PER_ORDER } from './drive.ts'
import type { Driven } from './drive.ts'
import { startKillablePostgres } from './killable-postgres.ts'
import type { KillablePostgres } from './killable-postgres.ts'
import { startMeddler } from './meddler.ts'
import { HELP, proveOptions } from './options.ts'
import type { ProveOptions } from './options.ts'
import { killsOf } from './plan.ts'
import type { Kill } from './plan.ts'
import { READER } from './reader.ts'
import { servicesAt } from './services.ts'
import type { Part } from '../company/processes.ts'

/** Concurrent writers, as the company's APIs have. */
const WORKERS = 8
/** Orders that are driven while the broker is away. */
const ORDERS_MEANWHILE = 20

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'prove-orders', help: HELP, options: () => proveOptions(argv), run: prove })

interface Stage {
  readonly postgres: KillablePostgres
  readonly broker: RunningRabbitmq
  readonly services: ReadonlyMap<string, Part>
  readonly mes: pg.Pool
  readonly orders: pg.Pool
}

async function prove(options: ProveOptions, signal: AbortSignal): Promise<number> {
  say(`seed ${options.seed}: the same seed gives the same faults`)
  const stage = await startInOrder((keep) => build(keep), signal)
  try {
    const found = [...(await badDay(stage, options, signal)), ...(await brokerAway(stage, options, signal))]
    signal.throwIfAborted()
    for (const { name, ok, detail } of found) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}: ${detail}`)
    const failed = found.filter(({ ok }) => !ok).length
    if (failed > 0)
      console.log(`again: node hack/prove-orders.ts --seed ${options.seed} --orders ${options.orders}`)
    console.log(closingLine([{ passed: found.length - failed, failed, skipped: 0 }]))
    return failed === 0 ? 0 : 1
  } finally {
    await stage.stop()
  }
}

async function build(keep: Keep): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-prove-orders-logs-'))
  mkdirSync(folder, { recursive: true })
  await keep(
    Promise.resolve({ stop: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })) })
  )
  say('starting PostgreSQL and RabbitMQ')
  const postgres = await keep(startKillablePostgres())
  const broker = await keep(startRabbitmq())
  const ordersDatabaseUrl = await prepare(postgres.url)
  const mes = poolOf(postgres.url)
  const orders = poolOf(ordersDatabaseUrl)
  await keep(Promise.resolve({ stop: async () => void (await Promise.all([mes.end(), orders.end()])) }))
  say('starting relays and consumers')
  const addresses = { ordersDatabaseUrl, mesDatabaseUrl: postgres.url, brokerUrl: broker.url, folder }
  const services = await servicesAt(addresses)
  for (const part of services.values()) await keep(part.start())
  await waitUntil(async () => (await effects(orders)) === 0, {
    what: 'the consumers have their tables',
    timeoutMs: 120_000
  })
  return { postgres, broker, services, mes, orders }
}

/** The MES with its outbox in one database, and another one for the room's own; the URL of the latter. */
async function prepare(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(TABLES)
  for (const constraint of CONSTRAINTS) await client.query(constraint)
  await client.query(`INSERT INTO mes.materials VALUES (1, 'AG925', 'Silver', 90)`)
  await client.query('CREATE DATABASE orders')
  await installOutbox(client, 'mes')
  await client.end()
  return url.replace(/\/postgres$/, '/orders')
}

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: WORKERS + 2, connectionTimeoutMillis: 10_000 })
  // The database is killed: the statement that waits for it says so.
  pool.on('error', () => undefined)
  return pool
}

async function badDay(stage: Stage, options: ProveOptions, signal: AbortSignal): Promise<Finding[]> {
  const { mes, orders, broker, services } = stage
  const transitions = options.orders * TRANSITIONS_PER_ORDER
  const parts = [...services.keys(), 'broker', 'database']
  const plan = killsOf({ seed: options.seed, transitions, parts, kills: options.kills })
  const meddler = startMeddler(broker.url, `orders.${READER}`, options.seed)
  const killer = new Killer(stage, plan)
  say(`driving ${options.orders} orders through all states, with ${plan.length} kills`)
  const numbers = Array.from({ length: options.orders }, (_, index) => index + 1)
  const driven = await drive({
    pool: mes,
    orders: numbers,
    workers: WORKERS,
    signal,
    onTransition: () => killer.passed()
  })
  await killer.done()
  const settled = await settle(mes, orders, signal)
  await meddler.stop()
  say(
    `${transitions} transitions in ${driven.seconds.toFixed(0)} s, ${driven.retries} written again; ${meddler.counts.late} messages late, ${meddler.counts.copies} copies`
  )
  const letters = await deadLetters(broker.url, READER, 10)
  return [
    finding(
      'every part was killed',
      killer.killed.size === parts.length,
      [...killer.killed].sort().join(', ')
    ),
    settled,
    ...(await findings(mes, orders)),
    finding('no message is a dead letter', letters.length === 0, `${letters.length} dead letters`)
  ]
}

/** Carries out the plan as transitions go by; each part is up again before the run is judged. */
class Killer {
  readonly killed = new Set<string>()
  readonly #stage: Stage
  readonly #left: Kill[]
  readonly #turns = new Map<string, Promise<void>>()
  #transitions = 0

  constructor(stage: Stage, plan: readonly Kill[]) {
    this.#stage = stage
    this.#left = [...plan]
  }

  passed(): void {
    this.#transitions += 1
    while (this.#left[0] !== undefined && this.#left[0].at <= this.#transitions) {
      const kill = this.#left.shift()
      if (kill !== undefined) this.#inTurn(kill)
    }
  }

  async done(): Promise<void> {
    await Promise.all(this.#turns.values())
  }

  #inTurn(kill: Kill): void {
    const before = this.#turns.get(kill.part) ?? Promise.resolve()
    this.#turns.set(
      kill.part,
      before.then(() => this.#kill(kill))
    )
  }

  async #kill({ part, downMs }: Kill): Promise<void> {
    const { postgres, broker, services } = this.#stage
    say(`SIGKILL: ${part}`)
    this.killed.add(part)
    if (part === 'database') {
      await postgres.kill(downMs)
      return
    }
    await (part === 'broker' ? broker.kill('SIGKILL') : services.get(part)?.stop('SIGKILL'))
    await new Promise((resolve) => setTimeout(resolve, downMs))
    await (part === 'broker' ? broker.start() : services.get(part)?.start())
  }
}

/** Waits until every event has had its effect; a lost one shows as a run that does not end. */
async function settle(mes: pg.Pool, orders: pg.Pool, signal: AbortSignal): Promise<Finding> {
  const began = performance.now()
  const expected = await expectedEffects(mes)
  let last = { count: 0, at: performance.now() }
  for (;;) {
    const count = await effects(orders)
    if (count !== last.count) last = { count, at: performance.now() }
    const stands = performance.now() - last.at > STANDS_STILL_MS
    if (count >= expected || stands || signal.aborted) break
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const seconds = (performance.now() - began) / 1000
  // A copy that is still under way would have its effect, were it to have one, now.
  await new Promise((resolve) => setTimeout(resolve, 3000))
  return finding(
    'everything had its effect',
    last.count >= expected,
    `${seconds.toFixed(1)} s after the last change`
  )
}

const STANDS_STILL_MS = 90_000

async function brokerAway(stage: Stage, options: ProveOptions, signal: AbortSignal): Promise<Finding[]> {
  const { broker, mes, orders } = stage
  const numbers = (from: number) =>
    Array.from({ length: ORDERS_MEANWHILE }, (_, index) => options.orders + from + index)
  const write = (from: number): Promise<Driven> =>
    drive({ pool: mes, orders: numbers(from), workers: 2, signal, onTransition: () => undefined })
  const before = await write(1)
  say(`the broker is away for ${options.brokerAwaySeconds} s`)
  await broker.kill()
  const meanwhile = await write(1 + ORDERS_MEANWHILE)
  await new Promise((resolve) => setTimeout(resolve, options.brokerAwaySeconds * 1000))
  await broker.start()
  const settled = await settle(mes, orders, signal)
  const p99 = (driven: Driven): number => percentile(driven.writeMs, 0.99)
  const times = `p99 of a write ${p99(before).toFixed(1)} ms before, ${p99(meanwhile).toFixed(1)} ms without the broker`
  return [
    finding(
      'without the broker every write works at once',
      meanwhile.retries === 0,
      `${meanwhile.retries} tried again; ${times}`
    ),
    { ...settled, name: 'what was written without the broker had its effect when it was back' },
    ...(await findings(mes, orders)).map((one) => ({
      ...one,
      name: `after the broker was away: ${one.name}`
    }))
  ]
}
