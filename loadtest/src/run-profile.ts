/** One run of a profile, from the look-up of what there is to the verdicts. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { USERS } from './acts.ts'
import type { User } from './acts.ts'
import { makeFeed, ordersWanted } from './feeder.ts'
import { k6Options } from './k6-options.ts'
import { runK6 } from './k6.ts'
import { onceThere } from './once-there.ts'
import type { Amount } from './plan.ts'
import { MAX_SCALE, MAX_SECONDS, PROFILES } from './profiles.ts'
import { RefusedRun } from './refusal.ts'
import { ROUTE_NAMES, ROUTES } from './routes.ts'
import type { RunProfile, RunRequest, RunResult } from './run.ts'
import { byRoute, SampleReader, samplesCsv } from './samples.ts'
import type { Sample } from './samples.ts'
import type { RunSettings } from './settings.ts'
import { readStock } from './stock.ts'
import { allKept, judge, judgedBy, judgedByName, within } from './thresholds.ts'
import type { Judged } from './thresholds.ts'

/** What `untilBroken` looks at. */
const WINDOW_MS = 10_000

export const runProfile: RunProfile = async (request) => {
  const amount = amountOf(request)
  const users = usersOf(request)
  const judged = objectivesOf(request, users)
  await prepare(request, amount, users)
  const reader = new SampleReader()
  const enough = amount.profile.untilBroken ? () => broken(judged, reader.samples) : () => false
  await request.onStart?.()
  const startedAt = Date.now()
  const { folder } = request
  await runK6({ ...request, onLine: (line) => reader.read(line), enough })
  const endedAt = Date.now()
  writeFileSync(join(folder, 'samples.csv'), samplesCsv(reader.samples))
  return resultOf(request, { reader, judged, startedAt, endedAt })
}

/** @throws RefusedRun for amounts out of bounds */
function amountOf({ profile: name, duration, scale = 1 }: RunRequest): Amount {
  const profile = PROFILES[name]
  const seconds = duration ?? profile.seconds
  if (!(seconds >= 1 && seconds <= MAX_SECONDS))
    throw new RefusedRun(`The duration is ${seconds} s; give 1 to ${MAX_SECONDS}.`)
  if (!(scale > 0 && scale <= MAX_SCALE))
    throw new RefusedRun(`The scale is ${scale}; give a number above 0, at most ${MAX_SCALE}.`)
  return { profile, seconds, scale }
}

const usersOf = ({ target }: RunRequest): readonly User[] =>
  USERS.filter((user) => user !== 'crm' || target.crm !== undefined)

function objectivesOf({ objectives: names }: RunRequest, users: readonly User[]): Judged[] {
  const asked = ROUTE_NAMES.filter((route) => ROUTES[route].system !== 'crm' || users.includes('crm'))
  return names === undefined ? judgedBy(asked) : names.map((name) => judgedByName(name))
}

async function prepare(request: RunRequest, amount: Amount, users: readonly User[]): Promise<void> {
  const { target, stockFrom = target, seed, folder, signal, say } = request
  say?.(`looking up what there is at ${stockFrom.mes} and ${stockFrom.shop}`)
  const feed = await onceThere(request, async () =>
    makeFeed(amount, seed, await readStock(stockFrom, ordersWanted(amount), signal))
  )
  const settings: RunSettings = { options: k6Options(amount, users), target, seconds: amount.seconds }
  writeFileSync(join(folder, 'feed.json'), JSON.stringify(feed))
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings, null, 2))
  say?.(`${amount.profile.name}: ${amount.seconds} s of ${users.join(', ')}`)
}

/** Whether the newest ten seconds alone break an objective. */
function broken(judged: readonly Judged[], samples: readonly Sample[]): boolean {
  const since = (samples.at(-1)?.at ?? 0) - WINDOW_MS
  const first = samples.findLastIndex(({ at }) => at < since)
  if (first < 0) return false
  const verdicts = judge(judged, samples.slice(first + 1))
  return !allKept(verdicts.filter(({ count }) => count > 0))
}

interface Measured {
  readonly reader: SampleReader
  readonly judged: readonly Judged[]
  readonly startedAt: number
  readonly endedAt: number
}

function resultOf(request: RunRequest, { reader, judged, startedAt, endedAt }: Measured): RunResult {
  const { profile, seed, target, folder } = request
  const outages = request.outages?.() ?? []
  const { samples, dropped, cache } = reader
  return {
    ...{ profile, seed, target, startedAt, endedAt, dropped, cache },
    routes: byRoute(samples),
    failedInOutages: samples.filter((sample) => !sample.ok && within(sample, outages)).length,
    summary: JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as RunResult['summary'],
    verdicts: judge(judged, samples, outages)
  }
}
