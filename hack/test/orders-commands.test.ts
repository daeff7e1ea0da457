import { randomUUID } from 'node:crypto'
import { TABLES } from '@alexandrite/examples/data/schema'
import { startPostgres, startRabbitmq } from '@alexandrite/hack/services'
import type { RunningPostgres, RunningRabbitmq } from '@alexandrite/hack/services'
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { connect } from 'amqplib'
import pg from 'pg'
import { replay } from '@alexandrite/orders'
import { Folder, run, runHere } from '../../cli/test/harness.ts'

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

  it('says of a database that is away which it is, and keeps its password', async () => {
    const away = folder.write('away-url', 'postgres://owner:sesame@127.0.0.1:9/shop')
    const { status, stderr } = await outbox('status', '--database-url-file', away)
    expect(status).toBe(1)
    expect(stderr).toMatch(/the database that .+away-url names: .*ECONNREFUSED/)
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

  it('sends none once it was told to stop, and no more than it may', async () => {
    const options = { ids: undefined, limit: 2 }
    expect(await replay(broker.url, 'crm', { ...options, signal: AbortSignal.abort() })).toEqual({
      sent: [],
      left: 3
    })
    const { stderr } = await orders('replay', '--limit', '2')
    expect(stderr).toContain('2 sent to crm again, 1 left')
  })

  it.each(['all', '0', '-1', '1.5', ''])(
    'refuses the limit "%s", which is no number of messages',
    async (limit) => {
      for (const verb of ['dead', 'replay']) {
        const { status, stderr } = await runHere([
          ...['orders', verb, '--consumer', 'crm', '--amqp-url-file', url],
          `--limit=${limit}`
        ])
        expect(status).toBe(2)
        expect(stderr).toContain(`--limit is "${limit}"; give a whole number from 1`)
      }
    }
  )
})

describe.each(['dead', 'replay'])('orders %s, typed wrong', (verb) => {
  const typed = (...words: string[]) => runHere(['orders', verb, ...words])

  it('has a help with its options, examples and exit codes', async () => {
    const { status, stdout } = await typed('--help')
    expect(status).toBe(0)
    for (const part of [
      '--amqp-url-file <file>',
      '--consumer <name>',
      '--limit <count>',
      'Examples:',
      'Exit codes:'
    ])
      expect(stdout).toContain(part)
  })

  it.each<[string, () => string[], string]>([
    [
      'without a consumer',
      () => ['--amqp-url-file', 'x'],
      "required option '--consumer <name>' not specified"
    ],
    [
      'without a broker',
      () => ['--consumer', 'crm'],
      "required option '--amqp-url-file <file>' not specified"
    ],
    [
      'with a file that is not there',
      () => ['--consumer', 'crm', '--amqp-url-file', '/nowhere/url'],
      '/nowhere/url cannot be read: give a file that holds the URL'
    ],
    [
      'with the address of something else',
      () => ['--consumer', 'crm', '--amqp-url-file', folder.write('http-url', 'http://guest:sesame@broker')],
      'holds no address of RabbitMQ; write amqp://user:password@host:port/vhost into it'
    ]
  ])('%s ends with 2 and a sentence', async (_, words, sentence) => {
    const { status, stdout, stderr } = await typed(...words())
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(sentence)
    expect(stderr).not.toContain('sesame')
  })

  it('says of a broker that is away which it is, and keeps its password', async () => {
    const away = folder.write('away-url', 'amqp://guest:sesame@127.0.0.1:9')
    const { status, stderr } = await typed('--consumer', 'crm', '--amqp-url-file', away)
    expect(status).toBe(1)
    expect(stderr).toMatch(/the broker that .+away-url names: .*ECONNREFUSED/)
    expect(stderr).not.toContain('sesame')
  })
})
