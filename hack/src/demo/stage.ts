/** Everything the demo runs on, started in order and stopped in reverse. */
import { SEED_DEFAULTS, seedDatabase } from '@alexandrite/examples'
import { startInOrder } from '../in-order.ts'
import type { Keep } from '../in-order.ts'
import { startRedis } from '../redis.ts'
import { freePort } from '../ports.ts'
import { answers } from '../run.ts'
import { startEvents } from './events.ts'
import { startNode } from './node-process.ts'
import { startSeededPostgres } from './seeded-postgres.ts'
import { startTiers } from './tiers.ts'
import type { Addresses } from './tiers.ts'

export interface Stage {
  readonly databaseUrl: string
  readonly redisUrl: string
  /** Undefined where it was started without events. */
  readonly brokerUrl: string | undefined
  /** Base URLs of the APIs themselves. */
  readonly apis: Addresses
  /** Base URLs of their tiers. */
  readonly tiers: Addresses
  stop(): Promise<void>
}

export interface StageOptions {
  /** A PostgreSQL to use instead of an own one. */
  readonly databaseUrl: string | undefined
  /** Orders in the own one, at least. @default 200,000 */
  readonly orders?: number
  /** Whether the MES's tier hears of what is written past it. @default 'None' */
  readonly events?: 'Relayed' | 'None'
  readonly say: (line: string) => void
  /** Ends the start between two steps. */
  readonly signal: AbortSignal
}

/** @throws what went wrong, after stopping what had been started */
export const startStage = (options: StageOptions): Promise<Stage> =>
  startInOrder((keep) => build(options, keep), options.signal)

async function build(options: StageOptions, keep: Keep): Promise<Omit<Stage, 'stop'>> {
  const { say } = options
  say(`starting PostgreSQL with ${options.orders ?? SEED_DEFAULTS.orders} orders, and Redis`)
  const databaseUrl = options.databaseUrl ?? (await keep(startSeededPostgres(say, options.orders))).url
  if (options.databaseUrl !== undefined) await fill(options.databaseUrl, say)
  const redis = await keep(startRedis({ maxMemory: '128mb' }))
  options.signal.throwIfAborted()

  say('starting the MES API, the Shop API and their tiers')
  const apis = {
    mes: await startApi('examples/src/mes/main.ts', databaseUrl, keep),
    shop: await startApi('examples/src/shop/main.ts', databaseUrl, keep)
  }
  const events = options.events === 'Relayed' ? await startEvents(databaseUrl, keep) : undefined
  const { addresses: tiers } = await keep(
    startTiers({
      ...{ origins: apis, redisUrl: redis.url },
      ...(events !== undefined && { amqpUrlFile: events.amqpUrlFile })
    })
  )
  return { databaseUrl, redisUrl: redis.url, brokerUrl: events?.brokerUrl, apis, tiers }
}

/** Somebody's own database keeps the orders; a second demo finds them there. */
async function fill(databaseUrl: string, say: (line: string) => void): Promise<void> {
  await seedDatabase({ ...SEED_DEFAULTS, databaseUrl, progress: (line) => say(`  seed: ${line}`) })
}

async function startApi(file: string, databaseUrl: string, keep: Keep): Promise<string> {
  const port = await freePort()
  const env = { DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'warn' }
  const api = await keep(startNode(file, [], env))
  const url = `http://127.0.0.1:${port}`
  await api.until('is ready', () => answers(`${url}/readyz`))
  return url
}
