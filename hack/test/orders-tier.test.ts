/** A cache tier that hears of what was written past it: out of the database, through the outbox, the relay and the broker. */
import { readFileSync } from 'node:fs'
import { compile, parseCacheTiers } from '@alexandrite/api'
import type { CacheTier } from '@alexandrite/api'
import { CONSTRAINTS, TABLES } from '@alexandrite/examples/data/schema'
import { createMesApi } from '@alexandrite/examples/mes/api'
import { startPostgres, startRabbitmq } from '@alexandrite/hack/services'
import { waitUntil } from '@alexandrite/hack/run'
import { createLog, createPool, installOutbox, startRelay, Tracing } from '@alexandrite/orders'
import { startTier } from '@alexandrite/proxy'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'

const stops: (() => Promise<unknown>)[] = []
let database: pg.Client
let base: string

/** The tier of the examples. */
function exampleTier(): CacheTier {
  const file = new URL('../../examples/tiers/mes-api.yaml', import.meta.url)
  const [tier] = parseCacheTiers(readFileSync(file, 'utf8'), 'mes-api.yaml').tiers
  if (tier === undefined) throw new Error('examples/tiers/mes-api.yaml holds no tier')
  return tier
}

beforeAll(async () => {
  const [postgres, broker] = await Promise.all([startPostgres(), startRabbitmq()])
  stops.push(
    () => postgres.stop(),
    () => broker.stop()
  )
  database = new pg.Client(postgres.url)
  await database.connect()
  stops.push(() => database.end())
  await database.query(TABLES)
  for (const constraint of CONSTRAINTS) await database.query(constraint)
  await database.query(`INSERT INTO mes.materials VALUES (1, 'AG925', 'Silver', 90);
INSERT INTO mes.operators VALUES (1, 'Operator', 'day')`)
  await installOutbox(database, 'mes')
  const tracing = new Tracing('test', undefined)
  const log = createLog('test', { level: 'silent', tracing })
  const pool = createPool({ url: postgres.url, connections: 4, name: 'test', log })
  stops.push(() => pool.end())
  const { app } = createMesApi({
    databaseUrl: postgres.url,
    databaseConnections: 4,
    otlpEndpoint: undefined,
    logLevel: 'silent'
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  stops.push(() => app.close())
  const registry = new Registry<OpenMetricsContentType>()
  const relay = startRelay({
    source: 'mes',
    pool,
    url: broker.url,
    log,
    tracing,
    registry
  })
  stops.push(() => relay.close())
  await waitUntil(() => relay.connected(), { what: 'the relay is connected', timeoutMs: 60_000 })
  const tier = await startTier({
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    adminToken: 'secret',
    origin,
    policy: compile(exampleTier()),
    amqpUrl: () => broker.url,
    log
  })
  stops.push(() => tier.close())
  base = `http://127.0.0.1:${tier.listen.port}`
  const metrics = `http://127.0.0.1:${tier.admin?.port}/metrics`
  await waitUntil(async () => / 1$/m.test(lineOf(await (await fetch(metrics)).text())), {
    what: 'the tier hears events',
    timeoutMs: 60_000
  })
}, 600_000)
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

const lineOf = (text: string): string =>
  text.split('\n').find((line) => line.startsWith('alexandrite_proxy_events_connected')) ?? ''

const read = async (path: string): Promise<{ readonly text: string; readonly hit: boolean }> => {
  const answer = await fetch(`${base}${path}`)
  return { text: await answer.text(), hit: answer.headers.get('cache-status')?.includes('hit') === true }
}

describe('a write past the tier', () => {
  test('is seen through the tier as soon as its event is heard, on the card and on both pages', async () => {
    const { rows } = await database.query<{ id: string }>(
      `INSERT INTO mes.orders (number, source, customer_ref, material_id, quantity, due_at, created_at)
VALUES ('B-1', 'B2B', 'nobody', 1, 1, now(), now()) RETURNING id`
    )
    const id = rows[0]?.id ?? ''
    const enter = (status: string) =>
      database.query(
        `INSERT INTO mes.order_status_history (order_id, status, changed_at) VALUES ($1, $2::mes.order_status, clock_timestamp())`,
        [id, status]
      )
    for (const status of ['INITIATED', 'FILE_UPLOADED', 'SUBMITTED']) await enter(status)
    const [card, before, after] = [
      `/api/orders/${id}`,
      '/api/orders?status=SUBMITTED&page=1',
      '/api/orders?status=PRICE_CALCULATED&page=1'
    ]
    // Once the events of its past are through, all three stay in the tier: their times to live are 15 s and more.
    await waitUntil(
      async () => {
        const answers = await Promise.all([card, before, after].map(read))
        return answers.every(({ hit }) => hit) && answers[0]?.text.includes('SUBMITTED') === true
      },
      { what: 'the tier has stored them', timeoutMs: 20_000, everyMs: 300 }
    )
    expect((await read(before)).text).toContain('B-1')
    expect((await read(after)).text).not.toContain('B-1')

    await enter('PRICE_CALCULATED')
    const began = performance.now()
    await waitUntil(async () => (await read(card)).text.includes('PRICE_CALCULATED'), {
      what: 'the card shows the change',
      timeoutMs: 10_000,
      everyMs: 20
    })
    // The card lives for 36 s at least, so it was the event.
    expect(performance.now() - began).toBeLessThan(10_000)
    expect((await read(before)).text).not.toContain('B-1')
    expect((await read(after)).text).toContain('B-1')
  }, 60_000)
})
