/**
 * PostgreSQL with the company's orders. They are made once and kept as a data folder in the cache; each demo
 * runs on a copy of it, so that all begin alike.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SEED_DEFAULTS } from '@alexandrite/examples'
import type { SeedOptions } from '@alexandrite/examples'
import { guard } from '../guard.ts'
import { installOnce } from '../install.ts'
import { REPOSITORY } from '../paths.ts'
import { postgresFiles } from '../postgres-files.ts'
import { startPostgres } from '../postgres.ts'
import type { RunningPostgres } from '../postgres.ts'
import { run } from '../run.ts'

/** Settings of a small machine's PostgreSQL without replicas; all else is as it comes. */
const SETTINGS = { shared_buffers: '256MB', max_wal_size: '2GB', wal_level: 'minimal', max_wal_senders: 0 }

interface Seeding {
  readonly seedDatabase: (options: SeedOptions) => Promise<unknown>
}

const KIND = 'demo'
/** Data of different size lie beside each other. */
const nameOf = (orders: number): string => (orders === SEED_DEFAULTS.orders ? 'seeded' : `orders${orders}`)
/** Others may pass through to the data folder, which belongs to the user that PostgreSQL runs as. */
const PASSABLE = 0o711

/**
 * Starts it on a free port; `say` hears of the seed's progress, which takes some 15 s the first time.
 * @param root of the sources that make the orders
 */
export async function startSeededPostgres(
  say: (line: string) => void,
  orders: number = SEED_DEFAULTS.orders,
  root: string = REPOSITORY
): Promise<RunningPostgres> {
  const template = await seededTemplate(say, orders, join(root, 'examples/src/data'))
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-orders-'))
  chmodSync(folder, PASSABLE)
  const copyGuard = guard([], folder)
  const remove = () => {
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const dataFolder = join(folder, 'data')
    await run('cp', ['-a', join(template, 'data'), dataFolder])
    const postgres = await startPostgres({ dataFolder, settings: SETTINGS })
    const dataGuard = guard([postgres.pid], folder)
    const stop = async () => {
      await postgres.stop()
      remove()
      await dataGuard.release()
    }
    return { ...postgres, stop }
  } catch (error) {
    remove()
    throw error
  } finally {
    await copyGuard.release()
  }
}

/** @param data folder of the sources that make the orders */
async function seededTemplate(say: (line: string) => void, orders: number, data: string): Promise<string> {
  const { home, user } = await postgresFiles()
  // The same base as PostgreSQL's own files: its user can read there.
  const base = dirname(dirname(home))
  const key = keyOf(`${basename(home)} ${user.uid ?? 'own'}`, data)
  return installOnce({ kind: KIND, name: nameOf(orders), key, base }, async (folder, final) => {
    removeOlder(dirname(final), nameOf(orders))
    chmodSync(folder, PASSABLE)
    const postgres = await startPostgres({ dataFolder: join(folder, 'data'), settings: SETTINGS })
    try {
      const progress = (line: string) => say(`  seed: ${line}`)
      // Another tree's orders are made by that tree.
      const { seedDatabase } = (await import(join(data, 'seed.ts'))) as Seeding
      await seedDatabase({ ...SEED_DEFAULTS, orders, databaseUrl: postgres.url, progress })
    } finally {
      await postgres.stop()
    }
  })
}

/** Changes with whatever the data depend on. */
function keyOf(server: string, data: string): string {
  const hash = createHash('sha256').update(`${server} ${JSON.stringify(SETTINGS)}`)
  const sources = readdirSync(data).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  for (const file of sources.sort()) hash.update(readFileSync(join(data, file)))
  return hash.digest('hex').slice(0, 12)
}

/** Data of an older seed are of no use to anybody. */
function removeOlder(folder: string, name: string): void {
  const older = readdirSync(folder).filter((entry) => entry.startsWith(`${name}-`))
  for (const entry of older) rmSync(join(folder, entry), { recursive: true, force: true })
}
