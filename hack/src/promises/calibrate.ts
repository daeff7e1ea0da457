/** Learns promise dates from the older part of the company's seeded history and asks about the younger part. */
import { coverage, worst } from '@alexandrite/orders/promises/calibration'
import type { Coverage } from '@alexandrite/orders/promises/calibration'
import { pastOrders } from '@alexandrite/orders/promises/history'
import { mature, PromiseModel } from '@alexandrite/orders/promises/model'
import { enteredAt } from '@alexandrite/orders/promises/passage'
import type { Passage } from '@alexandrite/orders/promises/passage'
import { SEED_DEFAULTS } from '@alexandrite/examples'
import pg from 'pg'
import { parsedOptions, runCommand, UsageError } from '../command.ts'
import { startSeededPostgres } from '../demo/seeded-postgres.ts'
import { say } from '../run.ts'
import { aligned } from '../table.ts'

const LEVELS = [0.5, 0.8, 0.9, 0.95]
const DAY = 86_400_000
/** The slowest orders of the history take 84 days. */
const MATURITY = 90 * DAY
const TRAINED = 365 * DAY
const HELD_OUT = 90 * DAY
/** Smaller groups differ by chance. */
const GROUP_AT_LEAST = 500

const HELP = `Measures the calibration of promise dates: learns from a year of the company's seeded history, asks about the orders of
the following three months, which it has not seen, at the entry of each state and at fixed ages within it, and prints how many
arrived within what each nominal level says.

Usage: node hack/promise-calibration.ts [options]
  --tolerance POINTS  largest distance between nominal and actual, in points of a hundred, of a group with at least
                      ${GROUP_AT_LEAST} questions (default 5)
  --json              the rows as JSON
  --help
Ends with 1 when a group is further off, with 2 for wrong options.
`

interface Options {
  readonly tolerance: number
  readonly json: boolean
}

function calibrationOptions(argv: readonly string[]): Options | undefined {
  const values = parsedOptions(argv, {
    tolerance: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  })
  if (values.help) return undefined
  const tolerance = Number(values.tolerance ?? '5')
  if (!(tolerance > 0 && tolerance <= 100))
    throw new UsageError(
      `--tolerance is "${values.tolerance ?? ''}"; give points of a hundred, above 0 to 100.`
    )
  return { tolerance: tolerance / 100, json: values.json ?? false }
}

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'promise-calibration', help: HELP, options: () => calibrationOptions(argv), run })

async function run({ tolerance, json }: Options, signal: AbortSignal): Promise<number> {
  const passages = await history(signal)
  const { trained, heldOut } = split(passages, SEED_DEFAULTS.until.getTime())
  say(`learning from ${trained.length} orders, asking about ${heldOut.length}`)
  const rows = coverage(new PromiseModel(trained), heldOut, LEVELS)
  process.stdout.write(`${json ? JSON.stringify(rows, null, 2) : table(rows)}\n`)
  const furthest = worst(rows, LEVELS, GROUP_AT_LEAST)
  if (furthest === undefined) throw new Error('no group is large enough; was the history seeded in full?')
  const { row, level, distance } = furthest
  const points = (100 * distance).toFixed(1)
  say(`furthest off: ${row.state} ${row.size} at ${level}, by ${points} points`)
  return distance > tolerance ? 1 : 0
}

async function history(signal: AbortSignal): Promise<readonly Passage[]> {
  const postgres = await startSeededPostgres(say)
  const mes = new pg.Client({ connectionString: postgres.url })
  try {
    await mes.connect()
    return await allPassages(mes, signal)
  } finally {
    await mes.end()
    await postgres.stop()
  }
}

async function allPassages(mes: pg.Client, signal: AbortSignal): Promise<Passage[]> {
  const passages: Passage[] = []
  for await (const portion of pastOrders(mes)) {
    signal.throwIfAborted()
    passages.push(...portion.map(({ passage }) => passage))
    if (passages.length % 50_000 === 0) say(`${passages.length} orders read`)
  }
  return passages
}

/** By time, as it is in life: what is asked about came after what was learnt. */
function split(passages: readonly Passage[], until: number) {
  const known = mature(passages, until, MATURITY)
  const begin = until - MATURITY - HELD_OUT
  const made = (passage: Passage): number => enteredAt(passage, 'INITIATED') ?? 0
  const heldOut = known.filter((passage) => made(passage) >= begin)
  // At `begin` only orders of that age had all arrived.
  const trained = mature(known, begin, MATURITY).filter(
    (passage) => made(passage) >= begin - MATURITY - TRAINED
  )
  return { trained, heldOut }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

function table(rows: readonly Coverage[]): string {
  const head = ['state', 'size', 'asked', 'no date', ...LEVELS.map((level) => `at ${percent(level)}`)]
  const body = rows.map(({ state, size, asked, beyond, actual }) => [
    state,
    size,
    String(asked),
    String(beyond),
    ...actual.map(percent)
  ])
  return aligned([head, ...body]).join('\n')
}
