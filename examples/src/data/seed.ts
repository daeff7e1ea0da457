import pg from 'pg'
import { months } from './growth.ts'
import { CONSTRAINTS, TABLES } from './schema.ts'
import { seedSteps } from './seed-sql.ts'

export interface SeedOptions {
  readonly databaseUrl: string
  /** At least so many orders; whole months. */
  readonly orders: number
  /** Equal seeds give equal rows. */
  readonly seed: number
  /** The end of the history: the first of a month, UTC. */
  readonly until: Date
  /** Remove what is there first. Without it, equal data are left alone and other data are an error. */
  readonly existing: 'keep' | 'replace'
  readonly progress: (line: string) => void
}

export const SEED_DEFAULTS = {
  orders: 200_000,
  seed: 1,
  until: new Date('2026-11-01T00:00:00Z'),
  existing: 'keep'
} as const

export interface SeedOutcome {
  readonly made: boolean
  readonly orders: number
  readonly historyRows: number
  readonly seconds: number
}

/** The database holds other data than those asked for. */
export class OtherDataError extends Error {}

/** Any number; two seeds of one database wait for each other by it. */
const LOCK = 7_268_514

/** Fills an empty database in one transaction; about 15 s for 200,000 orders on two cores. */
export async function seedDatabase(options: SeedOptions): Promise<SeedOutcome> {
  const client = new pg.Client({ connectionString: options.databaseUrl })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
    const started = performance.now()
    const made = await prepare(client, options)
    if (made) await fill(client, options, started)
    const { rows } = await client.query<{ orders: string; history: string }>(
      'SELECT (SELECT count(*) FROM mes.orders) AS orders, (SELECT count(*) FROM mes.order_status_history) AS history'
    )
    const seconds = (performance.now() - started) / 1000
    return { made, orders: Number(rows[0]?.orders), historyRows: Number(rows[0]?.history), seconds }
  } finally {
    await client.end()
  }
}

/** False when the very data are there already. */
async function prepare(client: pg.Client, options: SeedOptions): Promise<boolean> {
  if (options.existing === 'replace') {
    options.progress('removing what is there')
    await client.query('DROP SCHEMA IF EXISTS mes, shop, seeded CASCADE')
    return true
  }
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regnamespace('mes') IS NOT NULL AS found`
  )
  if (rows[0]?.found !== true) return true
  const same = await client.query(
    'SELECT 1 FROM seeded.parameters WHERE orders = $1 AND seed = $2 AND until = $3',
    [options.orders, options.seed, options.until]
  )
  if (same.rowCount === 1) return false
  throw new OtherDataError('The database was seeded with other parameters; add --replace to make it anew.')
}

async function fill(client: pg.Client, options: SeedOptions, started: number): Promise<void> {
  const { orders, seed, until, progress } = options
  const plan = months(orders, until)
  const steps = seedSteps(plan, seed, until)
  await client.query(
    "SET maintenance_work_mem = '256MB'; SET work_mem = '256MB'; SET synchronous_commit = off"
  )
  await client.query('BEGIN')
  await client.query(TABLES)
  for (const [i, step] of steps.entries()) {
    progress(`${seconds(started)} s  ${i + 1}/${steps.length + 2}  ${step.name}`)
    await client.query(step.sql)
  }
  progress(`${seconds(started)} s  ${steps.length + 1}/${steps.length + 2}  keys and indexes`)
  for (const sql of CONSTRAINTS) await client.query(sql)
  await client.query(
    'CREATE SCHEMA seeded; CREATE TABLE seeded.parameters (orders integer, seed bigint, until timestamptz)'
  )
  await client.query('INSERT INTO seeded.parameters VALUES ($1, $2, $3)', [orders, seed, until])
  await client.query('DROP TABLE plan; COMMIT')
  progress(`${seconds(started)} s  ${steps.length + 2}/${steps.length + 2}  vacuum and statistics`)
  await client.query('VACUUM ANALYZE')
  await client.query('CHECKPOINT')
}

const seconds = (started: number): string => ((performance.now() - started) / 1000).toFixed(1).padStart(5)
