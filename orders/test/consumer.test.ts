import { setTimeout as pause } from 'node:timers/promises'
import { startPostgres, startRabbitmq } from '@alexandrite/hack/services'
import type { RunningPostgres, RunningRabbitmq } from '@alexandrite/hack/services'
import { waitUntil } from '@alexandrite/hack/run'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { GetMessage } from 'amqplib'
import type { Pool } from 'pg'
import { Poison } from '../src/events/consumer.ts'
import type { Consumer } from '../src/events/consumer.ts'
import { DEAD, withoutDeath } from '../src/events/dead-letters.ts'
import { EXCHANGE } from '../src/events/event.ts'
import type { OrderEvent } from '../src/events/event.ts'
import { encodeEvent } from '../src/events/message.ts'
import { startConsumer } from '../src/events/start-consumer.ts'
import type { ConsumerOptions, RunningConsumer } from '../src/events/start-consumer.ts'
import { deadQueueOf, queueOf } from '../src/events/topology.ts'
import { createPool } from '../src/service/database.ts'
import { eventOf, publisher, tools } from './parts.ts'
import type { Publisher, Tools } from './parts.ts'

let postgres: RunningPostgres
let broker: RunningRabbitmq
let pool: Pool
let out: Publisher
let shared: Tools
const running: RunningConsumer[] = []

beforeAll(async () => {
  ;[postgres, broker] = await Promise.all([startPostgres(), startRabbitmq()])
  shared = tools()
  pool = createPool({ url: postgres.url, connections: 10, name: 'test', log: shared.log })
  await pool.query('CREATE TABLE effects (consumer text, order_id bigint, version integer, source text)')
  out = await publisher(broker.url)
}, 600_000)
const closeAll = () => Promise.all(running.splice(0).map((one) => one.close()))
afterEach(closeAll)
afterAll(async () => {
  await out.close()
  await pool.end()
  await broker.stop()
  await postgres.stop()
})

let number = 0
/** A consumer of its own for each test, whose effect is a row. */
function consumerOf(before: (event: OrderEvent) => void | Promise<void> = () => undefined): Consumer {
  number += 1
  const name = `reader-${number}`
  return {
    name,
    bindings: ['order.*.created', 'order.*.status'],
    handle: async (event, transaction) => {
      await transaction.query('INSERT INTO effects VALUES ($1, $2, $3, $4)', [
        name,
        event.orderId,
        event.version,
        event.source
      ])
      await before(event)
    }
  }
}

async function start(consumer: Consumer, more: Partial<ConsumerOptions> = {}): Promise<Tools> {
  const own = tools()
  const { log, tracing, registry } = own
  const options = { consumer, pool, schema: 'reader', url: broker.url, log, tracing, registry, ...more }
  const one = await startConsumer(options)
  running.push(one)
  await waitUntil(() => one.connected(), { what: 'the consumer hears', timeoutMs: 60_000 })
  return own
}

const effects = async ({ name }: Consumer): Promise<string[]> => {
  const { rows } = await pool.query<{ effect: string }>(
    `SELECT order_id || '/' || version AS effect FROM effects WHERE consumer = $1`,
    [name]
  )
  return rows.map(({ effect }) => effect)
}

const keptOf = async ({ name }: Consumer): Promise<number> =>
  (await pool.query('SELECT FROM reader.inbox_kept WHERE consumer = $1', [name])).rowCount ?? 0

const settle = (consumer: Consumer, count: number) =>
  waitUntil(async () => (await effects(consumer)).length >= count, {
    what: `${count} effects of ${consumer.name}`,
    timeoutMs: 60_000
  })

const drained = (consumer: Consumer) =>
  waitUntil(
    async () => {
      const value = await broker.evaluate(
        `rabbit_amqqueue:with(rabbit_misc:r(<<"/">>, queue, <<"${queueOf(consumer.name)}">>), fun(Q) -> {_, R, U} = lists:foldl(fun({messages_ready, N}, {A, _, X}) -> {A, N, X}; ({messages_unacknowledged, N}, {A, X, _}) -> {A, X, N} end, {0, 0, 0}, rabbit_amqqueue:info(Q, [messages_ready, messages_unacknowledged])), R + U end).`
      )
      return value === '0'
    },
    { what: 'the queue is empty', timeoutMs: 60_000 }
  )

const deadLetter = async (consumer: Consumer): Promise<GetMessage> => {
  const found: GetMessage[] = []
  await waitUntil(
    async () => {
      const message = await out.channel.get(deadQueueOf(consumer.name), { noAck: true })
      if (message !== false) found.push(message)
      return found.length > 0
    },
    { what: 'a dead letter', timeoutMs: 60_000 }
  )
  return found[0] ?? Promise.reject(new Error('no dead letter'))
}

/** Headers are typed loosely by the library. */
const headersOf = ({ properties }: GetMessage): Record<string, unknown> => properties.headers ?? {}

describe('a consumer', () => {
  test('takes the events of an order in the order of their versions, however they come', async () => {
    const consumer = consumerOf()
    await start(consumer)
    const events = [1, 2, 3, 4, 5].map((version) => eventOf(17, version))
    for (const index of [4, 2, 0, 3, 1])
      await out.send(events[index] ?? eventOf(17, 1), { 'previous-at': soon() })
    await settle(consumer, 5)
    expect(await effects(consumer)).toEqual(['17/1', '17/2', '17/3', '17/4', '17/5'])
  })

  test('gives each event its effect once, however often it is delivered', async () => {
    const consumer = consumerOf()
    await start(consumer)
    const events = [1, 2, 3].map((version) => eventOf(18, version))
    for (const event of [...events, ...events, ...events]) await out.send(event)
    await settle(consumer, 3)
    await drained(consumer)
    expect(await effects(consumer)).toEqual(['18/1', '18/2', '18/3'])
  })

  test('counts versions of what it is not bound to, and leaves them alone', async () => {
    const consumer = consumerOf()
    await start(consumer)
    await out.send(eventOf(19, 1))
    await out.send(eventOf(19, 2, { kind: 'changed' }))
    await out.send(eventOf(19, 3))
    await settle(consumer, 2)
    expect(await effects(consumer)).toEqual(['19/1', '19/3'])
  })

  test('an order whose event fails waits and is tried again; others go on', async () => {
    let failing = true
    const consumer = consumerOf((event) => {
      if (failing && event.orderId === 20) throw new Error('not now')
    })
    const { lines } = await start(consumer)
    for (const order of [20, 21]) for (const version of [1, 2]) await out.send(eventOf(order, version))
    await settle(consumer, 2)
    expect(await effects(consumer)).toEqual(['21/1', '21/2'])
    failing = false
    await settle(consumer, 4)
    expect((await effects(consumer)).slice(2)).toEqual(['20/1', '20/2'])
    expect(lines.find(({ msg }) => msg === 'an event is tried again')).toMatchObject({ order_id: '20' })
  })

  test('a poisonous event is a dead letter with its reason, its order goes on, and it may come again', async () => {
    let poisonous = true
    const consumer = consumerOf((event) => {
      if (poisonous && event.version === 2) throw new Poison('no such polygon')
    })
    await start(consumer)
    for (const version of [1, 2, 3]) await out.send(eventOf(22, version))
    await settle(consumer, 2)
    expect(await effects(consumer)).toEqual(['22/1', '22/3'])
    const letter = await deadLetter(consumer)
    expect(headersOf(letter)).toMatchObject({
      [DEAD.reason]: 'no such polygon',
      [DEAD.consumer]: consumer.name
    })

    poisonous = false
    const again = { headers: withoutDeath(headersOf(letter)), persistent: true }
    for (const _ of [1, 2]) out.channel.sendToQueue(queueOf(consumer.name), letter.content, again)
    await settle(consumer, 3)
    await drained(consumer)
    expect(await effects(consumer)).toEqual(['22/1', '22/3', '22/2'])
  })

  test.each([
    ['no JSON', '{"id": 7', 'the body is no JSON'],
    ['no version', JSON.stringify({ ...eventOf(23, 1), version: 0 }), 'version: is no whole number from 1'],
    [
      'an unknown state',
      JSON.stringify({ ...eventOf(23, 1), status: 'MELTED' }),
      'status: "MELTED" is no state of an order'
    ],
    [
      'a backward transition',
      JSON.stringify(eventOf(23, 1, { status: 'SUBMITTED', previousStatus: 'SHIPPED' })),
      'status: SUBMITTED comes before SHIPPED; an order goes forward only'
    ]
  ])('refuses a message with %s and keeps it with the reason; the order goes on', async (_, body, reason) => {
    const consumer = consumerOf()
    await start(consumer)
    await out.sendRaw('order.23.status', body)
    const letter = await deadLetter(consumer)
    expect(letter.content.toString()).toBe(body)
    expect(headersOf(letter)[DEAD.reason]).toBe(reason)
    await out.send(eventOf(23, 2))
    await settle(consumer, 1)
    expect(await effects(consumer)).toEqual(['23/2'])
  })

  test('a message that is refused waits for its turn: what was before it has its effect before what came after it', async () => {
    const consumer = consumerOf()
    await start(consumer)
    const headers = { 'previous-at': soon() }
    await out.send(eventOf(33, 1), headers)
    const wrong = JSON.stringify({ ...eventOf(33, 3), status: 'MELTED' })
    out.channel.publish(EXCHANGE, 'order.33.status', Buffer.from(wrong), { headers })
    await deadLetter(consumer)
    await out.send(eventOf(33, 4), headers)
    await drained(consumer)
    expect(await effects(consumer)).toEqual(['33/1'])
    await out.send(eventOf(33, 2), headers)
    await settle(consumer, 3)
    expect(await effects(consumer)).toEqual(['33/1', '33/2', '33/4'])
    expect(await keptOf(consumer)).toBe(0)
  })

  test('a delivery that fails while another one of the same event has its effect is not kept', async () => {
    let isFirst = true
    const consumer = consumerOf(async () => {
      if (!isFirst) return
      isFirst = false
      await waitUntil(
        async () =>
          (await pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).rowCount ===
          1,
        { what: 'the other delivery waits for its turn', timeoutMs: 60_000 }
      )
      throw new Error('not now')
    })
    await Promise.all([start(consumer), start(consumer)])
    const event = encodeEvent(eventOf(34, 1))
    for (const _ of [1, 2]) out.channel.sendToQueue(queueOf(consumer.name), event)
    await settle(consumer, 1)
    await drained(consumer)
    expect(await effects(consumer)).toEqual(['34/1'])
    expect(await keptOf(consumer)).toBe(0)
  })

  test('what waited for an event is taken soon also when its process dies right after the event had its effect', async () => {
    const { log } = shared
    const dying = createPool({ url: postgres.url, connections: 4, name: 'dying', log })
    const consumer = consumerOf(({ version }) => {
      // The transaction that is open ends well, and no other begins.
      if (version === 1) void dying.end()
    })
    await start(consumer, { pool: dying })
    const headers = { 'previous-at': soon() }
    for (const version of [3, 2]) await out.send(eventOf(35, version), headers)
    await drained(consumer)
    await out.send(eventOf(35, 1))
    await settle(consumer, 1)
    await running.pop()?.close()
    expect(await effects(consumer)).toEqual(['35/1'])

    await start(consumer)
    await settle(consumer, 3)
    expect(await effects(consumer)).toEqual(['35/1', '35/2', '35/3'])
    expect(await keptOf(consumer)).toBe(0)
  })

  test('begins an order in the middle when what was before happened before its queue was there', async () => {
    const consumer = consumerOf()
    await start(consumer)
    await out.send(eventOf(24, 40), { 'previous-at': '2020-01-01T00:00:00.000Z' })
    await out.send(eventOf(24, 41), { 'previous-at': soon() })
    await settle(consumer, 2)
    expect(await effects(consumer)).toEqual(['24/40', '24/41'])
  })

  test('goes on without an event that never comes once its patience is over, and takes it should it come after all', async () => {
    const consumer = consumerOf()
    const { lines } = await start(consumer, { patienceMs: 500 })
    const [first, second, third] = [eventOf(25, 1), eventOf(25, 2), eventOf(25, 3)]
    await out.send(first)
    await out.send(third)
    await settle(consumer, 2)
    await out.send(second)
    await settle(consumer, 3)
    expect(await effects(consumer)).toEqual(['25/1', '25/3', '25/2'])
    expect(lines.find(({ missing }) => missing === 1)).toMatchObject({ order_id: '25' })
  })

  test('two of one name share the work and keep each order in order', async () => {
    const consumer = consumerOf()
    await Promise.all([start(consumer), start(consumer)])
    const versions = [1, 2, 3, 4, 5, 6]
    for (const version of versions)
      for (const order of [26, 27, 28]) await out.send(eventOf(order, version), { 'previous-at': soon() })
    await settle(consumer, 18)
    await drained(consumer)
    const all = await effects(consumer)
    for (const order of [26, 27, 28])
      expect(all.filter((effect) => effect.startsWith(`${order}/`))).toEqual(
        versions.map((v) => `${order}/${v}`)
      )
  }, 60_000)

  test('time in which the broker is away is no time that an event is waited for', async () => {
    const consumer = consumerOf()
    await start(consumer, { patienceMs: 6000 })
    await out.send(eventOf(30, 1))
    await out.send(eventOf(30, 3))
    await waitUntil(async () => (await keptOf(consumer)) === 1, { what: 'the third waits' })
    await broker.kill()
    await pause(AWAY_MS)
    await broker.start()
    out = await publisher(broker.url)
    await out.send(eventOf(30, 2))
    await settle(consumer, 3)
    expect(await effects(consumer)).toEqual(['30/1', '30/2', '30/3'])
  }, 120_000)

  test('nor is time in which no consumer listens: what piled up in its queue comes first', async () => {
    const consumer = consumerOf()
    await start(consumer, { patienceMs: 6000 })
    await out.send(eventOf(31, 1))
    await out.send(eventOf(31, 3))
    await waitUntil(async () => (await keptOf(consumer)) === 1, { what: 'the third waits' })
    await closeAll()
    await out.send(eventOf(31, 2))
    await pause(AWAY_MS)
    await start(consumer, { patienceMs: 6000 })
    await settle(consumer, 3)
    expect(await effects(consumer)).toEqual(['31/1', '31/2', '31/3'])
  }, 120_000)

  test('loses nothing and repeats nothing when the broker is killed', async () => {
    const consumer = consumerOf()
    await start(consumer)
    await out.send(eventOf(29, 1))
    await settle(consumer, 1)
    await broker.kill()
    await broker.start()
    out = await publisher(broker.url)
    await out.send(eventOf(29, 2))
    await settle(consumer, 2)
    expect(await effects(consumer)).toEqual(['29/1', '29/2'])
  }, 120_000)
})

/** Longer than the patience of these tests. */
const AWAY_MS = 10_000

const soon = (): string => new Date(Date.now() + 60_000).toISOString()
