/** Transitions at a steady rate, and how long after the commit each has had its effect, or is on an operator's page. */
import { join } from 'node:path'
import pg from 'pg'
import { cpuOf } from '../bench/proc.ts'
import { startInOrder } from '../in-order.ts'
import type { Keep } from '../in-order.ts'
import { REPOSITORY } from '../paths.ts'
import { percentile } from '../prove-orders/drive.ts'
import { READER } from '../prove-orders/reader.ts'
import { operators, reader, relay, servicesAt } from '../prove-orders/services.ts'
import type { Receivers, RunningService, Service } from '../prove-orders/services.ts'
import { startRabbitmq } from '../rabbitmq.ts'
import { waitUntil } from '../run.ts'
import { startReceivers } from '../stack/receivers.ts'
import { on } from './databases.ts'
import { openPage } from './page.ts'

/** Milliseconds from the commit. */
export interface Delay {
  readonly p50: number
  readonly p99: number
  readonly worst: number
  /** Transitions that were never heard of. */
  readonly missing: number
}

export interface Sustained {
  /** Of the whole time. */
  readonly perSecond: number
  readonly delay: Delay
  /** While the processes are young, in the first {@link YOUNG_SECONDS}, which `delay` leaves out. */
  readonly young: Delay
  /** Microseconds of processor time for a transition, by service; PostgreSQL and the broker are not in it. */
  readonly processor: ReadonlyMap<string, number>
}

export interface SustainedPlace {
  /** Where logs go. */
  readonly folder: string
  readonly mesDatabaseUrl: string
  readonly ordersDatabaseUrl: string
}

const STATES = [
  'PRICE_CALCULATED',
  'MANUFACTURING_APPROVED',
  'MANUFACTURING_STARTED',
  'MANUFACTURING_COMPLETED'
]
const TICK_MS = 20
/** Compilers of processes that have just started know nothing yet, as after a deployment. */
export const YOUNG_SECONDS = 5

/** What a consumer made of the transitions. */
interface Heard {
  count(): Promise<number>
  times(): Promise<Times>
}

/** A service that hears of transitions, and how that is seen from outside. */
export interface Listener {
  readonly name: string
  service(place: SustainedPlace, told: Receivers): Service
  /** Once it is ready. */
  watch(url: string, place: SustainedPlace, keep: Keep): Promise<Heard>
}

/** A consumer that does nothing but note the event in its database. */
export const NOTING: Listener = {
  name: 'reader',
  service: ({ ordersDatabaseUrl }) => reader('reader', ordersDatabaseUrl),
  watch: (_url, { ordersDatabaseUrl }) =>
    Promise.resolve({
      count: () => on(ordersDatabaseUrl, counted),
      times: () => on(ordersDatabaseUrl, (client) => times(client, FELT))
    })
}

/** The operators' service with its deadlines, timers and notices: an open page hears by server-sent events. */
export const OPERATORS: Listener = {
  name: 'operators',
  service: ({ ordersDatabaseUrl }, told) => {
    const rulesFile = join(REPOSITORY, 'orders/rules/operators.yaml')
    return operators('operators', { ordersDatabaseUrl, mesUrl: 'http://127.0.0.1:9', rulesFile, told })
  },
  watch: async (url, _place, keep) => {
    const { seen } = await keep(openPage(url))
    return { count: () => Promise.resolve(seen.size), times: () => Promise.resolve(seen) }
  }
}

/** One relay and one consumer, each a process, as they are deployed. */
export async function sustained(
  place: SustainedPlace,
  listener: Listener,
  options: { readonly seconds: number; readonly rate: number },
  signal: AbortSignal
): Promise<Sustained> {
  const { folder, mesDatabaseUrl } = place
  const stage = await startInOrder(async (keep) => {
    // Its own: queues of another run would fill up in this one.
    const { url: brokerUrl } = await keep(startRabbitmq())
    const receivers = await keep(startReceivers())
    const told = { chatUrl: `${receivers.webhookUrl}/chat`, smarthost: receivers.smarthost }
    const services = await servicesAt({ brokerUrl, folder }, [
      relay('relay', 'mes', mesDatabaseUrl),
      listener.service(place, told)
    ])
    for (const { part } of services.values()) await keep(part.start())
    await areReady(services)
    const heard = await listener.watch(services.get(listener.name)?.url ?? '', place, keep)
    const pool = new pg.Pool({ connectionString: mesDatabaseUrl, max: 8 })
    await keep(Promise.resolve({ stop: () => pool.end() }))
    return { heard, pool, services }
  }, signal)
  try {
    const total = (YOUNG_SECONDS + options.seconds) * options.rate
    const before = processorOf(stage.services)
    const seconds = await write(stage.pool, total, options.rate)
    const written = await on(mesDatabaseUrl, (client) => times(client, WRITTEN))
    await allHeard(stage.heard, total)
    const felt = await stage.heard.times()
    const after = processorOf(stage.services)
    const [young, grown] = byAge(written)
    return {
      processor: new Map([...after].map(([name, time]) => [name, (time - (before.get(name) ?? 0)) / total])),
      perSecond: total / seconds,
      delay: delayOf(grown, felt),
      young: delayOf(young, felt)
    }
  } finally {
    await stage.stop()
  }
}

const processorOf = (services: ReadonlyMap<string, RunningService>): ReadonlyMap<string, number> =>
  new Map([...services].map(([name, { part }]) => [name, cpuOf([part.pid ?? 0])]))

async function areReady(services: ReadonlyMap<string, RunningService>): Promise<void> {
  for (const [name, { url }] of services)
    await waitUntil(async () => (await fetch(`${url}/readyz`)).ok, {
      what: `${name} is ready`,
      timeoutMs: 60_000
    })
}

async function counted(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM ${READER}.effect`
  )
  return rows[0]?.count ?? 0
}

const HEARD_MS = 60_000

/** What is missing after this time is counted, not waited for. */
async function allHeard(heard: Heard, total: number): Promise<void> {
  const until = performance.now() + HEARD_MS
  while ((await heard.count()) < total && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 500))
}

/** Open loop: a write that is slow delays none of the others. Seconds that it took. */
async function write(pool: pg.Pool, total: number, rate: number): Promise<number> {
  const began = performance.now()
  const writes: Promise<unknown>[] = []
  const orders = Math.ceil(total / STATES.length)
  while (writes.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate))
    while (writes.length < due) {
      const order = 1 + (writes.length % orders)
      const state = STATES[Math.floor(writes.length / orders)] ?? ''
      writes.push(
        pool.query(
          'INSERT INTO mes.order_status_history (order_id, status, changed_at) VALUES ($1, $2::mes.order_status, clock_timestamp())',
          [order, state]
        )
      )
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await Promise.all(writes)
  return (performance.now() - began) / 1000
}

type Times = ReadonlyMap<string, number>

/** Those of the first seconds, and those after them. */
function byAge(written: Times): [young: Times, grown: Times] {
  const all = [...written]
  const began = all.reduce((earliest, [, at]) => Math.min(earliest, at), Infinity)
  const isYoungUntil = began + YOUNG_SECONDS * 1000
  return [
    new Map(all.filter(([, at]) => at < isYoungUntil)),
    new Map(all.filter(([, at]) => at >= isYoungUntil))
  ]
}

/** `changed_at` is taken within the write, so the commit itself is part of what is measured. */
function delayOf(written: Times, seen: Times): Delay {
  const all = [...written].flatMap(([key, at]) => {
    const then = seen.get(key)
    return then === undefined ? [] : [then - at]
  })
  all.sort((a, b) => a - b)
  return {
    p50: percentile(all, 0.5),
    p99: percentile(all, 0.99),
    worst: percentile(all, 1),
    missing: written.size - all.length
  }
}

const WRITTEN = `SELECT order_id || ' ' || status AS key, extract(epoch FROM changed_at)::double precision * 1000 AS at
FROM mes.order_status_history WHERE status > 'SUBMITTED'`
const FELT = `SELECT order_id || ' ' || status AS key, extract(epoch FROM at)::double precision * 1000 AS at FROM ${READER}.effect`

async function times(client: pg.Client, sql: string): Promise<Map<string, number>> {
  const { rows } = await client.query<{ key: string; at: number }>(sql)
  return new Map(rows.map(({ key, at }) => [key, at]))
}
