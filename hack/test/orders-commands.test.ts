import { randomUUID } from 'node:crypto'
import { TABLES } from '@alexandrite/examples/data/schema'
import { startPostgres, startRabbitmq } from '@alexandrite/hack/services'
import type { RunningPostgres, RunningRabbitmq } from '@alexandrite/hack/services'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { connect } from 'amqplib'
import pg from 'pg'
import { Folder, run } from '../../cli/test/harness.ts'

// Each test starts the command line several times.
jest.setTimeout(240_000)

const folder = new Folder()
afterAll(() => folder.remove())

describe('orders outbox', () => {
  let postgres: RunningPostgres
  let client: pg.Client
  let url: string

  beforeAll(async () => {
    postgres = await startPostgres()
    url = folder.write('database-url', `${postgres.url}\n`)
    client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(TABLES)
    await client.query(`INSERT INTO shop.materials VALUES (1, 'AG925', 'Silver');
INSERT INTO shop.customers VALUES (1, 'nobody')`)
  }, 120_000)
  afterAll(async () => {
    await client.end()
    await postgres.stop()
  })

  const outbox = (verb: string, ...more: string[]) =>
    run(['orders', 'outbox', verb, '--source', 'shop', '--database-url-file', url, ...more])
  const order = () =>
    client.query(`INSERT INTO shop.orders (customer_id, material_id, quantity, status, created_at)
VALUES (1, 1, 1, 'INITIATED', now())`)

  it('is put in, as often as one likes, and says what waits', async () => {
    expect((await outbox('status')).status).toBe(1)
    for (const _ of [1, 2]) {
      const { status, stdout } = await outbox('install')
      expect(status).toBe(0)
      expect(stdout).toMatch(/^orders_outbox_created on shop\.orders +installed$/m)
    }
    await order()
    const { status, stdout } = await outbox('status')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^orders_outbox_shop: events that wait for the relay +1, the oldest for [\d.]+ s$/m
    )
    expect(stdout).toMatch(/^orders with events +1$/m)
  })

  it('is not taken out while events wait, unless one says so; versions stay until one says that too', async () => {
    const refused = await outbox('remove')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('1 events of shop wait for the relay and would be lost')
    expect((await outbox('remove', '--drop-unpublished')).status).toBe(0)
    await order()
    const left = await outbox('status')
    expect(left.status).toBe(1)
    expect(left.stdout).toMatch(/no outbox/)
    expect(left.stdout).toMatch(/^orders with events +1$/m)
    expect((await outbox('remove', '--forget-versions')).stdout).toMatch(/^orders with events +0$/m)
  })

  it.each([
    [
      'a file that is not there',
      ['--database-url-file', '/nowhere/url'],
      'cannot be read: give a file that holds the URL'
    ],
    ['a source that nobody knows', ['--source', 'crm'], 'Allowed choices are mes, shop']
  ])('refuses %s with a sentence and exit code 2', async (_, more, sentence) => {
    const { status, stderr } = await outbox('status', ...more)
    expect(status).toBe(2)
    expect(stderr).toContain(sentence)
  })

  it('refuses a file that holds no address of PostgreSQL, and does not repeat it', async () => {
    const wrong = folder.write('wrong-url', 'mysql://owner:sesame@db/shop')
    const { status, stderr } = await outbox('status', '--database-url-file', wrong)
    expect(status).toBe(2)
    expect(stderr).toContain('holds no address of PostgreSQL')
    expect(stderr).not.toContain('sesame')
  })

  it('says of a database without the tables which it misses', async () => {
    await client.query('CREATE DATABASE empty')
    const empty = folder.write('empty-url', postgres.url.replace(/\/postgres$/, '/empty'))
    const { status, stderr } = await run([
      'orders',
      'outbox',
      'install',
      '--source',
      'mes',
      '--database-url-file',
      empty
    ])
    expect(status).toBe(1)
    expect(stderr).toContain('this database has no table mes.orders, mes.order_status_history')
  })
})

describe('orders dead and replay', () => {
  let broker: RunningRabbitmq
  let url: string
  const ids = [randomUUID(), randomUUID(), randomUUID()]
  const SECRET = 'ada@example.org'

  beforeAll(async () => {
    broker = await startRabbitmq()
    url = folder.write('amqp-url', `${broker.url}\n`)
  }, 300_000)
  beforeEach(async () => {
    await onChannel(async (channel) => {
      for (const queue of ['orders.crm', 'orders.crm.dead']) {
        await channel.assertQueue(queue, { durable: true })
        await channel.purgeQueue(queue)
      }
      ids.forEach((id, index) => {
        const body = {
          ...{ id, source: 'mes', orderId: 7, version: index + 1, kind: 'status' },
          email: SECRET
        }
        const headers = {
          'dead-reason': `reason ${index + 1}`,
          'dead-at': '2026-11-30T12:00:00.000Z',
          'dead-consumer': 'crm'
        }
        channel.sendToQueue('orders.crm.dead', Buffer.from(JSON.stringify(body)), {
          persistent: true,
          headers
        })
      })
      await channel.waitForConfirms()
    })
  })
  afterAll(() => broker.stop())

  type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>

  async function onChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const model = await connect(broker.url)
    try {
      return await work(await model.createConfirmChannel())
    } finally {
      await model.close()
    }
  }
  const waiting = (queue: string): Promise<number> =>
    onChannel(async (channel) => (await channel.checkQueue(queue)).messageCount)
  const orders = (verb: string, ...more: string[]) =>
    run(['orders', verb, '--consumer', 'crm', '--amqp-url-file', url, ...more])

  it('lists what is dead with its reason and without its body; all of it stays', async () => {
    const { status, stdout, stderr } = await orders('dead')
    expect(status).toBe(1)
    expect(stdout.split('\n').slice(0, 3)).toEqual(
      ids.map((id, index) =>
        expect.stringMatching(new RegExp(`^${id} +order 7, version ${index + 1} .+ reason ${index + 1}$`))
      )
    )
    expect(stdout + stderr).not.toContain(SECRET)
    expect(await waiting('orders.crm.dead')).toBe(3)
  })

  it('tells the same in JSON, the oldest so many', async () => {
    const { stdout } = await orders('dead', '--json', '--limit', '2')
    expect(JSON.parse(stdout)).toMatchObject([
      { id: ids[0], reason: 'reason 1', orderId: 7, version: 1 },
      { id: ids[1], reason: 'reason 2' }
    ])
  })

  it('sends all again, without the marks of their death, and leaves none behind', async () => {
    const { status, stderr } = await orders('replay')
    expect(status).toBe(0)
    expect(stderr).toContain('3 sent to crm again, 0 left')
    expect(await waiting('orders.crm.dead')).toBe(0)
    const headers = await onChannel(async (channel) => {
      const message = await channel.get('orders.crm', { noAck: true })
      return message === false ? undefined : Object.keys(message.properties.headers ?? {})
    })
    expect(headers).toEqual([])
    expect((await orders('dead')).status).toBe(0)
  })

  it('sends those that are named, and says when one is not there', async () => {
    const { status, stderr } = await orders('replay', '--id', ids[1] ?? '', '--id', randomUUID())
    expect(status).toBe(1)
    expect(stderr).toContain('1 sent to crm again, 2 left')
    expect(stderr).toContain('not all of these are among the dead letters')
    expect(await waiting('orders.crm')).toBe(1)
  })

  it('knows no consumer that was never there', async () => {
    const { status, stderr } = await orders('dead', '--consumer', 'nobody')
    expect(status).toBe(1)
    expect(stderr).toContain('no consumer "nobody" has ever been connected to it')
  })

  it('refuses a limit that is no number', async () => {
    const { status, stderr } = await orders('dead', '--limit', 'all')
    expect(status).toBe(2)
    expect(stderr).toContain('--limit is "all"; give a whole number from 1')
  })
})
