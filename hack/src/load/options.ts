import { isProfileName, MAX_SCALE, MAX_SECONDS, PROFILE_NAMES, PROFILES } from '@alexandrite/loadtest'
import type { Profile, Target } from '@alexandrite/loadtest'
import { POD_RANGE } from '../cluster/layout.ts'
import { parsedOptions, UsageError } from '../command.ts'
import { SERVICE_RANGE } from '../control-plane.ts'

export interface LoadOptions {
  readonly profile: Profile
  readonly seed: number
  readonly seconds: number
  readonly scale: number
  readonly orders: number
  /** Straight at the own APIs rather than through their tiers. */
  readonly straight: boolean
  /** What the user named instead of a company of the run's own. */
  readonly target: Target | undefined
  readonly confirmed: readonly string[]
  readonly objectives: readonly string[] | undefined
  /** Where the files of the run stay; undefined: removed at the end. */
  readonly folder: string | undefined
  /** The server's figures are read and compared. */
  readonly compare: boolean
}

const list = PROFILE_NAMES.map((name) => {
  const { question, seconds } = PROFILES[name]
  return `  ${name.padEnd(15)}${String(seconds).padStart(5)} s  ${question}`
}).join('\n')

export const HELP = `Plays the company's users with k6 and judges what they saw by the catalogue's objectives.
Without a target it starts PostgreSQL with the company's orders, Redis, the APIs and their tiers, and stops them at the end.

Usage: node hack/load.ts --profile NAME [options]

Profiles:
${list}

  --seed N                equal seeds make equal users (default 1)
  --duration SECONDS      instead of the profile's own, up to ${MAX_SECONDS}
  --scale N               users and arrivals as a multiple, up to ${MAX_SCALE} (default 1)
  --orders N              orders in the own database, at least (default: the profile's)
  --months N              the own database as it will be in N months: each brings 100 orders more than the one before
  --straight              past the tiers
  --target SYSTEM=URL     load this instead: mes=, shop= and perhaps crm=; give it for each
  --confirm-target HOST   needed for each host that is not on this machine: it is yours to load
  --objective NAME        judge by this one of the catalogue's objectives only; may be given more than once
  --folder PATH           keep the run's files there: samples.csv, summary.json, feed.json, settings.json, k6.log
  --no-compare            do not read the servers' own figures with Prometheus
  --help
Ends with 0 when every objective was kept and both sides' figures agree, with 1 when not, with 2 for wrong options.
Ctrl-C stops at once.
`

/** Undefined when help was asked for. @throws UsageError */
export function loadOptions(argv: readonly string[]): LoadOptions | undefined {
  const values = parse(argv)
  if (values.help) return undefined
  const { straight = false, objective: objectives, folder } = values
  const profile = profileOf(values.profile)
  const target = targetOf(values.target, profile)
  return {
    ...{ profile, target, straight, objectives, folder },
    seed: numberOption('--seed', values.seed ?? '1', 1, 1_000_000),
    seconds: numberOption('--duration', values.duration ?? String(profile.seconds), 5, MAX_SECONDS),
    scale: numberOption('--scale', values.scale ?? '1', 0.1, MAX_SCALE),
    orders: ordersOf(values, profile),
    confirmed: values['confirm-target'] ?? [],
    compare: values['no-compare'] !== true && target === undefined
  }
}
const parse = (argv: readonly string[]) =>
  parsedOptions(argv, {
    profile: { type: 'string' },
    seed: { type: 'string' },
    duration: { type: 'string' },
    scale: { type: 'string' },
    orders: { type: 'string' },
    months: { type: 'string' },
    straight: { type: 'boolean' },
    target: { type: 'string', multiple: true },
    'confirm-target': { type: 'string', multiple: true },
    objective: { type: 'string', multiple: true },
    folder: { type: 'string' },
    'no-compare': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })

function profileOf(name: string | undefined): Profile {
  if (name !== undefined && isProfileName(name)) return PROFILES[name]
  const given = name === undefined ? 'No --profile is given' : `There is no profile "${name}"`
  throw new UsageError(`${given}; take one of ${PROFILE_NAMES.join(', ')}. Try --help.`)
}

/** Undefined for a company of the run's own. */
function targetOf(texts: readonly string[] | undefined, { name, faults }: Profile): Target | undefined {
  if (texts === undefined) return undefined
  if (faults.length > 0)
    throw new UsageError(
      `The profile ${name} breaks what it loads, so it loads only what it started itself; leave --target out.`
    )
  return targetOption('--target', texts)
}

/** `mes=URL`, `shop=URL` and perhaps `crm=URL`, each given to the option of that name. @throws UsageError */
export function targetOption(name: string, texts: readonly string[]): Target {
  const named = Object.fromEntries(texts.map((text) => namedAddress(name, text)))
  const { mes, shop, crm } = named
  if (mes === undefined || shop === undefined)
    throw new UsageError(`Name both ${name} mes=URL and ${name} shop=URL.`)
  return { mes, shop, ...(crm !== undefined && { crm }) }
}

function namedAddress(name: string, text: string): readonly [string, string] {
  const [, system, url] = /^(mes|shop|crm)=(\S+)$/.exec(text) ?? []
  if (system === undefined || url === undefined)
    throw new UsageError(`${name} is "${text}"; write mes=, shop= or crm= and an address.`)
  return [system, url]
}

/** `10.244.` of 10.244.0.0/16. */
const prefixOf = (range: string): string => `${range.split('.').slice(0, 2).join('.')}.`

/** Pods and Services of the local cluster: on this machine only. */
export const OWN_NETWORKS = { prefixes: [POD_RANGE, SERVICE_RANGE].map(prefixOf) }

/** Months that the example's data have, and their orders (examples/src/data/growth.ts): 400, and 100 more each month. */
const MONTHS_TODAY = 60
const ordersAfter = (months: number): number => 400 * months + 50 * months * (months - 1)

function ordersOf(values: { orders?: string; months?: string }, profile: Profile): number {
  if (values.months !== undefined)
    return ordersAfter(MONTHS_TODAY + numberOption('--months', values.months, 0, 240))
  return numberOption('--orders', values.orders ?? String(profile.orders), 2000, 5_000_000)
}

/** @throws UsageError naming the option */
export function numberOption(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d{1,7}(\.\d{1,3})?$/.test(text) || value < min || value > max)
    throw new UsageError(`${name} is "${text}"; give a number from ${min} to ${max}.`)
  return value
}
