/** All that a bad day is played with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Keep } from '../in-order.ts'
import { startRabbitmq } from '../rabbitmq.ts'
import type { RunningRabbitmq } from '../rabbitmq.ts'
import { say, waitUntil } from '../run.ts'
import { CARRIER_KEYS } from './carrier.ts'
import { CONTACTS, prepare } from './databases.ts'
import type { Databases } from './databases.ts'
import { startKillablePostgres } from './killable-postgres.ts'
import type { KillablePostgres } from './killable-postgres.ts'
import { RULES } from './rules.ts'
import * as services from './services.ts'
import type { RunningService, Service } from './services.ts'
import { startTold } from './told.ts'
import type { Told } from './told.ts'

/** Concurrent writers, as the company's APIs have. */
export const WORKERS = 8

/** Of the services. They go with the stage, unless somebody wants to read them. */
export interface Logs {
  readonly folder: string
  kept: boolean
}

export interface Stage {
  readonly logs: Logs
  readonly postgres: KillablePostgres
  readonly broker: RunningRabbitmq
  /** What is killed. */
  readonly services: ReadonlyMap<string, RunningService>
  readonly told: Told
  readonly rulesFile: string
  /** The database with the tables of the MES and of the Shop. */
  readonly company: pg.Pool
  readonly orders: pg.Pool
  /** Of the customers' service, whose clock is sped up. */
  readonly customers: pg.Pool
}

function startLogs(): Promise<Logs & { stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-prove-orders-logs-'))
  const logs = {
    folder,
    kept: false,
    stop: () => {
      if (!logs.kept) rmSync(folder, { recursive: true, force: true })
      return Promise.resolve()
    }
  }
  return Promise.resolve(logs)
}

export async function build(keep: Keep, seed: number): Promise<Stage> {
  const logs = await keep(startLogs())
  const { folder } = logs
  const rulesFile = join(folder, 'rules.yaml')
  writeFileSync(rulesFile, RULES)
  say('starting PostgreSQL and RabbitMQ')
  const postgres = await keep(startKillablePostgres())
  const broker = await keep(startRabbitmq())
  const told = await keep(startTold(seed))
  const databases = await prepare(postgres.url)
  const pools = {
    company: poolOf(postgres.url),
    orders: poolOf(databases.orders),
    customers: poolOf(databases.customers)
  }
  await keep(held(async () => void (await Promise.all(Object.values(pools).map((pool) => pool.end())))))
  const place = { brokerUrl: broker.url, folder }
  const api = async (one: Service): Promise<string> =>
    (await startAll(keep, await services.servicesAt(place, [one]))).get(one.name)?.url ?? ''
  const mesUrl = await api(services.api('mes', databases.company))
  const crmUrl = await api(services.api('crm', databases.company, { MES_URL: mesUrl }))
  const rows = servicesOf(databases, { mesUrl, crmUrl }, { told, rulesFile })
  say(`starting ${rows.map(({ name }) => name).join(', ')}`)
  const running = await startAll(keep, await services.servicesAt(place, rows))
  for (const { url } of running.values())
    await waitUntil(async () => (await fetch(`${url}/readyz`)).ok, {
      what: `${url} is ready`,
      timeoutMs: 120_000
    })
  return { logs, postgres, broker, services: running, told, rulesFile, ...pools }
}

interface Apis {
  readonly mesUrl: string
  readonly crmUrl: string
}

const servicesOf = (
  { company, shop, orders, customers }: Databases,
  { mesUrl, crmUrl }: Apis,
  { told, rulesFile }: { readonly told: Told; readonly rulesFile: string }
): Service[] => {
  const desk = { ordersDatabaseUrl: orders, mesUrl, rulesFile, told }
  return [
    services.relay('relay-1', 'mes', company),
    services.relay('relay-2', 'mes', company),
    services.relay('shop-relay', 'shop', company),
    services.reader('reader-1', orders),
    services.reader('reader-2', orders),
    services.operators(OPERATORS[0], desk),
    services.operators(OPERATORS[1], desk),
    services.customers('customers', {
      databaseUrl: customers,
      historyUrl: company,
      mesUrl,
      contacts: CONTACTS,
      told
    }),
    services.logistics('logistics', { ordersDatabaseUrl: orders, mesUrl, crmUrl, carrierKeys: CARRIER_KEYS }),
    services.crmReadModel('crm-read-model', { ordersDatabaseUrl: orders, shopUrl: shop })
  ]
}

/** Two of them: timers and messages are shared, and one may be away. */
export const OPERATORS = ['operators-1', 'operators-2'] as const

async function startAll(
  keep: Keep,
  rows: ReadonlyMap<string, RunningService>
): Promise<ReadonlyMap<string, RunningService>> {
  for (const { part } of rows.values()) await keep(part.start())
  return rows
}

const held = (stop: () => void | Promise<void>): Promise<{ stop(): Promise<void> }> =>
  Promise.resolve({ stop: async () => await stop() })

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: WORKERS + 2, connectionTimeoutMillis: 10_000 })
  // The database is killed: the statement that waits for it says so.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
