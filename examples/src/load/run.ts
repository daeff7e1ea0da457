import { setTimeout as sleep } from 'node:timers/promises'
import { OPERATORS } from '../data/seed-sql.ts'
import { ApiClient } from './client.ts'
import { customer } from './customer.ts'
import { MesClient } from './mes-client.ts'
import { b2bClient, operator, rush } from './operator.ts'
import { countQueries } from './queries.ts'
import { Random } from './random.ts'
import { Recorder } from './recorder.ts'
import type { RouteReport } from './recorder.ts'
import { beUser } from './user.ts'
import type { Act, Model } from './user.ts'

export interface LoadOptions {
  /** Base URL of the MES API, straight or through its tier. */
  readonly mes: string
  /** Base URL of the Shop API, straight or through its tier. */
  readonly shop: string
  /** Base URLs whose /metrics count database queries: every replica of both APIs, itself and not its tier. */
  readonly metrics: readonly string[]
  /** Seconds that are measured. */
  readonly durationSeconds: number
  /** Seconds of the same load beforehand, in which only errors and stale answers count. */
  readonly warmupSeconds: number
  readonly operators: number
  readonly customers: number
  readonly seed: number
  readonly model: Model
}

export const LOAD_DEFAULTS = {
  metrics: [],
  durationSeconds: 20,
  warmupSeconds: 8,
  operators: 30,
  customers: 50,
  seed: 1,
  model: 'closed'
} as const satisfies Partial<LoadOptions>

export interface LoadReport {
  readonly target: { readonly mes: string; readonly shop: string }
  readonly model: Model
  readonly seed: number
  readonly durationSeconds: number
  readonly requests: number
  readonly requestsPerSecond: number
  /** Undefined without addresses of metrics. */
  readonly databaseQueriesPerSecond: number | undefined
  /** Undefined when nothing came from a cache. */
  readonly hitRatio: number | undefined
  readonly writes: number
  /** Orders taken, and attempts that came too late; over the whole run, as writes and checked answers are. */
  readonly racesWon: number
  readonly racesLost: number
  /** Reads that were compared with the writes confirmed before them. */
  readonly checkedAnswers: number
  readonly staleAnswers: number
  readonly staleSamples: readonly string[]
  readonly errors: number
  readonly errorSamples: readonly string[]
  readonly routes: readonly RouteReport[]
}

const OPERATOR_THINK_MS = 2000
const CUSTOMER_THINK_MS = 1500
const RUSH_EVERY_MS = 6000
const B2B_THINK_MS = 6000

/** Plays the company's day: operators polling and racing, customers browsing and ordering. Bounded by its duration. */
export async function runLoad(options: LoadOptions, signal?: AbortSignal): Promise<LoadReport> {
  const recorder = new Recorder()
  const mes = new ApiClient('mes', options.mes, recorder)
  const shop = new ApiClient('shop', options.shop, recorder)
  const stop = new AbortController()
  const until = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal])
  const users = startUsers({ mes, shop, recorder }, options, until)
  // A user fails only by a bug: then all stop at once, and the await below throws it.
  users.catch(() => stop.abort())
  try {
    const run = await measure(recorder, options, until)
    stop.abort()
    await users
    return report(options, recorder, run)
  } finally {
    stop.abort()
    await Promise.allSettled([users])
    await Promise.all([mes.close(), shop.close()])
  }
}

/** What counts is what is answered between the end of the warm-up and the end of the duration. */
async function measure(recorder: Recorder, options: LoadOptions, until: AbortSignal): Promise<Measured> {
  await wait(options.warmupSeconds, until)
  const queriesBefore = await countQueries(options.metrics)
  const started = performance.now()
  recorder.start()
  await wait(options.durationSeconds, until)
  recorder.stop()
  const seconds = (performance.now() - started) / 1000
  return { seconds, queries: (await countQueries(options.metrics)) - queriesBefore }
}

interface Measured {
  readonly seconds: number
  readonly queries: number
}

interface Parts {
  readonly mes: ApiClient
  readonly shop: ApiClient
  readonly recorder: Recorder
}

async function startUsers(parts: Parts, options: LoadOptions, until: AbortSignal): Promise<void> {
  const mes = new MesClient(parts.mes, parts.recorder)
  const start = (number: number, thinkMs: number, act: (random: Random) => Act) => {
    const random = new Random(options.seed * 1_000_003 + number)
    return beUser({ model: options.model, thinkMs, random, until }, act(random))
  }
  await Promise.all([
    ...range(options.operators).map((i) =>
      start(i, OPERATOR_THINK_MS, (random) => operator(mes, 1 + (i % OPERATORS), random))
    ),
    ...range(options.customers).map((i) =>
      start(10_000 + i, CUSTOMER_THINK_MS, (random) =>
        customer(parts.shop, parts.recorder, { id: 1 + i, random })
      )
    ),
    start(30_000, RUSH_EVERY_MS, () => rush(mes, options.operators)),
    start(20_000, B2B_THINK_MS, (random) => b2bClient(mes, random))
  ])
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

async function wait(seconds: number, until: AbortSignal): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, { signal: until })
  } catch (error) {
    if (!until.aborted) throw error
  }
}

function report(options: LoadOptions, recorder: Recorder, run: Measured): LoadReport {
  const { requests, writes, racesWon, racesLost, checkedAnswers, hitRatio } = recorder
  return {
    target: { mes: options.mes, shop: options.shop },
    model: options.model,
    seed: options.seed,
    durationSeconds: run.seconds,
    requests,
    requestsPerSecond: requests / run.seconds,
    databaseQueriesPerSecond: options.metrics.length === 0 ? undefined : run.queries / run.seconds,
    hitRatio,
    writes,
    racesWon,
    racesLost,
    checkedAnswers,
    staleAnswers: recorder.staleAnswers.count,
    staleSamples: recorder.staleAnswers.samples,
    errors: recorder.errors.count,
    errorSamples: recorder.errors.samples,
    routes: recorder.routes()
  }
}
