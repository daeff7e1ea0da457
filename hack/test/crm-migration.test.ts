/**
 * The company's CRM leaves the Shop's database step by step, as docs/guides/crm-migration.md says, while sellers and
 * customers work: real PostgreSQL, RabbitMQ and APIs, and the commands that a person types.
 */
import { createMesApi, createShopApi, SEED_DEFAULTS, seedDatabase } from '@alexandrite/examples'
import { createCrmApi } from '@alexandrite/examples/crm/api'
import { customerToken } from '@alexandrite/examples/data/seed-sql'
import type { Service as Api } from '@alexandrite/examples/service'
import { createService, startRelay } from '@alexandrite/orders'
import type { MigrationStatus } from '@alexandrite/orders/crm/admin'
import { readModelService } from '@alexandrite/orders/crm/service'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { Folder } from '../../cli/test/harness.ts'
import { shapeOf, shapesOf, stepsOf } from '../src/guide.ts'
import { REPOSITORY } from '../src/paths.ts'
import { waitUntil } from '../src/run.ts'
import { startPostgres, startRabbitmq } from '../src/services.ts'
import type { RunningPostgres, RunningRabbitmq } from '../src/services.ts'
import { typed as typedBare } from '../src/typed.ts'

/** What was typed, without the values of options and without --json, which a person leaves out. */
const shapes = new Set<string>()
function typed(...words: readonly string[]): Promise<string[]> {
  shapes.add(shapeOf(words.filter((word) => word !== '--json')))
  return typedBare(...words)
}

const TOKENS = { shop: 'shop-token', crm: 'crm-token', admin: 'admin-token' }
const PASSWORDS = { CRM_LEGACY_PASSWORD: 'legacy', CRM_READER_PASSWORD: 'reader' }
const LOCAL = { host: '127.0.0.1', port: 0 }

let postgres: RunningPostgres
let rabbitmq: RunningRabbitmq
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  ;[postgres, rabbitmq] = await Promise.all([startPostgres(), startRabbitmq()])
  await seedDatabase({ ...SEED_DEFAULTS, databaseUrl: postgres.url, orders: 6000, progress: () => undefined })
}, 120_000)
afterAll(async () => {
  for (const close of closing.reverse()) await close()
  await Promise.all([postgres.stop(), rabbitmq.stop()])
}, 60_000)

/** The Shop's database under another name and database. */
function urlAs({
  role,
  password,
  database
}: {
  role?: string
  password?: string
  database?: string
}): string {
  const url = new URL(postgres.url)
  if (role !== undefined) [url.username, url.password] = [role, password ?? '']
  if (database !== undefined) url.pathname = `/${database}`
  return url.href
}

async function listening(api: Api): Promise<string> {
  closing.push(() => api.app.close())
  return await api.app.listen(LOCAL)
}

const quiet = (databaseUrl: string) => ({
  databaseUrl,
  databaseConnections: 10,
  otlpEndpoint: undefined,
  logLevel: 'silent'
})

const serviceConfig = (databaseUrl: string) => ({ ...quiet(databaseUrl), brokerUrl: rabbitmq.url, ...LOCAL })

interface Work {
  readonly crms: readonly string[]
  readonly shop: string
  /** Orders that wait for approval, and for their end. */
  readonly toApprove: number[]
  readonly toClose: number[]
}

interface Done {
  reads: number
  writes: number
  readonly failures: string[]
}

/** Sellers look, approve and close, customers order; what a seller has changed, every process of the CRM must show. */
function work({ crms, shop, toApprove, toClose }: Work, done: Done, over: AbortSignal): Promise<unknown> {
  let turn = 0
  const crm = (): string => crms[turn++ % crms.length] ?? ''
  const ask = async <T>(url: string, init: RequestInit = {}): Promise<T | undefined> => {
    try {
      const response = await fetch(url, init)
      if (response.ok) return (await response.json()) as T
      done.failures.push(`${init.method ?? 'GET'} ${url}: ${response.status} ${await response.text()}`)
    } catch (error) {
      done.failures.push(`${init.method ?? 'GET'} ${url}: ${String(error)}`)
    }
    return undefined
  }
  const seller = async (first: number): Promise<void> => {
    for (let customer = first; !over.aborted; customer = 1 + ((customer + 7) % 500)) {
      const list = await ask<{ orders: { id: number }[] }>(`${crm()}/api/customers/${customer}/orders`)
      const order = list?.orders.find(({ id }) => id <= 3000)
      if (order) await ask(`${crm()}/api/orders/${order.id}`)
      done.reads += 2
      await delay(20)
    }
  }
  const changeOne = async (id: number, verb: string, status: string): Promise<void> => {
    await ask(`${crm()}/api/orders/${id}/${verb}`, { method: 'POST' })
    for (const url of crms) {
      const card = await ask<{ status: string }>(`${url}/api/orders/${id}`)
      if (card && card.status !== status)
        done.failures.push(`${url} shows order ${id} as ${card.status} after ${verb}`)
    }
    done.writes += 1
  }
  const change = async (queue: number[], verb: string, status: string): Promise<void> => {
    for (let id = queue.shift(); id !== undefined && !over.aborted; id = queue.shift()) {
      await changeOne(id, verb, status)
      await delay(250)
    }
  }
  const customer = async (): Promise<void> => {
    const headers = { authorization: `Bearer ${customerToken(5)}`, 'content-type': 'application/json' }
    while (!over.aborted) {
      const body = JSON.stringify({ materialId: 1, quantity: 1 })
      await ask(`${shop}/api/orders`, { method: 'POST', headers, body })
      await delay(100)
    }
  }
  return Promise.all([
    seller(1),
    seller(250),
    seller(400),
    change(toApprove, 'approve', 'MANUFACTURING_APPROVED'),
    change(toClose, 'close', 'CLOSED'),
    customer()
  ])
}

it('walks all steps under load, without a failed request and without a difference', async () => {
  const owner = new pg.Client({ connectionString: postgres.url })
  await owner.connect()
  closing.push(() => owner.end())
  const inState = async (status: string): Promise<number[]> => {
    const { rows } = await owner.query<{ id: string }>(
      `SELECT o.id FROM shop.orders AS o WHERE o.status = $1 AND
  (SELECT max(status)::text FROM mes.order_status_history AS h WHERE h.order_id = o.id) = $1 ORDER BY id`,
      [status]
    )
    return rows.map(({ id }) => Number(id))
  }

  // The company as it was: the CRM works on the Shop's tables; only its role is its own by now.
  const mes = await listening(createMesApi(quiet(postgres.url)))
  const shop = await listening(
    createShopApi({ ...quiet(postgres.url), mesUrl: mes, serviceToken: TOKENS.shop })
  )
  const folder = new Folder()
  closing.push(() => Promise.resolve(folder.remove()))
  const urlFile = folder.write('shop-url', postgres.url)
  await typed('orders', 'outbox', 'install', '--source', 'shop', '--database-url-file', urlFile)
  Object.assign(process.env, PASSWORDS, {
    SHOP_ADMIN_DATABASE_URL: postgres.url,
    ALEXANDRITE_ADMIN_TOKEN: TOKENS.admin
  })
  await typed('orders', 'crm', 'roles')
  await owner.query('CREATE DATABASE orders')

  const relayService = createService('orders-relay', serviceConfig(postgres.url))
  closing.push(() => relayService.close())
  const { pool, log, tracing, registry } = relayService
  const relay = startRelay({
    source: 'shop',
    pool,
    url: rabbitmq.url,
    log,
    tracing,
    registry
  })
  closing.push(() => relay.close())

  const model = createService('crm-read-model', serviceConfig(urlAs({ database: 'orders' })))
  closing.push(() => model.close())
  const beginModel = readModelService(model, {
    shopDatabaseUrl: urlAs({ role: 'crm_reader', password: PASSWORDS.CRM_READER_PASSWORD }),
    token: TOKENS.crm,
    adminToken: TOKENS.admin,
    reconcileEverySeconds: 2,
    reconcile: { settleMs: 500, pauseMs: 20 },
    snapshot: { pageSize: 200, pauseMs: 100 }
  })
  const modelUrl = await model.listen()

  const crmApi = (instance: string, everyMs: number): Api =>
    createCrmApi({
      ...quiet(urlAs({ role: 'crm_legacy', password: PASSWORDS.CRM_LEGACY_PASSWORD })),
      mesUrl: mes,
      jaegerEndpoint: undefined,
      migration: {
        readModel: { url: modelUrl, token: TOKENS.crm },
        shop: { url: shop, token: TOKENS.shop },
        instance,
        everyMs
      }
    })
  // One hears late of a step: meanwhile both serve, each by its own.
  const apis = [crmApi('crm-1', 200), crmApi('crm-2', 1500)]
  const crms: string[] = []
  for (const api of apis) crms.push(await listening(api))

  const over = new AbortController()
  const done: Done = { reads: 0, writes: 0, failures: [] }
  const toApprove = await inState('PRICE_CALCULATED')
  const toClose = await inState('SHIPPED')
  const working = work({ crms, shop, toApprove, toClose }, done, over.signal)
  closing.push(async () => {
    over.abort()
    await working
  })

  const status = async (): Promise<MigrationStatus> =>
    JSON.parse(
      (await typed('orders', 'crm', 'status', '--read-model', modelUrl, '--json')).join('')
    ) as MigrationStatus
  const step = (to: string) => typed('orders', 'crm', 'step', to, '--read-model', modelUrl)
  const nothingInTheWay = (of: string) =>
    waitUntil(
      async () => {
        const { next } = await status()
        return next?.step === of && next.reasons.length === 0
      },
      { what: `nothing is in the way of ${of}`, timeoutMs: 90_000, everyMs: 200 }
    )
  const actingBy = (wanted: string) =>
    waitUntil(
      async () => {
        const { facts } = await status()
        return facts.instances.length === 2 && facts.instances.every((each) => each.step === wanted)
      },
      { what: `the CRM acts by ${wanted}`, timeoutMs: 30_000, everyMs: 100 }
    )
  const metric = async (api: Api, line: string): Promise<number> => {
    const { body } = await api.app.inject('/metrics')
    return Number(new RegExp(`^${line} (.*)$`, 'm').exec(body)?.[1])
  }

  // legacy; then the copy is made of the live table.
  await delay(500)
  await beginModel()
  await expect(step('cut-over')).rejects.toThrow(/After legacy comes shadow, not cut-over/)
  await nothingInTheWay('shadow')

  await step('shadow')
  await actingBy('shadow')
  await expect(step('revoked')).rejects.toThrow(/After shadow comes cut-over/)
  await nothingInTheWay('cut-over')

  await step('cut-over')
  await actingBy('cut-over')
  await delay(500)
  // There and back again, under load: nobody notices.
  await step('legacy')
  await actingBy('legacy')
  await step('shadow')
  await actingBy('shadow')
  await nothingInTheWay('cut-over')
  await step('cut-over')
  await actingBy('cut-over')
  const readsOfTables = await Promise.all(
    apis.map((api) => metric(api, 'crm_order_reads_total{store="shop-db",service="crm-api"}'))
  )

  // The idle sessions of the CRM's pools end by themselves.
  await nothingInTheWay('revoked')
  expect(await step('revoked')).toEqual([
    'the step revoked counts from now on',
    'crm_legacy is revoked; 0 session(s) of it were ended'
  ])
  await actingBy('revoked')
  const writesBefore = done.writes
  await waitUntil(() => Promise.resolve(done.writes >= writesBefore + 3), {
    what: 'sellers go on',
    timeoutMs: 30_000
  })
  over.abort()
  await working

  expect(done.failures).toEqual([])
  expect(done.reads).toBeGreaterThan(100)
  for (const [index, api] of apis.entries()) {
    expect(await metric(api, 'crm_order_reads_total{store="shop-db",service="crm-api"}')).toBe(
      readsOfTables[index]
    )
    expect(await metric(api, 'crm_order_reads_total{store="read-model",service="crm-api"}')).toBeGreaterThan(
      10
    )
    expect(await metric(api, 'crm_shadow_reads_total{result="different",service="crm-api"}')).toBe(0)
    expect((await api.app.inject('/readyz')).statusCode).toBe(200)
  }
  const refused = new pg.Client({
    connectionString: urlAs({ role: 'crm_legacy', password: PASSWORDS.CRM_LEGACY_PASSWORD })
  })
  await expect(refused.connect()).rejects.toThrow(/not permitted to log in/)
  await expect(step('cut-over')).rejects.toThrow(/no way back/)

  // It is the guide's way, and there are no other commands in it; back to the beginning is a word of its text.
  const guided = new Set(
    shapesOf(stepsOf(readFileSync(join(REPOSITORY, 'docs/guides/crm-migration.md'), 'utf8')))
  )
  expect([...guided].filter((shape) => !shapes.has(shape))).toEqual([])
  expect([...shapes].filter((shape) => !guided.has(shape))).toEqual(['orders crm step legacy --read-model …'])

  // Nothing was lost on the way: both sides are equal once the last event has arrived.
  const copy = new pg.Client({ connectionString: urlAs({ database: 'orders' }) })
  await copy.connect()
  closing.push(() => copy.end())
  const rowsOf = async (client: pg.Client, text: string) =>
    (await client.query<Record<string, unknown>>(text)).rows
  const ofShop = () =>
    rowsOf(owner, 'SELECT id, customer_id, status, created_at, quantity FROM shop.orders ORDER BY id')
  const ofModel = () =>
    rowsOf(
      copy,
      'SELECT order_id AS id, customer_id, status, created_at, quantity FROM crm.orders ORDER BY order_id'
    )
  await waitUntil(async () => (await ofModel()).length === (await ofShop()).length, {
    what: 'the last order arrives'
  })
  await waitUntil(async () => (await status()).facts.lagSeconds === 0, { what: 'the last event arrives' })
  expect(await ofModel()).toEqual(await ofShop())
  const { body: signals } = await model.app.inject('/metrics')
  expect(signals).toMatch(/^crm_migration_target_step\{step="revoked",service="crm-read-model"\} 1$/m)
  expect(signals).toMatch(/^crm_legacy_connections\{service="crm-read-model"\} 0$/m)
  expect(signals).not.toMatch(/^crm_reconcile_divergences_total\{.*\} [1-9]/m)
}, 180_000)
