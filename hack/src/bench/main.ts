import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { closingLine } from '../jest.ts'
import { REPOSITORY } from '../paths.ts'
import { say } from '../run.ts'
import { aligned } from '../table.ts'
import { resolveTools } from '../tools.ts'
import { httpd, nginx, tier, varnish } from './contenders.ts'
import { chooseCores, machineClass, pin } from './cpus.ts'
import { byKeys, byRules, RULE_COUNTS } from './curves.ts'
import { measureLatency } from './latency.ts'
import { measureLoad } from './load.ts'
import type { LoadResult, Pace } from './load.ts'
import { measureMemory } from './memory.ts'
import { benchOptions, HELP } from './options.ts'
import type { BenchOptions } from './options.ts'
import { startOrigin } from './origin.ts'
import type { RunningOrigin } from './origin.ts'
import { page } from './page.ts'
import { loadTable, otherTables } from './report.ts'
import type { Section } from './report.ts'
import { BASE, isLoadRow, LOAD_ROWS, OURS } from './rows.ts'
import type { LoadRow, Stand } from './load-row.ts'
import { bundleProxy } from './tier.ts'
import { startTraceSink } from './trace-sink.ts'
import { belowFloor, complaintsOf } from './verdict.ts'

const PAGE = join(REPOSITORY, 'docs/benchmarks.md')

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
    return finish(await measureAll(options, stand, origin), options)
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
    say(`${name}`)
    const section = isLoadRow(name)
      ? await loadSection(name, options, { pace, stand, origin })
      : await otherSection(name, options, { pace, stand, origin })
    sections.push(section)
    const floors =
      options.then === 'CheckFloors' && section.kind === 'load' ? belowFloor(name, section.results) : []
    const invalid = invalidIn(name, section, options)
    complaints.push(...invalid, ...floors)
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

function finish({ sections, complaints, checks }: Finding, options: BenchOptions): number {
  const tables = [loadTable(sections, ({ row }) => row), ...otherTables(sections)].filter(
    ({ length }) => length > 1
  )
  process.stdout.write(`\n${tables.map((rows) => aligned(rows).join('\n')).join('\n\n')}\n\n`)
  for (const complaint of complaints) say(`bench: ${complaint}`)
  if (options.then === 'WritePage' && complaints.length === 0) {
    writeFileSync(PAGE, page(sections, options, machineClass()))
    say('bench: wrote docs/benchmarks.md')
  }
  const failed = complaints.length
  process.stdout.write(`${closingLine([{ passed: Math.max(0, checks - failed), failed, skipped: 0 }])}\n`)
  return failed === 0 ? 0 : 1
}
