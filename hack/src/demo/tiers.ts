/** Both tiers of examples/tiers, run by `alexandrite standalone` as a developer would. */
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

/**
 * Starts the tiers on free ports; Redis is behind both.
 * @param root of their sources and CacheTiers
 */
export async function startTiers(
  origins: Addresses,
  redisUrl: string,
  root: string = REPOSITORY
): Promise<RunningTiers> {
  const args = [
    'standalone',
    ...['--file', join(root, 'examples/tiers')],
    ...['--origin', `${MES}=${origins.mes}`],
    ...['--origin', `${SHOP}=${origins.shop}`],
    ...['--redis', redisUrl],
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
