/** Both tiers of examples/tiers, run by `alexandrite standalone` as a developer would. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../paths.ts'
import { startNode } from './node-process.ts'

const MES = 'mes/mes-api'
const SHOP = 'shop/shop-api'

/** Base URLs, of the APIs themselves or of their tiers. */
export interface Addresses {
  readonly mes: string
  readonly shop: string
}

export interface RunningTiers {
  /** Of the one process that holds both. */
  readonly pid: number
  readonly addresses: Addresses
  stop(): Promise<void>
}

export interface TiersOptions {
  readonly origins: Addresses
  /** Redis behind both. */
  readonly redisUrl: string
  /** File with the URL of the broker whose events the MES's tier hears. @default it hears none */
  readonly amqpUrlFile?: string
  /** Of their sources and CacheTiers. @default this repository */
  readonly root?: string
}

/** Starts the tiers on free ports. */
export async function startTiers(options: TiersOptions): Promise<RunningTiers> {
  const { origins, redisUrl, root = REPOSITORY } = options
  const args = [
    'standalone',
    ...['--file', join(root, 'examples/tiers')],
    ...['--origin', `${MES}=${origins.mes}`],
    ...['--origin', `${SHOP}=${origins.shop}`],
    ...['--redis', redisUrl],
    ...eventsOf(options),
    '--json'
  ]
  const cli = await startNode(join(root, 'cli/src/main.ts'), args)
  try {
    const addresses = await cli.until('both tiers listen', () => addressesIn(cli.output()))
    return { addresses, pid: cli.pid, stop: () => cli.stop() }
  } catch (error) {
    await cli.stop()
    throw error
  }
}

/** Trees of the time before tiers heard events have neither them nor the option. */
function eventsOf({ amqpUrlFile, root = REPOSITORY }: TiersOptions): string[] {
  if (amqpUrlFile !== undefined) return ['--amqp-url-file', `${MES}=${amqpUrlFile}`]
  const tier = readFileSync(join(root, 'examples/tiers/mes-api.yaml'), 'utf8')
  return tier.includes('amqp:') ? ['--no-events'] : []
}

/** Reads the "started" events, one JSON object a line. Undefined until both are there. */
export function addressesIn(output: string): Addresses | undefined {
  const started = new Map(output.split('\n').flatMap(startedTier))
  const mes = started.get(MES)
  const shop = started.get(SHOP)
  return mes === undefined || shop === undefined ? undefined : { mes, shop }
}

function startedTier(line: string): [tier: string, url: string][] {
  if (!line.startsWith('{') || !line.endsWith('}')) return []
  const event = JSON.parse(line) as { event?: unknown; tier?: unknown; url?: unknown }
  if (event.event !== 'started' || typeof event.tier !== 'string' || typeof event.url !== 'string') return []
  return [[event.tier, event.url]]
}
