/** Speeds up the clock that operators' deadlines go by, for a demonstration. */
import { setClock, readClock } from '@alexandrite/orders/timers/clock'
import pg from 'pg'
import { parsedOptions, runCommand, UsageError } from '../command.ts'

const HELP = `Speeds up the clock that deadlines of orders go by: countdowns run, timers fire, people are told.
All pods and open pages follow it. The real time of machines is not touched.

Usage: node hack/orders-clock.ts --database-url URL --rate N
  --database-url  PostgreSQL of the orders services
  --rate          seconds of that clock in a real second, above 0; 1 is the real pace
  --help
`

interface ClockOptions {
  readonly databaseUrl: string
  readonly rate: number
}

export const clockOptions = (argv: readonly string[]): ClockOptions | undefined => {
  const values = parsedOptions(argv, {
    'database-url': { type: 'string' },
    rate: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  const { rate, 'database-url': databaseUrl } = values
  if (typeof databaseUrl !== 'string')
    throw new UsageError('--database-url is missing; give that of the orders services')
  if (typeof rate !== 'string' || !(Number(rate) > 0))
    throw new UsageError(
      `--rate is "${typeof rate === 'string' ? rate : ''}"; give a number above 0, such as 600`
    )
  return { databaseUrl, rate: Number(rate) }
}

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'orders-clock', help: HELP, options: () => clockOptions(argv), run: turn })

async function turn({ databaseUrl, rate }: ClockOptions): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await setClock(client, { rate })
    const { now } = await readClock(client)
    process.stdout.write(`the clock of deadlines shows ${now.toISOString()} and runs ${rate} times as fast\n`)
    return 0
  } finally {
    await client.end()
  }
}
