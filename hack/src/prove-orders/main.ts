/** `make prove-orders` */
import { setClock } from '@alexandrite/orders/timers/clock'
import { runCommand } from '../command.ts'
import { startInOrder } from '../in-order.ts'
import { closingLine } from '../jest.ts'
import { say, waitUntil } from '../run.ts'
import { watchStarvation } from './absences.ts'
import { brokerAway } from './broker-away.ts'
import { Carrier } from './carrier.ts'
import { count, eventFindings, INBOXES } from './checks.ts'
import { copyFinding, logisticsFindings } from './checks-services.ts'
import { noteSettings, timerFindings, timesAway } from './checks-timers.ts'
import { strangersFinding, toldFindings } from './checks-told.ts'
import { dayOf } from './day.ts'
import type { Day } from './day.ts'
import { drive } from './drive.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { BROKER, DATABASE, Killer } from './killer.ts'
import { startMeddler } from './meddler.ts'
import { HELP, proveOptions } from './options.ts'
import type { ProveOptions } from './options.ts'
import { killsOf } from './plan.ts'
import { settle, untilTold } from './settle.ts'
import { build, WORKERS } from './stage.ts'
import type { Stage } from './stage.ts'
import { spoilEvents, wrongInputFindings } from './wrong-input.ts'

/** Writes a second at most, and the least seconds that a day is spread over, so that kills meet timers and messages. */
const FASTEST = 500
const SHORTEST_SECONDS = 20
/** Seconds of the customers' clock in a real one: a promise moves within days. */
const CUSTOMERS_RATE = 20_000

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'prove-orders', help: HELP, options: () => proveOptions(argv), run: prove })

async function prove(options: ProveOptions, signal: AbortSignal): Promise<number> {
  say(`seed ${options.seed}: the same seed gives the same faults`)
  const stage = await startInOrder((keep) => build(keep, options.seed), signal)
  try {
    const carrier = new Carrier(stage.services.get('logistics')?.url ?? '', options.seed, signal)
    const day = dayOf(options.orders, options.seed, carrier)
    await begin(stage, day, signal)
    const found = [
      ...(await badDay(stage, { options, day, carrier }, signal)),
      ...(await brokerAway(stage, { options, dwelling: day.dwelling }, signal))
    ]
    signal.throwIfAborted()
    for (const { name, ok, detail } of found) console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}: ${detail}`)
    const failed = found.filter(({ ok }) => !ok).length
    if (failed > 0) {
      stage.logs.kept = true
      console.log(`the services' logs: ${stage.logs.folder}`)
      console.log(`again: node hack/prove-orders.ts --seed ${options.seed} --orders ${options.orders}`)
    }
    console.log(closingLine([{ passed: found.length - failed, failed, skipped: 0 }]))
    return failed === 0 ? 0 : 1
  } finally {
    await stage.stop()
  }
}

/** Some customers are promised a date; then their days pass within seconds. */
async function begin(
  { company, orders, customers }: Stage,
  { first, known }: Day,
  signal: AbortSignal
): Promise<void> {
  await noteSettings(orders)
  await drive({
    ...{ pool: company, journeys: first, workers: WORKERS, rate: FASTEST, signal },
    onWrite: () => undefined
  })
  const promised = `SELECT count(*)::integer AS count FROM customers.order WHERE order_id = ANY ($1) AND asked AND promised IS NOT NULL`
  await waitUntil(async () => (await count(customers, promised, [known])) === known.length, {
    what: 'customers are promised a date',
    timeoutMs: 120_000
  })
  await setClock(customers, { rate: CUSTOMERS_RATE })
}

interface Play {
  readonly options: ProveOptions
  readonly day: Day
  readonly carrier: Carrier
}

async function badDay(
  stage: Stage,
  { options, day, carrier }: Play,
  signal: AbortSignal
): Promise<Finding[]> {
  const { company, orders, broker, services, told } = stage
  const parts = [...services.keys(), BROKER, DATABASE]
  const kills = Math.max(options.kills, parts.length)
  const killer = new Killer(stage, killsOf({ seed: options.seed, transitions: day.writes, parts, kills }))
  const starvation = watchStarvation()
  const meddler = startMeddler(
    broker.url,
    INBOXES.map(({ consumer }) => `orders.${consumer}`),
    options.seed
  )
  say(`driving ${options.orders} orders through all states, with ${kills} kills`)
  const [driven] = await Promise.all([
    drive({
      ...{ pool: company, journeys: day.journeys, workers: WORKERS, signal },
      rate: Math.min(FASTEST, day.writes / SHORTEST_SECONDS),
      onWrite: () => killer.passed()
    }),
    spoilEvents(stage, signal)
  ])
  await killer.done()
  // A message that it holds would look like a lost one.
  await meddler.stop()
  const settled = await settle(stage, signal)
  await untilTold(stage, day, signal)
  starvation.stop()
  const { refused, unanswered } = told.manners
  say(
    `${day.writes} writes in ${driven.seconds.toFixed(0)} s, ${driven.retries} written again; ${meddler.counts.late} messages late, ${meddler.counts.copies} copies; the chat refused ${refused} and left ${unanswered} without an answer`
  )
  const names = [...killer.killed].sort().join(', ')
  return [
    finding('every part was killed', killer.killed.size === parts.length, `${kills} kills: ${names}`),
    settled,
    ...(await eventFindings(stage)),
    ...(await toldFindings(stage, told, day)),
    await strangersFinding(stage, told),
    ...(await timerFindings({
      orders,
      dwelling: day.dwelling,
      away: timesAway(killer.absences, starvation.spans),
      starved: starvation.spans
    })),
    await copyFinding(stage),
    ...(await logisticsFindings(stage, carrier)),
    ...(await wrongInputFindings(stage))
  ]
}
