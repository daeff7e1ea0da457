import { parsedOptions, UsageError } from '../command.ts'

export interface DemoOptions {
  /** Afterwards everything keeps running until Ctrl-C. */
  readonly stay: boolean
  /** The two reports as JSON instead of the table. */
  readonly json: boolean
  /** Seconds of each of the two runs; 0 leaves the load out. */
  readonly durationSeconds: number
  readonly seed: number
  /** A PostgreSQL to use instead of one of the demo's own. */
  readonly databaseUrl: string | undefined
}

export const HELP = `Starts PostgreSQL, Redis, RabbitMQ, the MES and Shop APIs and both cache tiers on this machine, plays the company's
load (30 operators polling their dashboard and racing for orders, 50 customers browsing and ordering) once straight
at the APIs and once through the tiers, and prints one table. Then it starts the services of orders, and measures the
company's eight problems before and after, a line each. Two to three minutes; stops all it started.

Usage: node hack/demo.ts [options]
  --stay               keep everything running afterwards, print the addresses, stop at Ctrl-C (make up)
  --duration SECONDS   of each of the two runs, after 8 s of warm-up; 0 leaves the load out (default 20)
  --seed N             of the load's decisions (default 1)
  --database-url URL   use this PostgreSQL and leave it filled (default: DATABASE_URL, else one of the demo's own);
                       what needs the services of orders beside it is not measured then
  --json               print both reports as JSON instead of the table
  --help
Ends with 0 when every request was answered and every answer was right, else with 1; with 2 for wrong options.
`

/** Undefined when help was asked for. */
export function demoOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>
): DemoOptions | undefined {
  const values = parse(argv)
  if (values.help) return undefined
  return {
    stay: values.stay ?? false,
    json: values.json ?? false,
    durationSeconds: wholeNumber('--duration', values.duration ?? '20', 600),
    seed: wholeNumber('--seed', values.seed ?? '1', 1_000_000),
    databaseUrl: nonEmpty(values['database-url'] ?? env.DATABASE_URL)
  }
}

const parse = (argv: readonly string[]) =>
  parsedOptions(argv, {
    stay: { type: 'boolean' },
    json: { type: 'boolean' },
    duration: { type: 'string' },
    seed: { type: 'string' },
    'database-url': { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  })

function wholeNumber(name: string, text: string, max: number): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) > max) {
    throw new UsageError(`${name} is "${text}"; give a whole number from 0 to ${max}.`)
  }
  return Number(text)
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
