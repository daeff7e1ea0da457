import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { startRabbitmq, startRedis } from '@alexandrite/hack/services'
import type { RunningRabbitmq, RunningRedis } from '@alexandrite/hack/services'
import type { PeerResolver, RunningTier, TierOptions } from '../src/index.ts'
import { send } from './client.ts'
import { heard, orders, Shop, startPod } from './events-tier.ts'
import { amqp, Publisher } from './publisher.ts'
import { onWrite } from './tier.ts'

/*
 * One order, taken again and again, and read all the time at two pods. What is checked is that of a register with
 * one writer: no read that begins after a write was acknowledged gives an older value. For a write around the tier
 * that holds once the event is confirmed and the bound has passed: half a second, many times what was measured
 * (proxy/src/events/README.md), for machines that are busy.
 */
const BOUND_MS = 500
const PATH = '/orders/7'

let broker: RunningRabbitmq
let redis: RunningRedis
let shop: Shop
let publisher: Publisher
const pods: RunningTier[] = []

beforeAll(async () => {
  ;[broker, redis] = await Promise.all([startRabbitmq(), startRedis()])
}, 600_000)
afterAll(async () => {
  await broker.stop()
  await redis.stop()
})
beforeEach(async () => {
  shop = await Shop.open()
  publisher = await Publisher.open(broker.url, 'orders')
})
afterEach(async () => {
  await Promise.all(pods.splice(0).map((pod) => pod.close()))
  await publisher.close()
  await shop.close()
})

const podAt = (index: number): RunningTier => {
  const pod = pods[index]
  if (!pod) throw new Error(`there is no pod ${index}`)
  return pod
}

interface Write {
  readonly value: number
  /** From then on every read must see it. */
  readonly seenFrom: number
}
interface Read {
  readonly pod: number
  readonly began: number
  readonly value: number
}

/** Reads that began when a newer value had to be seen. */
const wrong = (reads: readonly Read[], writes: readonly Write[]): Read[] =>
  reads.filter(({ began, value }) => writes.some((write) => write.seenFrom <= began && write.value > value))

/** Reads at all pods until it is told to stop. */
const reading = (): { readonly reads: Read[]; stop: () => Promise<void> } => {
  const reads: Read[] = []
  let going = true
  const loop = async (pod: number): Promise<void> => {
    while (going) {
      const began = performance.now()
      const { body } = await send(podAt(pod), PATH)
      reads.push({ pod, began, value: Number(body) })
      await sleep(1)
    }
  }
  const loops = [0, 1, 0, 1].map(loop)
  const stop = async (): Promise<void> => {
    going = false
    await Promise.all(loops)
  }
  return { reads, stop }
}

const around = async (): Promise<Write> => {
  const value = Number(shop.change(PATH))
  await publisher.publish('order.7.status', { orderId: 7 })
  return { value, seenFrom: performance.now() + BOUND_MS }
}

/** A write through a tier is answered when every pod knows. */
const through = async (pod: number): Promise<Write> => {
  const { body } = await send(podAt(pod), PATH, { method: 'POST' })
  return { value: Number(body), seenFrom: performance.now() }
}

const peers: PeerResolver = () => Promise.resolve(pods.map(({ admin }) => admin ?? { host: '', port: 0 }))

const open = async (options: Partial<TierOptions>): Promise<void> => {
  const policy = { ...orders(amqp('orders')), onWrite: [onWrite('/orders/:id', ['order:{path.id}'])] }
  for (const pod of ['first', 'second'])
    pods.push(await startPod(shop, { policy, amqpUrl: broker.url, pod, ...options }))
  await heard(...pods)
}

/** Bursts of writes with pauses longer than the bound: what one event missed, no later one may hide. */
const bursts = async (write: (i: number) => Promise<Write>): Promise<Write[]> => {
  const writes: Write[] = []
  for (let burst = 0; burst < 8; burst += 1) {
    for (let i = 0; i < 10; i += 1) {
      writes.push(await write(i))
      await sleep(Math.random() * 20)
    }
    await sleep(BOUND_MS * 1.5)
  }
  return writes
}

const check = async (write: (i: number) => Promise<Write>): Promise<void> => {
  const { reads, stop } = reading()
  const writes = await bursts(write)
  await stop()
  expect(wrong(reads, writes)).toEqual([])
  const values = new Set(reads.map(({ value }) => value))
  // The reads were there when it happened, and most came from the store.
  expect(values.size).toBeGreaterThan(20)
  expect(shop.origin.hits.filter((hit) => hit.startsWith('GET')).length).toBeLessThan(reads.length / 2)
}

test('the check itself sees a read that is too old', () => {
  const writes = [{ value: 1, seenFrom: 10 }]
  const early = { pod: 0, began: 9, value: 0 }
  const late = { pod: 0, began: 11, value: 0 }
  expect(wrong([early, late, { pod: 1, began: 12, value: 1 }], writes)).toEqual([late])
})

test('with a memory of their own, after event and bound no pod shows the older value', async () => {
  await open({})
  await check(around)
}, 60_000)

test('with a store that they share, writes around the tier and through it are never unseen', async () => {
  await open({ redisUrl: redis.url, peers })
  // The last of a burst goes around: nothing after it hides what it missed.
  await check((i) => (i % 2 === 1 ? around() : through(i % 4 === 0 ? 0 : 1)))
}, 60_000)
