import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { allKept, checkedTarget, RefusedRun, runProfile } from '@alexandrite/loadtest'
import type { Outage, RunResult, Target } from '@alexandrite/loadtest'
import { runCommand, UsageError } from '../command.ts'
import { guard } from '../guard.ts'
import { closingLine } from '../jest.ts'
import { say } from '../run.ts'
import { resolveTool } from '../tools.ts'
import { comparisonOf } from './agreement.ts'
import { emptyCaches, playFaults } from './faults.ts'
import { HELP, loadOptions, OWN_NETWORKS } from './options.ts'
import type { LoadOptions } from './options.ts'
import { startServerSide } from './server-side.ts'
import { startLoadStage } from './stage.ts'
import type { LoadStage } from './stage.ts'
import { report } from './table.ts'

/** Runs one profile and returns the exit code. Everything it started is stopped by then. */
export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'load', help: HELP, options: () => loadOptions(argv), run: inFolder })

async function inFolder(options: LoadOptions, signal: AbortSignal): Promise<number> {
  const folder =
    options.folder === undefined ? mkdtempSync(join(tmpdir(), 'alexandrite-load-')) : resolve(options.folder)
  mkdirSync(folder, { recursive: true })
  const guarded = options.folder === undefined ? guard([], folder) : undefined
  try {
    return await load(options, folder, signal)
  } catch (error) {
    if (error instanceof RefusedRun) throw new UsageError(error.message, { cause: error })
    throw error
  } finally {
    if (guarded !== undefined) rmSync(folder, { recursive: true, force: true })
    await guarded?.release()
  }
}

async function load(options: LoadOptions, folder: string, signal: AbortSignal): Promise<number> {
  if (options.target !== undefined) {
    const target = checkedTarget(options.target, options.confirmed, OWN_NETWORKS)
    return conclude(options, await play({ options, folder, signal }, target), [])
  }
  const stage = await startLoadStage({ folder: join(folder, 'company'), orders: options.orders, say, signal })
  try {
    return await loadOwn({ options, folder, signal }, stage)
  } finally {
    say('stopping everything')
    await stage.stop()
  }
}

interface Run {
  readonly options: LoadOptions
  readonly folder: string
  readonly signal: AbortSignal
}

async function loadOwn(run: Run, stage: LoadStage): Promise<number> {
  const { options, folder, signal } = run
  if (!options.compare) return conclude(options, await playWithFaults(run, stage), [])
  const server = await startServerSide({ plan: stage.plan, folder: join(folder, 'prometheus'), signal })
  try {
    const comparison = comparisonOf(server, options)
    const result = await playWithFaults(run, stage, () => comparison.begin())
    const { table, complaints } = await comparison.end(result)
    process.stdout.write(`\n${table}\n`)
    return conclude(options, result, complaints)
  } finally {
    await server.stop()
  }
}

async function playWithFaults(
  run: Run,
  stage: LoadStage,
  before: () => Promise<void> = () => Promise.resolve()
): Promise<RunResult> {
  const { options } = run
  const target = options.straight ? stage.straight : stage.tiers
  const [cold, faults] = [true, false].map((first) =>
    options.profile.faults.filter(({ to }) => (to === 0) === first)
  )
  if (cold?.length) await emptyCaches(stage)
  const outages: Outage[] = []
  const failed = new AbortController()
  const signal = AbortSignal.any([run.signal, failed.signal])
  let playing: Promise<void> = Promise.resolve()
  const onStart = async () => {
    await before()
    playing = playFaults({ stage, faults: faults ?? [], seconds: options.seconds, signal, say }, outages)
    playing.catch((error: unknown) => failed.abort(error))
  }
  const stockFrom = cold?.length ? stage.straight : target
  try {
    return await play({ ...run, signal }, target, { onStart, stockFrom, outages: () => outages })
  } finally {
    await Promise.allSettled([playing])
  }
}

async function play(
  { options, folder, signal }: Run,
  target: Target,
  more: Pick<Parameters<typeof runProfile>[0], 'onStart' | 'stockFrom' | 'outages'> = {}
): Promise<RunResult> {
  const { profile, seed, seconds: duration, scale, objectives } = options
  const k6 = await resolveTool('k6')
  const request = { profile: profile.name, target, seed, duration, scale, folder, k6, signal, say, ...more }
  return runProfile(objectives === undefined ? request : { ...request, objectives })
}

/** Prints what came of it; each objective and the comparison count as checks. */
function conclude(options: LoadOptions, result: RunResult, complaints: readonly string[]): number {
  process.stdout.write(`\n${report(result, options.profile, options.seconds)}\n`)
  for (const complaint of complaints) say(`load: ${complaint}`)
  const broken = result.verdicts.filter(({ kept }) => !kept).length
  const compared = options.compare ? 1 : 0
  const failed = broken + (complaints.length > 0 ? 1 : 0)
  const passed = result.verdicts.length + compared - failed
  process.stdout.write(`${closingLine([{ passed, failed, skipped: 0 }])}\n`)
  const expected = options.profile.untilBroken === true || allKept(result.verdicts)
  return expected && complaints.length === 0 ? 0 : 1
}
