import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { AmqpInvalidation } from '@alexandrite/api'
import { waitUntil } from '@alexandrite/hack/run'
import { startRabbitmq, startRedis } from '@alexandrite/hack/services'
import type { RunningRabbitmq, RunningRedis } from '@alexandrite/hack/services'
import type { RunningTier, TierOptions } from '../src/index.ts'
import {
  asAdmin,
  becomes,
  heard,
  listeningLog,
  metric,
  orders,
  read,
  Shop,
  startPod,
  unheard
} from './events-tier.ts'
import type { Line } from './events-tier.ts'
import { amqp, Publisher } from './publisher.ts'
import { startOrigin } from './origin.ts'

let broker: RunningRabbitmq
let redis: RunningRedis
let shop: Shop
let publisher: Publisher
let lines: Line[]
const pods: RunningTier[] = []
let exchange = ''
let events: AmqpInvalidation
let count = 0

beforeAll(async () => {
  ;[broker, redis] = await Promise.all([startRabbitmq(), startRedis()])
}, 600_000)
afterAll(async () => {
  await broker.stop()
  await redis.stop()
})
beforeEach(async () => {
  count += 1
  exchange = `orders-${count}`
  events = amqp(exchange)
  shop = await Shop.open()
  publisher = await Publisher.open(broker.url, exchange)
})
afterEach(async () => {
  await Promise.all(pods.splice(0).map((pod) => pod.close()))
  await publisher.close()
  await shop.close()
})

const pod = async (options: Partial<TierOptions> = {}): Promise<RunningTier> => {
  const log = listeningLog()
  lines = log.lines
  const tier = await startPod(shop, {
    tier: `test/events-${count}`,
    policy: orders(events),
    amqpUrl: broker.url,
    log: log.log,
    ...options
  })
  pods.push(tier)
  return tier
}
const listening = async (options: Partial<TierOptions> = {}): Promise<RunningTier> => {
  const tier = await pod(options)
  await heard(tier)
  return tier
}
const said = (text: string): Line[] => lines.filter(({ msg }) => msg.includes(text))
/** The queue of this test's pod. */
const queue = async (): Promise<string> => {
  const names = await broker.evaluate(
    'lists:flatten(lists:join(",", [binary_to_list(element(4, amqqueue:get_name(Q))) || Q <- rabbit_amqqueue:list()])).'
  )
  const ours = names.replaceAll('"', '').split(',')
  return ours.find((name) => name.startsWith(`alexandrite.test/events-${count}.`)) ?? ''
}

describe('an event', () => {
  test('makes its tags stale in every pod, and leaves the others alone', async () => {
    const both = [await listening({ pod: 'same-name' }), await listening({ pod: 'same-name' })]
    for (const tier of both)
      for (const path of ['/orders', '/orders/7', '/orders/8', '/prices/7'])
        expect(await read(tier, path)).toBe('0')
    for (const path of ['/orders', '/orders/7', '/orders/8', '/prices/7']) shop.change(path)
    await publisher.publish('order.7.status', { orderId: 7 })
    for (const tier of both) {
      await becomes(tier, '/orders/7', '1')
      expect(await read(tier, '/orders')).toBe('1')
      expect(await read(tier, '/orders/8')).toBe('0')
      expect(await read(tier, '/prices/7')).toBe('0')
      expect(await metric(tier, 'total{result="purged"}')).toBe(1)
    }
  })

  test('of another routing key is none of ours', async () => {
    const tier = await listening()
    await read(tier, '/orders')
    shop.change('/orders')
    await publisher.publish('customer.7', { orderId: 7 })
    await publisher.publish('order.7', { orderId: 7 })
    await becomes(tier, '/orders', '1')
    expect(await metric(tier, 'total{result="purged"}')).toBe(1)
  })

  test('kills a fill that is under way: its answer is never stored', async () => {
    let answer: (() => void) | undefined
    let version = 'old'
    const slow = await startOrigin(async (_request, response) => {
      const mine = version
      if (mine === 'old') await new Promise<void>((resolve) => (answer = resolve))
      response.end(mine)
    })
    const tier = await listening({ origin: slow.url })
    const first = read(tier, '/orders/7')
    await waitUntil(() => answer !== undefined, { what: 'the origin is asked', everyMs: 5 })
    version = 'new'
    await publisher.publish('order.7', { orderId: 7 })
    await waitUntil(async () => (await metric(tier, 'total{result="purged"}')) === 1, { what: 'the purge' })
    answer?.()
    expect(await first).toBe('old')
    expect(await read(tier, '/orders/7')).toBe('new')
    await slow.close()
  })

  test('makes answers in a store that pods share stale for all of them', async () => {
    const [first, second] = [
      await listening({ redisUrl: redis.url }),
      await listening({ redisUrl: redis.url })
    ]
    await read(first, '/orders/7')
    await waitUntil(async () => (await read(second, '/orders/7')) === '0', { what: 'the second has it' })
    shop.change('/orders/7')
    await publisher.publish('order.7', { orderId: 7 })
    await becomes(first, '/orders/7', '1')
    await becomes(second, '/orders/7', '1')
  })

  test('tells how late it was, by its timestamp', async () => {
    const tier = await listening()
    await publisher.publish('order.7', { orderId: 7 }, { timestamp: Math.floor(Date.now() / 1000) - 100 })
    await publisher.publish('order.7', { orderId: 7 }, { headers: { timestamp_in_ms: 'soon' } })
    await publisher.publish('order.7', { orderId: 7 })
    await waitUntil(async () => (await metric(tier, 'total{result="purged"}')) === 3, { what: 'all three' })
    expect(await metric(tier, 'lag_seconds_count')).toBe(1)
    const sum = await metric(tier, 'lag_seconds_sum')
    expect(sum).toBeGreaterThan(99)
    expect(sum).toBeLessThan(130)
  })

  test.each<[string, Buffer | object]>([
    ['is no JSON', Buffer.from('secret <xml/>')],
    ['is empty', Buffer.alloc(0)],
    ['is binary', Buffer.from([0, 255, 1, 254])],
    ['lacks the property', { secret: 1 }],
    ['has a list for a property', { orderId: ['secret'] }],
    ['is larger than what is looked into', { orderId: 'x', rest: 'secret'.repeat(60_000) }]
  ])('that %s is counted, told without its body and blocks nothing', async (_, body) => {
    events = amqp(exchange, { tags: ['order:{body.orderId}'] })
    const tier = await listening()
    await read(tier, '/orders/7')
    shop.change('/orders/7')
    for (let i = 0; i < 300; i += 1) await publisher.publish('order.7', body)
    await publisher.publish('order.7', { orderId: 7 })
    await becomes(tier, '/orders/7', '1')
    expect(await metric(tier, 'total{result="unusable"}')).toBe(300)
    expect(said('names nothing').length).toBeGreaterThan(0)
    expect(said('names nothing').length).toBeLessThan(100)
    expect(JSON.stringify(lines)).not.toContain('secret')
    expect(
      await asAdmin(broker.url, async (channel) => {
        const name = await queue()
        return (await channel.checkQueue(name)).messageCount
      })
    ).toBe(0)
  })
})

describe('a connection that was lost', () => {
  test('costs nothing and misses nothing: the queue waited', async () => {
    const tier = await listening()
    for (const path of ['/orders/7', '/orders/8']) {
      await read(tier, path)
      shop.change(path)
    }
    await broker.closeConnections()
    const again = await Publisher.open(broker.url, exchange)
    await again.publish('order.7', { orderId: 7 })
    await becomes(tier, '/orders/7', '1')
    await heard(tier)
    expect(await read(tier, '/orders/8')).toBe('0')
    expect(await metric(tier, 'gaps_total{why="lost"}')).toBe(0)
    await again.close()
  })

  test('five times over misses nothing', async () => {
    const tier = await listening()
    for (let i = 1; i <= 5; i += 1) {
      await read(tier, '/orders/7')
      const answer = shop.change('/orders/7')
      await broker.closeConnections()
      const again = await Publisher.open(broker.url, exchange)
      await again.publish('order.7', { orderId: 7 })
      await again.close()
      await becomes(tier, '/orders/7', answer)
    }
    expect(await metric(tier, 'gaps_total{why="lost"}')).toBe(0)
  })

  const expectGap = async (tier: RunningTier): Promise<void> => {
    await becomes(tier, '/orders/7', '1')
    await heard(tier)
    expect(await read(tier, '/orders')).toBe('1')
    expect(await read(tier, '/prices/7')).toBe('0')
    expect(await metric(tier, 'gaps_total{why="lost"}')).toBe(1)
    expect(said('may have been missed')).toHaveLength(1)
  }
  const filled = async (options: Partial<TierOptions> = {}): Promise<RunningTier> => {
    const tier = await listening(options)
    for (const path of ['/orders', '/orders/7', '/prices/7']) {
      expect(await read(tier, path)).toBe('0')
      shop.change(path)
    }
    return tier
  }

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'with a restart of the broker (%s) drops the rules that events touch, and no other',
    async (signal) => {
      const tier = await filled()
      await broker.kill(signal)
      await unheard(tier)
      expect(await read(tier, '/orders/7')).toBe('0')
      await broker.start()
      await expectGap(tier)
      publisher = await Publisher.open(broker.url, exchange)
      await read(tier, '/orders/7')
      const answer = shop.change('/orders/7')
      await publisher.publish('order.7', { orderId: 7 })
      await becomes(tier, '/orders/7', answer)
    },
    120_000
  )

  test('with the queue, which somebody deleted, drops the rules that events touch', async () => {
    const tier = await filled()
    const name = await queue()
    await asAdmin(broker.url, (channel) => channel.deleteQueue(name))
    await expectGap(tier)
  })

  test('with the exchange drops the rules that events touch once there is one again', async () => {
    const tier = await filled()
    await asAdmin(broker.url, (channel) => channel.deleteExchange(exchange))
    await waitUntil(() => said('events are not heard').length > 0, { what: 'the loss is told' })
    expect(said('events are not heard')[0]?.error).toMatch(/NOT_FOUND - no exchange/)
    publisher = await Publisher.open(broker.url, exchange)
    await expectGap(tier)
  })

  test('to a broker that hangs is noticed; once it goes on, nothing published is missed', async () => {
    const tier = await listening({ amqpUrl: `${broker.url}?heartbeat=1` })
    await read(tier, '/orders/7')
    const answer = shop.change('/orders/7')
    broker.pause()
    const published = publisher.publish('order.7', { orderId: 7 })
    await unheard(tier)
    expect(said('events may have been missed')).toEqual([])
    expect(await read(tier, '/orders/7')).toBe('0')
    expect((await fetch(`http://127.0.0.1:${tier.admin?.port}/readyz`)).status).toBe(200)
    broker.resume()
    await published
    await becomes(tier, '/orders/7', answer)
    await heard(tier)
  })
})
