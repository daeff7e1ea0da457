import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { MONTHLY_GROWTH } from '@alexandrite/loadtest/capacity/growth'
import { forecast } from '@alexandrite/loadtest/capacity/forecast'
import type { Measured, Setting } from '@alexandrite/loadtest/capacity/forecast'
import { capacityHtml, capacityMarkdown } from '@alexandrite/loadtest/report/capacity'
import type { CapacityReport } from '@alexandrite/loadtest/report/capacity'
import { seededRandom } from '@alexandrite/loadtest/statistics/index'
import { machineClass } from '../../bench/cpus.ts'
import { runCommand } from '../../command.ts'
import { say } from '../../run.ts'
import { measureCosts, measureSteps } from './measure.ts'
import { capacityOptions, HELP } from './options.ts'
import type { CapacityOptions } from './options.ts'
import { limitOf, ORDER_PAGE_ROUTE, ROUTES, STATES } from './routes.ts'

/** Measures and returns the exit code. Everything it started is stopped by then. */
export function main(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'capacity', help: HELP, options: () => capacityOptions(argv), run: capacity })
}

/** Of the seeded company's last month, and how its orders spread over a working month of 22 days of 8 hours. */
const LAST_MONTH = 6300
const WORKING_SECONDS = 22 * 8 * 3600
/** Steps that the MES records of an order, from its price to its way. */
const WRITES_OF_AN_ORDER = 6
/** The order page's time in examples/tiers/mes-api.yaml. */
const TTL_SECONDS = 15
/** The company endures three times its load. */
const PEAK = 3

const PLACES = [
  { way: 'Straight', replicas: 1 },
  { way: 'Straight', replicas: 2 },
  { way: 'Tier', replicas: 1 },
  { way: 'Tier', replicas: 2 }
] as const

async function capacity(options: CapacityOptions, signal: AbortSignal): Promise<number> {
  const started = Date.now()
  const random = seededRandom(options.seed)
  const costs = []
  for (const size of options.sizes) costs.push(...(await measureCosts(size, options.blocks, signal)))
  const orders = options.sizes.at(-1) ?? 0
  const routes = await measureSteps({ ...options, orders, random, signal })
  const steps = routes.find(({ route, way }) => route === ORDER_PAGE_ROUTE && way === 'Straight')?.steps ?? []
  const measured: Measured = { costs, steps, stepsAt: orders }
  const setting = settingOf(options, orders)
  say('capacity: looking ahead')
  const report: CapacityReport = {
    startedAt: new Date(started).toISOString(),
    seconds: Math.round((Date.now() - started) / 1000),
    machine: machineClass(),
    measured,
    setting,
    routes,
    forecasts: PLACES.map((place) => forecast(measured, setting, place, { random }))
  }
  write(report, options.out)
  return 0
}

const settingOf = ({ operators, every }: CapacityOptions, orders: number): Setting => ({
  growth: { orders, lastMonth: LAST_MONTH, more: MONTHLY_GROWTH },
  demand: {
    looks: operators / every,
    pages: STATES.length,
    writes: (PEAK * LAST_MONTH * WRITES_OF_AN_ORDER) / WORKING_SECONDS,
    ttl: TTL_SECONDS
  },
  limitMs: limitOf(ROUTES[0]?.objective ?? ''),
  processors: availableParallelism()
})

function write(report: CapacityReport, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const text = capacityMarkdown(report)
  writeFileSync(join(folder, 'capacity.md'), text)
  writeFileSync(join(folder, 'capacity.html'), capacityHtml(report))
  writeFileSync(join(folder, 'capacity.json'), JSON.stringify(report))
  process.stdout.write(`\n${text}\n`)
  say(`capacity: capacity.md, capacity.html and capacity.json are in ${folder}`)
}
