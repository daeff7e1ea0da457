/**
 * `make telemetry-cost`: what metrics, traces and the log cost the tier, against the same tier without any of them,
 * taking turns in one run.
 */
import { parsedOptions, runCommand, UsageError } from '../command.ts'
import { chooseCores, pin } from '../bench/cpus.ts'
import { measureLoad } from '../bench/load.ts'
import type { LoadResult } from '../bench/load.ts'
import { startOrigin } from '../bench/origin.ts'
import { bundleProxy } from '../bench/tier.ts'
import type { Bundle } from '../bench/tier.ts'
import { startTraceSink } from '../bench/trace-sink.ts'
import { closingLine } from '../jest.ts'
import { say } from '../run.ts'
import { aligned } from '../table.ts'
import { resolveTools } from '../tools.ts'
import { complaints, costRow, costTable, UNTOLD } from './row.ts'
import type { Heard } from './row.ts'

const UNTOLD_ENTRIES = { proxy: 'hack/src/telemetry-cost/untold-proxy.ts' }

/** What telemetry may take of the throughput of hits; a busy machine in continuous integration must not fail. */
const FLOORS = { promised: 0.95, smoke: 0.7 } as const

const HELP = `Loads the tier with hits of 2 KB, with its metrics read each second, 1 % of requests traced and failures logged, without
the traces, and without any of it, taking turns; the server on one processor, wrk and the origin on another. Prints throughput and
processor time a hit, and how they compare.

Usage: node hack/telemetry-cost.ts [options]
  --seconds N   of each turn (default 2)
  --rounds N    turns of each (default 20)
  --smoke       4 turns of 1 s and a generous floor: for continuous integration
  --help
Ends with 0 when at least ${100 * FLOORS.promised} % of the throughput is left (--smoke: ${100 * FLOORS.smoke} %), with 1 when less is,
with 2 for wrong options. Measure on a quiet machine.
`

interface CostOptions {
  readonly seconds: number
  readonly rounds: number
  /** Share of the throughput that must be left. */
  readonly floor: number
}

const wholeNumber = (name: string, text: string | undefined, otherwise: number): number => {
  if (text === undefined) return otherwise
  if (!/^[1-9]\d{0,2}$/.test(text))
    throw new UsageError(`${name} is "${text}"; give a whole number from 1 to 999.`)
  return Number(text)
}

export const costOptions = (argv: readonly string[]): CostOptions | undefined => {
  const values = parsedOptions(argv, {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    smoke: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  const smoke = values.smoke === true
  return {
    seconds: wholeNumber('--seconds', values.seconds, smoke ? 1 : 2),
    rounds: wholeNumber('--rounds', values.rounds, smoke ? 4 : 20),
    floor: smoke ? FLOORS.smoke : FLOORS.promised
  }
}

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'telemetry-cost', help: HELP, options: () => costOptions(argv), run: cost })

async function cost(options: CostOptions, signal: AbortSignal): Promise<number> {
  await resolveTools(['nginx', 'wrk'])
  const cores = chooseCores()
  // Its children inherit this; servers are given their own.
  await pin(process.pid, cores.client)
  const bundles: Bundle[] = []
  const otlp = await startTraceSink()
  const origin = await startOrigin(cores.client).catch(async (error: unknown) => {
    await otlp.stop()
    throw error
  })
  try {
    bundles.push(await bundleProxy(), await bundleProxy({ entries: UNTOLD_ENTRIES }))
    const [told, untold] = bundles.map(({ file }) => file) as [string, string]
    const around = { cores, originPort: origin.port, otlpUrl: otlp.url, bundle: told }
    const heard: Heard = { scrapes: 0 }
    const row = costRow(untold, heard)
    const stand = { around, originCount: () => origin.requests(), signal }
    const results = await measureLoad(row, { ...options, signal }, UNTOLD, stand)
    return verdict(results, complaints(row, results, { ...options, ...heard, traces: otlp.batches() }))
  } finally {
    for (const bundle of bundles) bundle.remove()
    await origin.stop()
    await otlp.stop()
  }
}

function verdict(results: readonly LoadResult[], wrong: readonly string[]): number {
  process.stdout.write(`\n${aligned(costTable(results)).join('\n')}\n\n`)
  for (const complaint of wrong) say(`telemetry-cost: ${complaint}`)
  const counts = { passed: wrong.length === 0 ? 1 : 0, failed: wrong.length, skipped: 0 }
  process.stdout.write(`${closingLine([counts])}\n`)
  return wrong.length === 0 ? 0 : 1
}
