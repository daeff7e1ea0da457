import { parsedOptions, UsageError } from '../command.ts'

export const HELP = `What events of orders cost, and how fast they are: the trigger's share of a write, taking turns with the same write
without it; transitions a second that are sustained, and from commit to the effect in a consumer that notes them, then to an
open page of the operators, each by itself; the relay's cost over the size of the order table.

Usage: node hack/bench-orders.ts [options]
  --seconds N     of the sustained load (default 20)
  --rate N        transitions a second (default 500)
  --rounds N      turns of 100 writes with and without the trigger (default 30)
  --rows A,B,…    sizes of the order table (default 10000,100000,1000000)
  --help
`

export interface BenchOptions {
  readonly seconds: number
  readonly rate: number
  readonly rounds: number
  readonly rows: readonly number[]
}

export function benchOptions(argv: readonly string[]): BenchOptions | undefined {
  const text = { type: 'string' } as const
  const values = parsedOptions(argv, {
    seconds: text,
    rate: text,
    rounds: text,
    rows: text,
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  return {
    seconds: whole('--seconds', values.seconds ?? '20'),
    rate: whole('--rate', values.rate ?? '500'),
    rounds: whole('--rounds', values.rounds ?? '30'),
    rows: (values.rows ?? '10000,100000,1000000').split(',').map((one) => whole('--rows', one))
  }
}

function whole(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`${name} is "${text}"; give whole numbers from 1. Try --help.`)
  return value
}
