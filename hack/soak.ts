/**
 * `node hack/soak.ts`: the tier's bundle with its image's flags under mixed load with a full memory cache. Its resident memory must
 * stay flat after the warm-up, and no request may fail. Prints figures; exit 1 when either does not hold.
 */
import { parseArgs } from 'node:util'
import { startProcess } from '../proxy/test/bad-days/process.ts'
import type { ProxyProcess } from '../proxy/test/bad-days/process.ts'
import { bundleProxy } from './src/bench/tier.ts'
import { SIDECAR } from './src/image.ts'
import { isFlat, linearFit } from './src/soak/fit.ts'
import type { Fit, Sample } from './src/soak/fit.ts'
import { load, startOrigin } from './src/soak/load.ts'
import type { Totals } from './src/soak/load.ts'

const HELP = `node hack/soak.ts [--minutes N] [--clients N] [--memory QUANTITY]

  --minutes N    how long (30); the first third is warm-up
  --clients N    connections, each asking as fast as it is answered (16)
  --memory Q     bound of the tier's memory cache, full after seconds (16Mi)
`
const MIB = 1024 * 1024
const SAMPLE_MS = 2000
const REPORT_EVERY = 15

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    clients: { type: 'string', default: '16' },
    memory: { type: 'string', default: '16Mi' },
    help: { type: 'boolean' }
  }
})

const positive = (name: string, text: string): number => {
  if (Number(text) > 0) return Number(text)
  console.error(`--${name} "${text}" must be a number above 0, such as 5`)
  process.exit(2)
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`

interface Run {
  readonly minutes: number
  readonly totals: Totals
  readonly samples: readonly Sample[]
  /** The tier's metrics at the end. */
  readonly metrics: string
  readonly exit: number | null
}

const newTotals = (): Totals => ({
  requests: 0,
  hits: 0,
  newKeys: 0,
  writes: 0,
  failures: [],
  failed: 0,
  slowestMs: 0
})

/** Measures now and then until it is told to stop. */
const sampling = (proxy: ProxyProcess, totals: Totals) => {
  const started = performance.now()
  const samples: Sample[] = []
  const sample = async (): Promise<void> => {
    const seconds = (performance.now() - started) / 1000
    const bytes = await proxy.rss()
    samples.push({ seconds, bytes })
    if (samples.length % REPORT_EVERY === 0)
      console.log(`${seconds.toFixed(0)} s: ${totals.requests} requests, RSS ${mib(bytes)}`)
  }
  const timer = setInterval(() => void sample(), SAMPLE_MS)
  return { samples, stop: () => clearInterval(timer) }
}

const run = async (minutes: number, clients: number): Promise<Run> => {
  const origin = await startOrigin()
  const bundle = await bundleProxy()
  const variables = { ALEXANDRITE_MEMORY: values.memory }
  const program = { flags: SIDECAR.flags, file: bundle.file }
  const proxy = await startProcess(origin.url, variables, program).finally(() => bundle.remove())
  const totals = newTotals()
  const { samples, stop } = sampling(proxy, totals)
  await load(proxy.listen.port, clients, performance.now() + minutes * 60_000, totals)
  stop()
  const metrics = await (await fetch(`http://127.0.0.1:${proxy.admin.port}/metrics`)).text()
  const exit = await proxy.stop()
  origin.server.close()
  origin.server.closeAllConnections()
  return { minutes, totals, samples, metrics, exit }
}

const metricIn = (metrics: string, name: string): number =>
  Number(new RegExp(`^${name}\\S* (\\S+)`, 'm').exec(metrics)?.[1])

/** The figures, for people. */
const report = ({ minutes, totals, metrics }: Run, settled: readonly Sample[], fit: Fit): string => {
  const { requests, hits, newKeys, writes, failed, slowestMs } = totals
  const bytes = settled.map((one) => one.bytes)
  const size = (name: string): string => mib(metricIn(metrics, name))
  return `
requests   ${requests} (${(requests / minutes / 60).toFixed(0)}/s), ${((100 * hits) / requests).toFixed(0)} % hits, ${newKeys} new keys, ${writes} writes
failed     ${failed}
slowest    ${slowestMs.toFixed(0)} ms
L1         ${size('alexandrite_proxy_memory_bytes')} of ${values.memory}, ${metricIn(metrics, 'alexandrite_proxy_memory_evictions')} evictions
heap used  ${size('nodejs_heap_size_used_bytes')}, external ${size('nodejs_external_memory_bytes')}
RSS        ${mib(fit.mean)} after the warm-up, ${mib(Math.min(...bytes))} to ${mib(Math.max(...bytes))}
slope      ${mib(fit.slope * 60)} a minute, ${mib(fit.growth)} after the warm-up: ${isFlat(fit) ? 'flat' : 'NOT FLAT'}`
}

const soak = async (): Promise<boolean> => {
  const done = await run(positive('minutes', values.minutes), positive('clients', values.clients))
  const settled = done.samples.filter(({ seconds }) => seconds > done.minutes * 20)
  const fit = linearFit(settled)
  console.log(report(done, settled, fit))
  for (const failure of done.totals.failures) console.log(failure)
  return done.totals.failed === 0 && isFlat(fit) && done.exit === 0
}

if (values.help) console.log(HELP)
else process.exitCode = (await soak()) ? 0 : 1
