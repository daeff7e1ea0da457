import { loadavg } from 'node:os'
import { runCommand } from '../command.ts'
import { closingLine } from '../jest.ts'
import { say } from '../run.ts'
import { aligned } from '../table.ts'
import { resolveTools } from '../tools.ts'
import { httpd, nginx, tier, varnish } from './contenders.ts'
import { chooseCores, machineClass, pin } from './cpus.ts'
import { byKeys, byRules, RULE_COUNTS } from './curves.ts'
import { keep } from './kept.ts'
import { measureLatency } from './latency.ts'
import { measureLoad } from './load.ts'
import type { LoadResult, Pace } from './load.ts'
import { measureMemory } from './memory.ts'
import { benchOptions, HELP } from './options.ts'
import type { BenchOptions } from './options.ts'
import { startOrigin } from './origin.ts'
import type { RunningOrigin } from './origin.ts'
import { loadTable, otherTables } from './report.ts'
import type { Measured, Section } from './report.ts'
import { BASE, isLoadRow, LOAD_ROWS, OURS } from './rows.ts'
import type { LoadRow, Stand } from './load-row.ts'
import { bundleProxy } from './tier.ts'
import { startTraceSink } from './trace-sink.ts'
import { belowFloor, complaintsOf } from './verdict.ts'

const TOOLS = ['nginx', 'varnishd', 'tcc', 'apache2', 'wrk', 'redis-server', 'redis-cli'] as const

/** Runs the command and returns its exit code. Everything it started is stopped by then. */
export function main(argv: readonly string[]): Promise<number> {
  return runCommand({ name: 'bench', help: HELP, options: () => benchOptions(argv), run: bench })
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<number> {
  await resolveTools(options.then === 'CheckFloors' ? ['nginx', 'wrk'] : TOOLS)
  const cores = chooseCores()
  // Its children inherit this; servers are given their own.
  await pin(process.pid, cores.client)
  const stops: (() => Promise<void> | void)[] = []
  try {
    const otlp = await startTraceSink()
    stops.push(() => otlp.stop())
    const origin = await startOrigin(cores.client)
    stops.push(() => origin.stop())
    const bundle = await bundleProxy()
    stops.push(() => bundle.remove())
    const around = { cores, originPort: origin.port, otlpUrl: otlp.url, bundle: bundle.file }
    const stand = { around, originCount: () => origin.requests(), signal }
    return finish(await measureAll(options, stand, origin))
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

interface Finding {
  readonly sections: readonly Section[]
  readonly complaints: readonly string[]
  /** What was checked: the contenders of the load rows, twice when there are floors. */
  readonly checks: number
}

async function measureAll(options: BenchOptions, stand: Stand, origin: RunningOrigin): Promise<Finding> {
  const pace = { ...options, signal: stand.signal }
  const sections: Section[] = []
  const complaints: string[] = []
  let checks = 0
  for (const name of options.rows) {
    const [loadAverage = NaN] = loadavg()
    say(`${name}`)
    const section = isLoadRow(name)
      ? await loadSection(name, options, { pace, stand, origin })
      : await otherSection(name, options, { pace, stand, origin })
    sections.push(section)
    const floors =
      options.then === 'CheckFloors' && section.kind === 'load' ? belowFloor(name, section.results) : []
    const invalid = invalidIn(name, section, options)
    complaints.push(...invalid, ...floors)
    if (options.then === 'Keep' && invalid.length === 0) keepRow(name, section, { ...options, loadAverage })
    checks += section.results.length + (options.then === 'CheckFloors' ? 1 : 0)
  }
  return { sections, complaints, checks }
}

interface Means {
  readonly pace: Pace
  readonly stand: Stand
  readonly origin: RunningOrigin
}

/** Floors are about two of the contenders. */
const onlyForFloors = ({ contenders }: LoadRow): LoadRow['contenders'] =>
  Object.fromEntries(Object.entries(contenders).filter(([name]) => name === OURS || name === BASE))

async function loadSection(
  name: keyof typeof LOAD_ROWS,
  { then }: BenchOptions,
  { pace, stand }: Means
): Promise<Section> {
  const row: LoadRow = LOAD_ROWS[name]
  const contenders = then === 'CheckFloors' ? onlyForFloors(row) : row.contenders
  const results = await measureLoad({ ...row, contenders }, pace, BASE, stand)
  return { kind: 'load', row: name, title: row.title, results }
}

async function otherSection(
  name: string,
  options: BenchOptions,
  { pace, stand, origin }: Means
): Promise<Section> {
  const all = { [OURS]: tier(), [BASE]: nginx(), Varnish: varnish, 'Apache httpd': httpd }
  const curve = (row: LoadRow): Promise<LoadResult[]> => measureLoad(row, pace, '1', stand)
  switch (name) {
    case 'miss-latency':
      return { kind: 'latency', results: await measureLatency(all, origin.url, pace, stand) }
    case 'memory':
      return { kind: 'memory', results: await measureMemory(all, stand) }
    case 'by-keys':
      return { kind: 'curve', of: 'keys', results: await curve(byKeys(options.keyCounts)) }
    default:
      return { kind: 'curve', of: 'rules', results: await curve(byRules(RULE_COUNTS)) }
  }
}

const invalidIn = (name: string, section: Section, options: BenchOptions): string[] => {
  if (isLoadRow(name) && section.kind === 'load') return complaintsOf(name, LOAD_ROWS[name], section.results)
  if (section.kind !== 'curve') return []
  const row = section.of === 'keys' ? byKeys(options.keyCounts) : byRules(RULE_COUNTS)
  return complaintsOf(name, row, section.results)
}

function finish({ sections, complaints, checks }: Finding): number {
  const tables = [loadTable(sections, ({ row }) => row), ...otherTables(sections)].filter(
    ({ length }) => length > 1
  )
  process.stdout.write(`\n${tables.map((rows) => aligned(rows).join('\n')).join('\n\n')}\n\n`)
  for (const complaint of complaints) say(`bench: ${complaint}`)
  const failed = complaints.length
  process.stdout.write(`${closingLine([{ passed: Math.max(0, checks - failed), failed, skipped: 0 }])}\n`)
  return failed === 0 ? 0 : 1
}

/** At once: who interrupts a long comparison loses the row under way. */
function keepRow(name: string, section: Section, how: Omit<Measured, 'machine' | 'section'>): void {
  const { seconds, rounds, loadAverage } = how
  const missing = keep({ [name]: { seconds, rounds, loadAverage, machine: machineClass(), section } })
  const rest = missing.length === 0 ? 'all rows are there' : `not measured yet: ${missing.join(', ')}`
  say(`  kept in docs/benchmarks.json and docs/benchmarks.md; ${rest}`)
}
