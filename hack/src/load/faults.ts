/** Breaks parts of the company while load runs, at the times that the profile names, and mends them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, FaultName, Outage } from '@alexandrite/loadtest'
import { TIERS } from '../company/plan.ts'
import { policyFileOf } from '../company/company.ts'
import type { LoadStage } from './stage.ts'

interface Breaking {
  readonly break: (stage: LoadStage) => Promise<void> | void
  readonly mend: (stage: LoadStage) => Promise<unknown> | void
}

const nothing = () => undefined

const FAULTS: Readonly<Record<FaultName, Breaking>> = {
  'redis-killed': { break: ({ redis }) => redis.stop(), mend: ({ redis }) => redis.start() },
  'redis-hung': { break: ({ redis }) => redis.hang(), mend: ({ redis }) => redis.resume() },
  'cache-emptied': { break: emptyCaches, mend: nothing },
  'policy-replaced': {
    break: (stage) => jitterPolicies(stage, 0.5),
    mend: (stage) => jitterPolicies(stage, 0.2)
  },
  'tier-restarted': {
    break: ({ parts }) => parts['mes-api-tier'].stop(),
    mend: ({ parts }) => parts['mes-api-tier'].start()
  },
  'api-restarted': {
    break: ({ parts }) => parts['mes-api'].stop(),
    mend: ({ parts }) => parts['mes-api'].start()
  }
}

/** Memory and Redis: the tiers are as new. */
export async function emptyCaches({ parts, redis }: LoadStage): Promise<void> {
  for (const name of TIERS) await parts[`${name}-tier`].stop()
  await redis.empty()
  for (const name of TIERS) await parts[`${name}-tier`].start()
}

/** A change that a tier must take without a restart: another jitter of every rule. */
function jitterPolicies({ plan }: LoadStage, jitter: number): void {
  for (const name of TIERS) {
    const file = policyFileOf(plan, name)
    const policy = JSON.parse(readFileSync(file, 'utf8')) as { rules: { jitter?: number }[] }
    const rules = policy.rules.map((rule) => ({ ...rule, jitter }))
    writeFileSync(file, JSON.stringify({ ...policy, rules }))
  }
}

export interface FaultPlay {
  readonly stage: LoadStage
  readonly faults: readonly Fault[]
  /** Of the whole load. */
  readonly seconds: number
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Windows in which something is really gone, as they come: read them when the load is over. */
export async function playFaults(play: FaultPlay, outages: Outage[]): Promise<void> {
  const started = Date.now()
  const until = (share: number) =>
    sleep(Math.max(0, started + share * play.seconds * 1000 - Date.now()), undefined, { signal: play.signal })
  for (const fault of play.faults) {
    await until(fault.from)
    const { break: breakIt, mend } = FAULTS[fault.name]
    const from = Date.now()
    play.say(`${at(started)} s: ${fault.name}`)
    await breakIt(play.stage)
    await until(fault.to)
    await mend(play.stage)
    play.say(`${at(started)} s: ${fault.name} is over`)
    if (fault.costs === 'failures') outages.push({ what: fault.name, from, to: Date.now() + RECOVERY_MS })
  }
}

/** Connections that were refused are tried anew by then. */
const RECOVERY_MS = 1000

const at = (started: number): string => ((Date.now() - started) / 1000).toFixed(0)
