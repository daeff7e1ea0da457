/** What a cache adds to the time of a request that it must pass to the origin and stores. */
import { fileURLToPath } from 'node:url'
import { run, say } from '../run.ts'
import type { Start } from './contenders.ts'
import { loadOnce, WARM_UP_SECONDS, withAll } from './load.ts'
import type { Stand } from './load-row.ts'
import type { Pace } from './load.ts'
import { someNewKeys } from './scripts.ts'
import { median, percentile } from './stats.ts'

const CLIENT = fileURLToPath(new URL('./latency-client.ts', import.meta.url))
const RATE = 200

export interface LatencyResult {
  readonly contender: string
  readonly p50: number
  readonly p99: number
  /** Above the direct way; absent for that itself. */
  readonly added: { readonly p50: number; readonly p99: number } | undefined
}

export const DIRECT = 'straight to the origin'

let runs = 0
const newPrefix = (): string => `${Date.now().toString(36)}-${++runs}-`

/** Milliseconds, medians of the rounds. All take turns, the direct way too. */
export async function measureLatency(
  contenders: Readonly<Record<string, Start>>,
  originUrl: string,
  { seconds, rounds, signal }: Pace,
  stand: Stand
): Promise<LatencyResult[]> {
  const times = async (url: string, duration: number): Promise<number[]> => {
    const args = [CLIENT, url, `/k/${newPrefix()}`, String(RATE), String(duration)]
    return JSON.parse(await run(process.execPath, args, { signal })) as number[]
  }
  return withAll(contenders, stand, async (running) => {
    const urls = new Map([
      [DIRECT, originUrl],
      ...[...running].map(([name, { url }]) => [name, url] as const)
    ])
    // As before the rows of load: at the rate of the measurement, compilers would be warm after minutes.
    for (const contender of running.values()) {
      const script = someNewKeys(1, newPrefix())
      await loadOnce(contender, { path: '/k/1', script, seconds: WARM_UP_SECONDS }, stand)
    }
    const rows = new Map([...urls.keys()].map((name) => [name, { p50: [] as number[], p99: [] as number[] }]))
    for (let round = 1; round <= rounds; round++) {
      say(`  round ${round} of ${rounds}`)
      for (const [name, url] of urls) {
        const all = await times(url, seconds)
        rows.get(name)?.p50.push(percentile(all, 0.5))
        rows.get(name)?.p99.push(percentile(all, 0.99))
      }
    }
    return latencies(
      new Map([...rows].map(([name, { p50, p99 }]) => [name, { p50: median(p50), p99: median(p99) }]))
    )
  })
}

/** Pure: what each adds to the direct way. */
export const latencies = (
  medians: ReadonlyMap<string, { readonly p50: number; readonly p99: number }>
): LatencyResult[] => {
  const direct = medians.get(DIRECT)
  return [...medians].map(([contender, { p50, p99 }]) => ({
    contender,
    p50,
    p99,
    added: direct && contender !== DIRECT ? { p50: p50 - direct.p50, p99: p99 - direct.p99 } : undefined
  }))
}
