import { parsedOptions, UsageError } from '../../command.ts'
import { cacheDir } from '../../paths.ts'
import { wholeNumber } from '../gate/options.ts'

export interface CapacityOptions {
  /** Orders in the table, at each size that is measured; the last one is today's. */
  readonly sizes: readonly number[]
  /** Blocks of each size. */
  readonly blocks: number
  /** Seconds of a step, at least. */
  readonly stepSeconds: number
  /** Requests a second that no step goes beyond. */
  readonly mostRate: number
  readonly operators: number
  /** Seconds between two looks of an operator. */
  readonly every: number
  readonly seed: number
  readonly out: string
}

export const HELP = `Finds how much load each route takes with and without its tier, how the order page's cost grows with the table, and
in which month the promise of the catalogue breaks when each month brings 100 orders more than the one before.

Usage: node hack/capacity.ts [options]        (make capacity)
  --sizes A,B,C    orders in the table, growing; the last is today's (default 25000,50000,100000,200000)
  --blocks N       measurements of each size (default 6)
  --step SECONDS   of each step of the load (default 5)
  --most-rate N    requests a second beyond which no step goes (default 3000)
  --operators N    who look at the order page (default 50)
  --every SECONDS  how often each of them does (default 5)
  --seed N         of arrivals and of the bootstrap (default 1)
  --out FOLDER     capacity.md, capacity.html and capacity.json (default: load/capacity in the cache folder)
  --help
Some ten minutes at most, more the first time, when the tables are made. Loads 127.0.0.1 only. Ends with 0 when the
figures are there, whatever they say.
`

/** Undefined when help was asked for. @throws UsageError */
export function capacityOptions(argv: readonly string[]): CapacityOptions | undefined {
  const values = parsedOptions(argv, {
    sizes: { type: 'string' },
    blocks: { type: 'string' },
    step: { type: 'string' },
    'most-rate': { type: 'string' },
    operators: { type: 'string' },
    every: { type: 'string' },
    seed: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  return {
    sizes: sizesIn(values.sizes),
    blocks: wholeNumber('--blocks', values.blocks ?? '6', [2, 1000]),
    stepSeconds: wholeNumber('--step', values.step ?? '5', [1, 300]),
    mostRate: wholeNumber('--most-rate', values['most-rate'] ?? '3000', [1, 20_000]),
    operators: wholeNumber('--operators', values.operators ?? '50', [1, 10_000]),
    every: wholeNumber('--every', values.every ?? '5', [1, 3600]),
    seed: wholeNumber('--seed', values.seed ?? '1', [0, 1_000_000_000]),
    out: values.out ?? cacheDir('load', 'capacity')
  }
}

function sizesIn(text = '25000,50000,100000,200000'): readonly number[] {
  const sizes = text.split(',').map((part) => wholeNumber('--sizes', part.trim(), [400, 5_000_000]))
  const grow = sizes.every((size, i) => i === 0 || size > (sizes[i - 1] ?? 0))
  if (grow && sizes.length >= 2) return sizes
  throw new UsageError(
    `--sizes is "${text}"; give two numbers of orders at least, each larger than the one before.`
  )
}
