/** One row of load: all contenders run, and take turns. */
import { say } from '../run.ts'
import type { Contender, Start } from './contenders.ts'
import { cpuOf } from './proc.ts'
import type { Microseconds } from './proc.ts'
import type { LoadRow, Stand } from './load-row.ts'
import { median, medianRatio } from './stats.ts'
import { runWrk } from './wrk.ts'
import type { WrkResult } from './wrk.ts'

export interface Pace {
  /** Of each round of each contender. */
  readonly seconds: number
  readonly rounds: number
  readonly signal: AbortSignal
}

interface Round extends WrkResult {
  readonly cpu: Microseconds
  /** Requests to the origin for each of the client's. */
  readonly originShare: number
}

/** Medians of a contender's rounds. */
export interface LoadResult {
  readonly contender: string
  readonly requestsPerSecond: number
  /** Against the base of the row. @default absent without one */
  readonly ratio: number | undefined
  /** CPU of all its processes for each request, its Redis included. */
  readonly cpu: Microseconds
  readonly p50: number
  readonly p99: number
  readonly originShare: number
  /** Of all rounds together. */
  readonly errors: number
}

export const CONNECTIONS = 64

/** Compilers are warm after so long, and caches after that often at most. */
export const WARM_UP_SECONDS = 2
const WARM_UPS = 8

export interface Load {
  readonly path: string
  readonly headers?: readonly string[]
  readonly script?: string
  readonly seconds: number
}

/** Loads a contender once and counts. */
export async function loadOnce(
  contender: Contender,
  load: Load,
  { originCount, signal }: Stand
): Promise<Round> {
  const cpuBefore = cpuOf(contender.groups)
  const originBefore = await originCount()
  const { path, ...rest } = load
  const result = await runWrk({ url: contender.url + path, connections: CONNECTIONS, ...rest, signal })
  // The count counts its own question, too.
  const toOrigin = (await originCount()) - originBefore - 1
  const cpu = (cpuOf(contender.groups) - cpuBefore) / Math.max(1, result.requests)
  return { ...result, cpu, originShare: toOrigin / Math.max(1, result.requests) }
}

let salts = 0
const salt = (): string => `${Date.now().toString(36)}${++salts}`

export async function measureLoad(
  row: LoadRow,
  { seconds, rounds }: Pace,
  base: string,
  stand: Stand
): Promise<LoadResult[]> {
  const load = (name: string, duration: number): Load => ({
    path: row.path,
    headers: row.headers ?? [],
    seconds: duration,
    ...(row.script ? { script: row.script(salt(), name) } : {})
  })
  return withAll(row.contenders, stand, async (running) => {
    for (const [name, contender] of running) {
      await row.fill?.(contender, name, stand)
      await warmUp(() => loadOnce(contender, load(name, WARM_UP_SECONDS), stand), row)
    }
    const results = new Map([...running.keys()].map((name) => [name, [] as Round[]]))
    for (let round = 1; round <= rounds; round++) {
      for (const [name, contender] of running) {
        const result = await loadOnce(contender, load(name, seconds), stand)
        results.get(name)?.push(result)
        say(`  round ${round} of ${rounds}  ${name.padEnd(24)} ${Math.round(result.requestsPerSecond)} req/s`)
      }
    }
    return [...results].map(([name, all]) => summary(name, all, results.get(base)))
  })
}

/** Until the origin is asked no more than the row says. */
async function warmUp(once: () => Promise<Round>, { originShare: [, most] }: LoadRow): Promise<void> {
  for (let i = 0; i < WARM_UPS; i++) if ((await once()).originShare <= most) return
}

const summary = (
  contender: string,
  rounds: readonly Round[],
  base: readonly Round[] | undefined
): LoadResult => {
  const of = (pick: (round: Round) => number) => rounds.map(pick)
  const speeds = of((round) => round.requestsPerSecond)
  return {
    contender,
    requestsPerSecond: median(speeds),
    ratio:
      base &&
      medianRatio(
        speeds,
        base.map((round) => round.requestsPerSecond)
      ),
    cpu: median(of((round) => round.cpu)),
    p50: median(of((round) => round.p50)),
    p99: median(of((round) => round.p99)),
    originShare: median(of((round) => round.originShare)),
    errors: of((round) => round.errors).reduce((sum, errors) => sum + errors, 0)
  }
}

/** Starts all, does something with them, and stops all, whatever happens. */
export async function withAll<T>(
  contenders: Readonly<Record<string, Start>>,
  { around, signal }: Stand,
  use: (running: ReadonlyMap<string, Contender>) => Promise<T>
): Promise<T> {
  const running = new Map<string, Contender>()
  try {
    for (const [name, start] of Object.entries(contenders)) {
      signal.throwIfAborted()
      running.set(name, await start(around))
    }
    return await use(running)
  } finally {
    await Promise.allSettled([...running.values()].map((contender) => contender.stop()))
  }
}
