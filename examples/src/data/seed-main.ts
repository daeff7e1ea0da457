import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, databaseUrl, HelpRequested, integer, options, string } from '../config.ts'
import { runCommand } from '../serve.ts'
import { fromDatabaseError } from '../errors.ts'
import { SEED_DEFAULTS, seedDatabase } from './seed.ts'
import type { SeedOptions } from './seed.ts'

const HELP = `Fills a PostgreSQL database with the company's orders: the same rows for the same seed.

Usage: node examples/src/data/seed-main.ts [options]
  --database-url URL  DATABASE_URL   postgres://user@host:port/database (required)
  --orders N          SEED_ORDERS    at least so many orders, in whole months (default ${SEED_DEFAULTS.orders})
  --seed N            SEED           seed of all random choices (default ${SEED_DEFAULTS.seed})
  --until YYYY-MM     SEED_UNTIL     the month after the history's last (default ${SEED_DEFAULTS.until.toISOString().slice(0, 7)})
  --wait SECONDS      SEED_WAIT      how long to wait for the database to come up (default 60)
  --replace                          remove the schemas mes and shop first; without it, equal data are left alone
  --help
`

function seedOptions(
  argv: readonly string[],
  env: NodeJS.ProcessEnv
): SeedOptions & { readonly waitSeconds: number } {
  const replace = argv.includes('--replace')
  const values = options(
    argv.filter((arg) => arg !== '--replace'),
    ['database-url', 'orders', 'seed', 'until', 'wait']
  )
  if (values.help) throw new HelpRequested(HELP)
  const number = (name: string, variable: string, fallback: number, range: { min: number; max: number }) =>
    integer(`--${name}`, string(values[name]) ?? env[variable] ?? String(fallback), range)
  return {
    databaseUrl: databaseUrl(values['database-url'] ?? env.DATABASE_URL),
    orders: number('orders', 'SEED_ORDERS', SEED_DEFAULTS.orders, { min: 1, max: 5_000_000 }),
    seed: number('seed', 'SEED', SEED_DEFAULTS.seed, { min: 0, max: 1_000_000_000 }),
    waitSeconds: number('wait', 'SEED_WAIT', 60, { min: 0, max: 3600 }),
    until: month(string(values.until) ?? env.SEED_UNTIL),
    existing: replace ? 'replace' : 'keep',
    progress: (line) => process.stdout.write(`${line}\n`)
  }
}

function month(text: string | undefined): Date {
  if (text === undefined) return SEED_DEFAULTS.until
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text))
    throw new ConfigError(`--until is "${text}"; write a month such as 2026-11.`)
  return new Date(`${text}-01T00:00:00Z`)
}

/** A database that is only coming up refuses connections; anything else fails at once. */
async function waitForDatabase(url: string, waitSeconds: number): Promise<void> {
  const deadline = Date.now() + waitSeconds * 1000
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (fromDatabaseError(error) === undefined || Date.now() > deadline) throw error
      await sleep(500)
    }
  }
}

await runCommand(async () => {
  const { waitSeconds, ...options } = seedOptions(process.argv.slice(2), process.env)
  await waitForDatabase(options.databaseUrl, waitSeconds)
  const outcome = await seedDatabase(options)
  const { made, orders, historyRows, seconds } = outcome
  const verb = made ? `made in ${seconds.toFixed(1)} s` : 'are there already'
  process.stdout.write(`${orders} orders and ${historyRows} rows of history ${verb}\n`)
})
