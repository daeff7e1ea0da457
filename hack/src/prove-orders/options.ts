import { parsedOptions, UsageError } from '../command.ts'

export const HELP = `Bad days of the events of orders: orders are driven through all states while relays, consumers, the broker and the
database are killed with SIGKILL, and messages come late, out of order and more than once. Then the broker stays away for
a while. Nothing may be lost, and nothing may happen twice.

Usage: node hack/prove-orders.ts [options]
  --orders N          how many (default 10000)
  --kills N           how many processes are killed (default: one for 500 orders, 8 at least)
  --broker-away S     seconds that the broker stays away in the end (default 600)
  --seed N            of the faults; the same seed, the same faults (default: another each time, printed)
  --short             250 orders, 8 kills, the broker away for 5 s
  --help
`

export interface ProveOptions {
  readonly orders: number
  readonly kills: number
  readonly brokerAwaySeconds: number
  readonly seed: number
}

const LARGEST_SEED = 2 ** 31

export function proveOptions(argv: readonly string[]): ProveOptions | undefined {
  const values = parsedOptions(argv, {
    orders: { type: 'string' },
    kills: { type: 'string' },
    'broker-away': { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  const orders = whole('--orders', values.orders, values.short ? 250 : 10_000)
  return {
    orders,
    kills: whole('--kills', values.kills, Math.max(8, Math.ceil(orders / 500))),
    brokerAwaySeconds: whole('--broker-away', values['broker-away'], values.short ? 5 : 600),
    seed: whole('--seed', values.seed, Math.floor(Math.random() * LARGEST_SEED))
  }
}

function whole(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > LARGEST_SEED)
    throw new UsageError(`${name} is "${text}"; give a whole number from 1. Try --help.`)
  return value
}
