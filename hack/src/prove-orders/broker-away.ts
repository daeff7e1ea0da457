/** The broker is away for a while: nothing is lost, and who writes does not notice. */
import { say } from '../run.ts'
import { eventFindings } from './checks.ts'
import { copyFinding } from './checks-services.ts'
import { tellingsOf } from './checks-told.ts'
import { drive, percentile } from './drive.ts'
import type { Driven } from './drive.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { bought, goingOn, passing } from './journeys.ts'
import type { Journey } from './journeys.ts'
import type { ProveOptions } from './options.ts'
import { settle } from './settle.ts'
import type { Stage } from './stage.ts'

/** Orders that are driven while the broker is away. */
const MEANWHILE = 20
const RATE = 200

export interface Away {
  readonly options: ProveOptions
  /** Orders that dwelled and go on now, to their end. */
  readonly dwelling: readonly number[]
}

export async function brokerAway(
  stage: Stage,
  { options, dwelling }: Away,
  signal: AbortSignal
): Promise<Finding[]> {
  const { broker, company, customers } = stage
  const write = (journeys: readonly Journey[]): Promise<Driven> =>
    drive({ ...{ pool: company, journeys, workers: 2, rate: RATE, signal }, onWrite: () => undefined })
  const numbers = (from: number): number[] =>
    Array.from({ length: MEANWHILE }, (_, index) => options.orders + from + index)
  const before = await write(numbers(1).map(passing))
  say(`the broker is away for ${options.brokerAwaySeconds} s`)
  await broker.kill()
  const meanwhile = await write([
    ...numbers(1 + MEANWHILE).map(passing),
    ...numbers(1).map(bought),
    ...dwelling.map(goingOn)
  ])
  await new Promise((resolve) => setTimeout(resolve, options.brokerAwaySeconds * 1000))
  await broker.start()
  const settled = await settle(stage, signal)
  const told = await tellingsOf(customers)
  const p99 = (driven: Driven): number => percentile(driven.writeMs, 0.99)
  const times = `p99 of a write ${p99(before).toFixed(1)} ms before, ${p99(meanwhile).toFixed(1)} ms without the broker`
  const after = [...(await eventFindings(stage)), await copyFinding(stage)]
  return [
    finding(
      'without the broker every write works at once',
      meanwhile.retries === 0,
      `${meanwhile.retries} tried again; ${times}`
    ),
    { ...settled, name: 'what was written without the broker had its effect when it was back' },
    ...after.map((one) => ({ ...one, name: `after the broker was away: ${one.name}` })),
    await silenceFinding(stage, told)
  ]
}

const DAYS_MS = 5000

/** By now all orders of known customers are closed; the customers' clock goes on by days. */
async function silenceFinding({ customers }: Stage, told: number): Promise<Finding> {
  await new Promise((resolve) => setTimeout(resolve, DAYS_MS))
  const later = await tellingsOf(customers)
  return finding(
    'nobody is told of an order that is closed',
    later === told,
    `${later - told} messages in the days after`
  )
}
