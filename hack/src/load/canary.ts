import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CANARY_SHARE,
  checkedTarget,
  isRouteName,
  judgeCanary,
  RefusedRun,
  ROUTE_NAMES,
  runProfile
} from '@alexandrite/loadtest'
import type { CanaryDecision, RouteName, RunResult, Target } from '@alexandrite/loadtest'
import { parsedOptions, runCommand, UsageError } from '../command.ts'
import { guard } from '../guard.ts'
import { run, say } from '../run.ts'
import { resolveTool } from '../tools.ts'
import { numberOption, OWN_NETWORKS, targetOption } from './options.ts'

/** The page that operators wait for. A route that users seldom ask has too few requests in a tenth of the load. */
const ROUTES: readonly RouteName[] = ['mes GET /api/orders']

const HELP = `Loads a stable version and its canary at the same time, the canary with ${100 * CANARY_SHARE} % of the users, compares them by the
gate's statistics, and promotes the canary or rolls it back.

Usage: node hack/canary.ts --stable mes=URL --stable shop=URL --canary mes=URL --canary shop=URL [options]
  --seconds N             of load (default 240)
  --scale N               all users as a multiple of the ordinary load, up to 10 (default 3)
  --allowed N             what the canary may take, as a multiple of the stable version's (default 1.1)
  --route NAME            a route whose median decides; may be given more than once (default: ${ROUTES.join(', ')})
  --promote COMMAND       run by a shell when the canary is as good, such as: kubectl set image …
  --rollback COMMAND      run when it is slower, breaks a promise that the stable one keeps, or nobody can tell
  --confirm-target HOST   needed for each host that is neither on this machine nor in its cluster
  --seed N                (default 1)
  --help
Ends with 0 when it was promoted, with 1 when it was rolled back, with 2 for wrong options or when nothing could be loaded.
`

interface CanaryCommand {
  readonly stable: Target
  readonly canary: Target
  readonly seconds: number
  readonly scale: number
  readonly allowed: number
  readonly seed: number
  readonly routes: readonly RouteName[]
  /** Shell commands by decision; none: only said. */
  readonly commands: Readonly<Record<CanaryDecision['decision'], string | undefined>>
}

/** Windows in a run: enough pairs for the statistics, each with enough requests. */
const WINDOWS = 12

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'canary', help: HELP, options: () => options(argv), run: analyse })

function options(argv: readonly string[]): CanaryCommand | undefined {
  const text = { type: 'string' } as const
  const texts = { type: 'string', multiple: true } as const
  const values = parsedOptions(argv, {
    ...{ stable: texts, canary: texts, route: texts, 'confirm-target': texts },
    ...{ seconds: text, scale: text, allowed: text, seed: text, promote: text, rollback: text },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  const number = (
    name: 'seconds' | 'scale' | 'allowed' | 'seed',
    fallback: string,
    [min, max]: [number, number]
  ) => numberOption(`--${name}`, values[name] ?? fallback, min, max)
  return {
    stable: target('--stable', values.stable, values['confirm-target']),
    canary: target('--canary', values.canary, values['confirm-target']),
    seconds: number('seconds', '240', [20, 3600]),
    scale: number('scale', '3', [1, 10]),
    allowed: number('allowed', '1.1', [1.01, 10]),
    seed: number('seed', '1', [1, 1_000_000]),
    routes: values.route?.map(routeOf) ?? ROUTES,
    commands: { Promote: values.promote, RollBack: values.rollback }
  }
}

function routeOf(name: string): RouteName {
  if (isRouteName(name)) return name
  throw new UsageError(`--route is "${name}"; take one of: ${ROUTE_NAMES.join(', ')}.`)
}

function target(name: string, texts: readonly string[] = [], confirmed: readonly string[] = []): Target {
  try {
    return checkedTarget(targetOption(name, texts), confirmed, OWN_NETWORKS)
  } catch (error) {
    throw error instanceof RefusedRun ? new UsageError(error.message, { cause: error }) : error
  }
}

async function analyse(command: CanaryCommand, signal: AbortSignal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-canary-'))
  const guarded = guard([], folder)
  try {
    const [stable, canary] = await loadBoth(command, folder, signal)
    const windowMs = Math.floor((command.seconds * 1000) / WINDOWS)
    const result = judgeCanary(stable, canary, { routes: command.routes, allowed: command.allowed, windowMs })
    for (const reason of result.reasons) process.stdout.write(`${reason}\n`)
    return await carryOut(result, command, signal)
  } catch (error) {
    throw error instanceof RefusedRun ? new UsageError(error.message, { cause: error }) : error
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await guarded.release()
  }
}

/** At the same time: what happens to the machine happens to both. When one cannot be loaded, the other ends. */
async function loadBoth(
  { stable, canary, seconds, scale, seed }: CanaryCommand,
  folder: string,
  signal: AbortSignal
): Promise<readonly [RunResult, RunResult]> {
  const k6 = await resolveTool('k6')
  const failed = new AbortController()
  const load = async (name: string, of: Target, share: number, ownSeed: number): Promise<RunResult> => {
    const own = join(folder, name)
    mkdirSync(own)
    const both = AbortSignal.any([signal, failed.signal])
    const shared = {
      profile: 'smoke',
      target: of,
      seed: ownSeed,
      duration: seconds,
      folder: own,
      k6
    } as const
    return await runProfile({
      ...shared,
      scale: scale * share,
      signal: both,
      say: (line) => say(`${name}: ${line}`)
    })
  }
  const runs = [
    load('stable', stable, 1 - CANARY_SHARE, seed),
    load('canary', canary, CANARY_SHARE, seed + 1)
  ] as const
  for (const one of runs) one.catch((error: unknown) => failed.abort(error))
  return await Promise.all(runs)
}

async function carryOut(
  { decision, verdict }: CanaryDecision,
  { commands }: CanaryCommand,
  signal: AbortSignal
): Promise<number> {
  const unsure =
    verdict.outcome === 'CannotTell' ? ' (nobody can tell, and that is no reason to promote)' : ''
  process.stdout.write(`${decision === 'Promote' ? 'promoted' : 'rolled back'}${unsure}\n`)
  const command = commands[decision]
  if (command !== undefined) process.stdout.write(await run('sh', ['-c', command], { signal }))
  return decision === 'Promote' ? 0 : 1
}
