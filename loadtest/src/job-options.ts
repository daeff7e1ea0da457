/** Options of the program that runs one profile within a cluster. */
import { parseArgs } from 'node:util'
import { isProfileName, PROFILE_NAMES, PROFILES } from './profiles.ts'
import type { ProfileName } from './profiles.ts'
import { RefusedRun } from './refusal.ts'
import type { RunRequest } from './run.ts'
import { checkedTarget } from './targets.ts'

export const HELP = `Runs one profile with k6 against the services named, judges it, and prints a report and, as the last line, the result as JSON.

  --profile NAME          one that breaks nothing: ${PROFILE_NAMES.filter((name) => PROFILES[name].faults.length === 0).join(', ')}
  --target SYSTEM=URL     mes=, shop= and perhaps crm=
  --confirm-target HOST   each of their hosts: it is yours to load
  --duration SECONDS      instead of the profile's own
  --seed N                (default 1)
  --folder PATH           an empty folder for the run's files
  --wait SECONDS          how long to wait for services without a pod or without data (default 0)
  --otlp HOST:PORT        an OTLP/HTTP receiver of k6's metrics
  --help
Ends with 0 when every objective was kept, with 1 when not, with 2 when it was refused.
`

/** Undefined when help was asked for. @throws RefusedRun naming the option that is wrong */
export function jobOptions(argv: readonly string[]): Omit<RunRequest, 'signal'> | undefined {
  const values = parsed(argv)
  if (values.help) return undefined
  const profile = profileOf(values.profile)
  const { folder, otlp, seed = '1', wait = '0', duration = String(PROFILES[profile].seconds) } = values
  if (folder === undefined) throw new RefusedRun('--folder is missing; name an empty folder.')
  return {
    ...{ profile, folder, k6: 'k6', scenarios: '/loadtest/scenarios/main.ts' },
    target: targetOf(values.target, values['confirm-target']),
    seed: whole('--seed', seed),
    duration: whole('--duration', duration),
    waitSeconds: whole('--wait', wait),
    ...(otlp !== undefined && { otlp })
  }
}

function profileOf(name = ''): ProfileName {
  if (!isProfileName(name)) throw new RefusedRun(`--profile is "${name}"; take one that --help lists.`)
  if (PROFILES[name].faults.length > 0)
    throw new RefusedRun(`The profile ${name} breaks what it loads; nothing here can do that.`)
  return name
}

const OPTIONS = {
  profile: { type: 'string' },
  target: { type: 'string', multiple: true },
  'confirm-target': { type: 'string', multiple: true },
  duration: { type: 'string' },
  seed: { type: 'string' },
  folder: { type: 'string' },
  wait: { type: 'string' },
  otlp: { type: 'string' },
  help: { type: 'boolean', short: 'h' }
} as const

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values
  } catch (error) {
    throw new RefusedRun(`${error instanceof Error ? error.message : String(error)}. Try --help.`, {
      cause: error
    })
  }
}

function targetOf(texts: readonly string[] = [], confirmed: readonly string[] = []): RunRequest['target'] {
  const named = Object.fromEntries(
    texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)])
  )
  const { mes, shop, crm } = named
  if (mes === undefined || shop === undefined)
    throw new RefusedRun('Name both --target=mes=URL and --target=shop=URL.')
  return checkedTarget({ mes, shop, ...(crm !== undefined && { crm }) }, confirmed, { prefixes: [] })
}

function whole(name: string, text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new RefusedRun(`${name} is "${text}"; give a whole number.`)
  return Number(text)
}
