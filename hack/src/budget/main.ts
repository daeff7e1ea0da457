/** `npm run budget`: what telemetry costs, by service and signal; fails above catalogue/src/budget.ts. */
import { INSTANCES, LIMITS, SERIES_OF_INSTANCE } from '@alexandrite/catalogue'
import { parseArgs } from 'node:util'
import { messageOf, say } from '../run.ts'
import { stackQueries } from '../stack/queries.ts'
import type { Labels, StackQueries } from '../stack/queries.ts'
import { aligned } from '../table.ts'
import { byService, demandOf } from './demand.ts'
import type { Demand } from './demand.ts'
import { liveProblems, liveServices } from './live.ts'
import { overBudget, shown } from './verdict.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const HELP = `make budget [-- --live URL] [--top N]
  What the declared signals cost the reference company: series, samples, log bytes, spans, memory, disk.
  --live URL   besides, compare with a running Prometheus, such as http://127.0.0.1:9090
  --top N      how many signals to show; default 10
Exit code 0: within catalogue/src/budget.ts. 1: above it, or above what is declared. 2: it could not be told.
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

const seriesOf = async (ask: Pick<StackQueries, 'promSeries'>, url: string): Promise<Labels[]> => {
  try {
    return await ask.promSeries()
  } catch (error) {
    throw new Error(`--live ${url}: no Prometheus answers there: ${messageOf(error)}`, { cause: error })
  }
}

const compare = async (url: string): Promise<string[]> => {
  const urls = { prometheus: url.replace(/\/$/, ''), alertmanager: '', loki: '', jaeger: '' }
  const series = await seriesOf(stackQueries(urls), url)
  const declared = byService(demandOf())
  const rows = liveServices(series).map(({ service, instances, series: found }) => [
    service,
    ...[found, declared.get(service) ?? 0, instances].map(String)
  ])
  print(`\n${aligned([['live', 'series an instance', 'declared', 'instances'], ...rows]).join('\n')}`)
  return liveProblems(series)
}

const options = {
  live: { type: 'string' },
  top: { type: 'string', default: '10' },
  help: { type: 'boolean', default: false }
} as const

const topOf = (text: string): number => {
  const top = Number(text)
  if (!Number.isInteger(top) || top < 0) throw new Error(`--top ${text}: must be a whole number, such as 10`)
  return top
}

/** @returns the exit code */
export const main = async (args: readonly string[]): Promise<number> => {
  try {
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) {
      print(HELP)
      return 0
    }
    const demand = demandOf()
    print(budgetTable(demand, topOf(values.top)))
    const problems = [...overBudget(demand), ...(values.live === undefined ? [] : await compare(values.live))]
    for (const problem of problems) say(`over budget: ${problem}`)
    return problems.length === 0 ? 0 : 1
  } catch (error) {
    say(`budget: ${messageOf(error)}`)
    return 2
  }
}
