import { parsedOptions, UsageError } from '../command.ts'

export const HELP = `Bad days of orders: they are driven through all states while relays, consumers, notifiers, the CRM's read model, customers,
logistics, the broker and the database are killed with SIGKILL, messages come late, out of order and more than once, and
wrong input comes among them. Then the broker stays away for a while. Nothing may be lost, nothing may happen twice,
everybody is told once by a message's key, timers fire in time, wrong input is refused and kept.

Usage: node hack/prove-orders.ts [options]
  --orders N          how many (default 10000)
  --kills N           how many processes are killed (default: one for 250 orders; each part at least once)
  --broker-away TIME  that the broker stays away in the end, such as 90s or 10m (default 10m)
  --seed N            of the faults; the same seed, the same faults (default: another each time, printed)
  --short             150 orders, each part killed once, the broker away for 5 s, the same faults each time
  --help
`

export interface ProveOptions {
  readonly orders: number
  readonly kills: number
  readonly brokerAwaySeconds: number
  readonly seed: number
}

const LARGEST_SEED = 2 ** 31
/** Of the short form, so that what continuous integration finds is found again. */
const SHORT_SEED = 5

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
  const orders = whole('--orders', values.orders, values.short ? 150 : 10_000)
  return {
    orders,
    kills: whole('--kills', values.kills, Math.ceil(orders / 250)),
    brokerAwaySeconds: seconds(values['broker-away'] ?? (values.short ? '5s' : '10m')),
    seed: whole('--seed', values.seed, values.short ? SHORT_SEED : Math.floor(Math.random() * LARGEST_SEED))
  }
}

function whole(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > LARGEST_SEED)
    throw new UsageError(`${name} is "${text}"; give a whole number from 1. Try --help.`)
  return value
}

const LONGEST_SECONDS = 86_400

function seconds(text: string): number {
  const [, amount, unit] = /^(\d+)([sm])$/.exec(text) ?? []
  const value = Number(amount) * (unit === 'm' ? 60 : 1)
  if (!(value >= 1 && value <= LONGEST_SECONDS))
    throw new UsageError(`--broker-away is "${text}"; give a time such as 90s or 10m. Try --help.`)
  return value
}
