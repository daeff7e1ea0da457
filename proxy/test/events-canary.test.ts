import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { waitUntil } from '@alexandrite/hack/run'
import { startRabbitmq } from '@alexandrite/hack/services'
import type { RunningRabbitmq } from '@alexandrite/hack/services'
import { connect } from 'amqplib'
import type { Channel } from 'amqplib'
import type { Mailbox } from '../src/events/mailbox.ts'
import { Subscription } from '../src/events/subscription.ts'
import { asAdmin } from './events-tier.ts'
import { amqp, Publisher } from './publisher.ts'

let broker: RunningRabbitmq
let count = 0
beforeAll(async () => {
  broker = await startRabbitmq()
}, 600_000)
afterAll(() => broker.stop())

const withPublisher = async (
  use: (publisher: Publisher, exchange: string) => Promise<void>
): Promise<void> => {
  count += 1
  const exchange = `canary-${count}`
  const publisher = await Publisher.open(broker.url, exchange)
  try {
    await use(publisher, exchange)
  } finally {
    await publisher.close()
  }
}

describe('the canary', () => {
  /** What a pod does over its connections, one after the other. */
  const pods = (exchange: string) => {
    const seen: string[] = []
    const missed: string[] = []
    let left: Mailbox | undefined
    const join = async (): Promise<{ subscription: Subscription; leave: () => Promise<void> }> => {
      const model = await connect(broker.url)
      const subscription = await Subscription.open(model, {
        wanted: amqp(exchange),
        left,
        prefix: 'alexandrite.canary',
        keep: (mailbox) => {
          left = mailbox
        },
        onMissed: (why) => Promise.resolve(void missed.push(why)),
        onMessage: (message, acknowledge) => {
          seen.push(message.fields.routingKey)
          acknowledge()
        }
      })
      return { subscription, leave: () => model.close() }
    }
    return { seen, missed, join, queue: () => left?.name ?? '' }
  }

  test('can be taken anew at any time, and still vouches for the queue', async () => {
    await withPublisher(async (publisher, exchange) => {
      const { seen, missed, join } = pods(exchange)
      const first = await join()
      for (let i = 0; i < 30; i += 1) {
        await publisher.publish(`order.${i}`, {})
        first.subscription.refreshCanary()
        await sleep(i % 3)
      }
      await waitUntil(() => seen.length === 30, { what: 'all events came' })
      await first.leave()
      const second = await join()
      expect({ missed, events: seen.length }).toEqual({ missed: ['start'], events: 30 })
      await second.subscription.remove()
      await second.leave()
    })
  })

  test.each<[string, (channel: Channel, queue: string) => Promise<unknown>]>([
    ['is emptied', (channel, queue) => channel.purgeQueue(queue)],
    ['is deleted', (channel, queue) => channel.deleteQueue(queue)],
    [
      'is deleted and made again',
      async (channel, queue) => {
        await channel.deleteQueue(queue)
        await channel.assertQueue(queue)
      }
    ],
    [
      'gives its first messages to somebody else',
      async (channel, queue) => {
        const message = await channel.get(queue)
        if (message) channel.ack(message)
        // An answer proves that the acknowledgement was sent.
        await channel.checkQueue(queue)
      }
    ],
    [
      'is bounded by a policy and overflows',
      async (channel, queue) => {
        await broker.evaluate(
          'rabbit_policy:set(<<"/">>, <<"bound">>, <<"^alexandrite">>, [{<<"max-length">>, 2}], 0, <<"queues">>, <<"t">>).'
        )
        for (let i = 0; i < 5; i += 1) channel.sendToQueue(queue, Buffer.from('{}'))
        await waitUntil(async () => (await channel.checkQueue(queue)).messageCount === 2, {
          what: 'the overflow'
        })
        await broker.evaluate('rabbit_policy:delete(<<"/">>, <<"bound">>, <<"t">>).')
      }
    ]
  ])('does not come back when the queue %s meanwhile', async (_, happens) => {
    await withPublisher(async (publisher, exchange) => {
      const { missed, join, queue } = pods(exchange)
      await (await join()).leave()
      await publisher.publish('order.7', {})
      await asAdmin(broker.url, async (channel) => {
        const back = async () => (await channel.checkQueue(queue())).messageCount === 2
        await waitUntil(back, { what: 'the canary is back in the queue', everyMs: 10 })
        await happens(channel, queue())
      })
      const again = await join()
      expect(missed).toEqual(['start', 'lost'])
      await again.subscription.remove()
      await again.leave()
    })
  })
})
