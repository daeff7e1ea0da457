import { KEY_COUNTS } from './curves.ts'
import { ROW_NAMES } from './rows.ts'
import { parsedOptions, UsageError } from '../command.ts'

export interface BenchOptions {
  readonly rows: readonly string[]
  readonly seconds: number
  readonly rounds: number
  readonly keyCounts: readonly number[]
  /** What is done with the results, besides printing them. Keep: they stand in docs/benchmarks.md from now on. */
  readonly then: 'Print' | 'Keep' | 'CheckFloors'
}

export const HELP = `Loads the tier, nginx, Varnish and Apache httpd side by side, the server on one processor, wrk and the origin
on another, prints one table and writes docs/benchmarks.md.

Usage: npm run bench -- [options]
  --rows A,B       only these: ${ROW_NAMES.join(', ')}
  --seconds N      of each round of each cache (default 4)
  --rounds N       (default 5)
  --keep           keeps what these rows give: docs/benchmarks.md is written from all rows kept so far
  --quick          2 rounds of 2 s, and up to 10,000 keys; for a look
  --smoke          two rows, only the tier and nginx, half a minute, generous floors: for continuous integration
  --help
Without any option all rows are measured and kept. A row with errors is not kept. Ends with 0, with 1 when a row had errors or is below its
floor, with 2 for wrong options.
`

const FULL = { seconds: 4, rounds: 5 } as const
const QUICK = { seconds: 2, rounds: 2 } as const
const SMOKE = { seconds: 2, rounds: 3 } as const
const SMOKE_ROWS = ['hits-2k', 'pass-through']
const QUICK_KEYS = 10_000

const parse = (argv: readonly string[]) =>
  parsedOptions(argv, {
    rows: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    keep: { type: 'boolean' },
    quick: { type: 'boolean' },
    smoke: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })

const count = (name: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new UsageError(`${name} is "${text}"; give a whole number from 1 to 9999.`)
  return Number(text)
}

const rowsOf = (text: string | undefined): readonly string[] => {
  if (text === undefined) return ROW_NAMES
  const names = text.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !ROW_NAMES.includes(name))
  if (wrong !== undefined) throw new UsageError(`--rows names "${wrong}"; there are ${ROW_NAMES.join(', ')}.`)
  return names
}

/** Undefined when help was asked for. @throws UsageError */
export const benchOptions = (argv: readonly string[]): BenchOptions | undefined => {
  const values = parse(argv)
  if (values.help) return undefined
  const smoke = values.smoke === true
  if (smoke && values.rows !== undefined) throw new UsageError('--smoke has its own rows: leave --rows out.')
  if (values.keep && (smoke || values.quick))
    throw new UsageError('--keep is for results that last: leave --quick and --smoke out.')
  const pace = paceOf(smoke, values.quick === true)
  return {
    rows: smoke ? SMOKE_ROWS : rowsOf(values.rows),
    seconds: count('--seconds', values.seconds, pace.seconds),
    rounds: count('--rounds', values.rounds, pace.rounds),
    keyCounts: values.quick ? KEY_COUNTS.filter((keys) => keys <= QUICK_KEYS) : KEY_COUNTS,
    then: after(smoke, values.keep === true || argv.length === 0)
  }
}

const paceOf = (smoke: boolean, quick: boolean) => {
  if (smoke) return SMOKE
  return quick ? QUICK : FULL
}

const after = (smoke: boolean, keep: boolean): BenchOptions['then'] => {
  if (smoke) return 'CheckFloors'
  return keep ? 'Keep' : 'Print'
}
