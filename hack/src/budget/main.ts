/** `npm run budget`: what telemetry costs, by service and signal; fails above catalogue/src/budget.ts. */
import { INSTANCES, LIMITS, SERIES_OF_INSTANCE } from '@alexandrite/catalogue'
import { parsedOptions, runCommand, UsageError } from '../command.ts'
import { messageOf, say } from '../run.ts'
import { stackQueries } from '../stack/queries.ts'
import type { Labels } from '../stack/queries.ts'
import { aligned } from '../table.ts'
import { byService, demandOf } from './demand.ts'
import type { Demand } from './demand.ts'
import { liveProblems, liveServices } from './live.ts'
import { overBudget, shown } from './verdict.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const HELP = `Prints what the declared signals cost the reference company: series, samples, log bytes, spans, memory, disk.

Usage: node hack/budget.ts [options]        (make budget)
  --live URL   besides, compare with a running Prometheus, such as http://127.0.0.1:9090
  --top N      how many signals to show (default 10)
  --help
Ends with 0 within catalogue/src/budget.ts, with 1 above it or above what is declared, and with 2 when that could not be told:
wrong options, or no Prometheus at the URL.
`

const serviceRows = (demand: Demand): string[][] =>
  [...byService(demand)].map(([service, series]) => {
    const instances = INSTANCES[service] ?? 1
    const most = SERIES_OF_INSTANCE[service]
    return [
      service,
      ...[series, instances, series * instances].map(String),
      most === undefined ? '' : String(most)
    ]
  })

const signalRows = ({ signals }: Demand, top: number): string[][] =>
  [...signals]
    .sort((a, b) => b.perInstance * b.instances - a.perInstance * a.instances)
    .slice(0, top)
    .map(({ service, signal, perInstance, instances }) => [
      signal,
      service,
      ...[perInstance, instances, perInstance * instances].map(String)
    ])

const TOTALS: readonly (readonly [keyof Omit<Demand, 'signals' | 'metrics'>, string])[] = [
  ['series', 'series'],
  ['samplesPerSecond', 'samples a second'],
  ['logBytesPerDay', 'logs a day'],
  ['spansPerDay', 'spans a day'],
  ['prometheusMemoryBytes', 'memory of Prometheus'],
  ['diskBytes', 'disk of Prometheus, Loki and Jaeger']
]

const totalRows = (demand: Demand): string[][] =>
  TOTALS.map(([name, title]) => {
    const { most, unit } = LIMITS[name]
    return [title, shown(demand[name], unit), shown(most, unit)]
  })

/** The whole table. */
export const budgetTable = (demand: Demand, top: number): string =>
  [
    ...aligned([
      ['service', 'series an instance', 'instances', 'series', 'at most an instance'],
      ...serviceRows(demand)
    ]),
    '',
    ...aligned([['signal', 'service', 'an instance', 'instances', 'series'], ...signalRows(demand, top)]),
    '',
    ...aligned([['in total', 'declared', 'at most'], ...totalRows(demand)])
  ].join('\n')

interface BudgetOptions {
  /** Base URL of a running Prometheus to compare with. */
  readonly live: string | undefined
  /** How many signals are shown. */
  readonly top: number
}

/** Undefined when help was asked for. @throws UsageError */
export function budgetOptions(argv: readonly string[]): BudgetOptions | undefined {
  const values = parsedOptions(argv, {
    live: { type: 'string' },
    top: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  return { live: urlIn(values.live), top: topIn(values.top ?? '10') }
}

function urlIn(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new UsageError(`--live is "${text}"; give the URL of a Prometheus, such as http://127.0.0.1:9090.`)
}

function topIn(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new UsageError(`--top is "${text}"; give a whole number, such as 10.`)
}

/** Prints the tables and returns the exit code. */
export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'budget', help: HELP, options: () => budgetOptions(argv), run })

async function run({ live, top }: BudgetOptions, signal: AbortSignal): Promise<number> {
  const demand = demandOf()
  print(budgetTable(demand, top))
  const problems = [...overBudget(demand), ...(live === undefined ? [] : await compare(live, signal))]
  for (const problem of problems) say(`over budget: ${problem}`)
  return problems.length === 0 ? 0 : 1
}

async function compare(url: string, signal: AbortSignal): Promise<string[]> {
  const series = await seriesOf(url, signal)
  const declared = byService(demandOf())
  const rows = liveServices(series).map(({ service, instances, series: found }) => [
    service,
    ...[found, declared.get(service) ?? 0, instances].map(String)
  ])
  print(`\n${aligned([['live', 'series an instance', 'declared', 'instances'], ...rows]).join('\n')}`)
  return liveProblems(series)
}

/** Nobody there is a wrong option: nothing can be told of what is over the budget. */
async function seriesOf(url: string, signal: AbortSignal): Promise<Labels[]> {
  const urls = { prometheus: url.replace(/\/$/, ''), alertmanager: '', loki: '', jaeger: '' }
  try {
    return await stackQueries(urls, signal).promSeries()
  } catch (error) {
    throw new UsageError(`--live ${url}: no Prometheus answers there: ${messageOf(error)}`, { cause: error })
  }
}
