/** `make bench-orders` */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { startInOrder } from '../in-order.ts'
import type { Keep } from '../in-order.ts'
import { startPostgres } from '../postgres.ts'
import { startRabbitmq } from '../rabbitmq.ts'
import { say } from '../run.ts'
import { mesDatabase, on } from './databases.ts'
import { benchOptions, HELP } from './options.ts'
import type { BenchOptions } from './options.ts'
import { relayCost } from './relay-cost.ts'
import { NOTING, OPERATORS, sustained, YOUNG_SECONDS } from './sustained.ts'
import type { Delay } from './sustained.ts'
import { triggerCost } from './trigger-cost.ts'

const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', max_connections: 100 }

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'bench-orders', help: HELP, options: () => benchOptions(argv), run: bench })

async function bench(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const stage = await startInOrder(build, signal)
  const { server, brokerUrl } = stage
  try {
    const load = loadavg().map((one) => one.toFixed(1))
    console.log(`load average ${load.join(', ')}: every figure is of this machine as it was`)
    await trigger(server, options)
    signal.throwIfAborted()
    await sustain(stage, options, signal)
    for (const rows of options.rows) {
      signal.throwIfAborted()
      const { perEvent } = await relayCost(server, brokerUrl, rows)
      console.log(`relay: ${perEvent.toFixed(0)} µs an event over ${rows} orders`)
    }
    return 0
  } finally {
    await stage.stop()
  }
}

async function trigger(server: string, { rounds }: BenchOptions): Promise<void> {
  say(`the trigger’s share of a write, ${rounds} turns`)
  const { plainMs, triggeredMs, ratio } = await triggerCost(server, rounds)
  console.log(
    `write: ${plainMs.toFixed(3)} ms plain, ${triggeredMs.toFixed(3)} ms with the outbox: ratio ${ratio.toFixed(3)}`
  )
}

interface Servers {
  readonly server: string
  readonly brokerUrl: string
  readonly folder: string
}

const WHAT = new Map([
  [NOTING, 'commit to effect'],
  [OPERATORS, 'commit to an open page of the operators']
])

/** Each consumer by itself, as on a machine of its own. */
async function sustain(
  { server, folder }: Servers,
  options: BenchOptions,
  signal: AbortSignal
): Promise<void> {
  for (const [listener, what] of WHAT) {
    signal.throwIfAborted()
    const { name } = listener
    say(
      `${name}: ${options.rate} transitions a second for ${options.seconds} s, after ${YOUNG_SECONDS} s to warm up`
    )
    const orders = (YOUNG_SECONDS + options.seconds) * options.rate
    const mesDatabaseUrl = await mesDatabase(server, `sustained_${name}`, { orders, outbox: 'With' })
    await on(server, (client) => client.query(`CREATE DATABASE orders_${name}`))
    const ordersDatabaseUrl = server.replace(/\/postgres$/, `/orders_${name}`)
    const place = { folder, mesDatabaseUrl, ordersDatabaseUrl }
    const { perSecond, delay, young, processor } = await sustained(place, listener, options, signal)
    console.log(`sustained: ${perSecond.toFixed(0)} a second`)
    console.log(`${what}: ${sentenceOf(delay)}`)
    console.log(`  in the ${YOUNG_SECONDS} s before, of processes just started: ${sentenceOf(young)}`)
    const times = [...processor].map(([part, micros]) => `${part} ${micros.toFixed(0)} µs`)
    console.log(`processor time a transition: ${times.join(', ')}`)
  }
}

const sentenceOf = ({ p50, p99, worst, missing }: Delay): string =>
  `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, worst ${worst.toFixed(0)} ms; ${missing} missing`

async function build(keep: Keep): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-bench-orders-'))
  await keep(
    Promise.resolve({ stop: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })) })
  )
  say('starting PostgreSQL, which waits for the disk as it does in production, and RabbitMQ')
  const { url: server } = await keep(startPostgres({ fsync: true, settings: SETTINGS }))
  const { url: brokerUrl } = await keep(startRabbitmq())
  return { server, brokerUrl, folder }
}
