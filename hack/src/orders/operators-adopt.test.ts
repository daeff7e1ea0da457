/** Orders that the MES had before the operators' service began: real PostgreSQL, RabbitMQ and MES. */
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { createMesApi, SEED_DEFAULTS, seedDatabase } from '@alexandrite/examples'
import { createService } from '@alexandrite/orders'
import type { Service } from '@alexandrite/orders'
import { operatorsService } from '@alexandrite/orders/operators/service'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import pg from 'pg'
import { REPOSITORY } from '../paths.ts'
import { waitUntil } from '../run.ts'
import { startPostgres, startRabbitmq } from '../services.ts'
import { startReceivers } from '../stack/receivers.ts'
import type { Receivers } from '../stack/receivers.ts'

const MOST = 5
const stops: (() => Promise<unknown>)[] = []
let databaseUrl: string
let brokerUrl: string
let mesUrl: string
let receivers: Receivers

beforeAll(async () => {
  const [postgres, broker] = await Promise.all([startPostgres(), startRabbitmq()])
  receivers = await startReceivers()
  stops.push(
    () => postgres.stop(),
    () => broker.stop(),
    () => receivers.stop()
  )
  databaseUrl = postgres.url
  brokerUrl = broker.url
  await seedDatabase({ ...SEED_DEFAULTS, databaseUrl, orders: 2000, progress: () => undefined })
  const mes = createMesApi({
    databaseUrl,
    databaseConnections: 4,
    otlpEndpoint: undefined,
    logLevel: 'silent'
  })
  mesUrl = await mes.app.listen({ host: '127.0.0.1', port: 0 })
  stops.push(() => mes.app.close())
}, 240_000)
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
}, 60_000)

async function start(): Promise<{ service: Service; url: string }> {
  const service = createService('orders-operators', {
    ...{ databaseUrl, brokerUrl, host: '127.0.0.1', port: 0, databaseConnections: 5 },
    ...{ otlpEndpoint: undefined, logLevel: 'silent' }
  })
  const begin = operatorsService(service, {
    rulesFile: join(REPOSITORY, 'orders/rules/operators.yaml'),
    mesUrl,
    pageUrl: 'http://localhost',
    addresses: new Map([['chat operators', `${receivers.webhookUrl}/operators`]]),
    smtp: undefined,
    adopt: MOST
  })
  await service.listen()
  await begin()
  return { service, url: `http://127.0.0.1:${(service.app.server.address() as AddressInfo).port}` }
}

interface Page {
  readonly orders: readonly { readonly id: number; readonly operatorId?: number | null }[]
}

const pageOf = async (url: string): Promise<Page> => (await (await fetch(url)).json()) as Page
const ids = ({ orders }: Page): number[] => orders.map(({ id }) => id).sort((a, b) => a - b)

it('puts those on the board that the MES had before, with who has taken them, tells nobody that they are new, and does it once', async () => {
  const first = await start()
  const client = new pg.Client(databaseUrl)
  await client.connect()
  stops.push(() => client.end())
  await waitUntil(async () => (await client.query('SELECT FROM operators.adopted')).rowCount === 1, {
    what: 'they are taken over',
    timeoutMs: 120_000
  })
  for (const state of ['SUBMITTED', 'MANUFACTURING_APPROVED', 'MANUFACTURING_STARTED']) {
    const mes = await pageOf(`${mesUrl}/api/orders?status=${state}`)
    const newest = { orders: mes.orders.slice(0, MOST) }
    expect(newest.orders.length).toBeGreaterThan(0)
    expect(ids(await pageOf(`${first.url}/api/board?status=${state}`))).toEqual(ids(newest))
  }
  const taken = await pageOf(`${first.url}/api/board?status=MANUFACTURING_STARTED`)
  for (const { operatorId } of taken.orders) expect(operatorId).toEqual(expect.any(Number))
  // Their deadlines passed long ago: that is told, and once for each.
  await waitUntil(() => receivers.said.some(({ message }) => message.text?.includes('overdue')), {
    what: 'the chat hears of deadlines',
    timeoutMs: 60_000
  })
  expect(receivers.said.some(({ message }) => message.text?.includes('waits for an operator'))).toBe(false)
  await first.service.close()

  const before = (await client.query('SELECT FROM operators.board')).rowCount
  const second = await start()
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect((await client.query('SELECT FROM operators.board')).rowCount).toBe(before)
  await second.service.close()
}, 300_000)
