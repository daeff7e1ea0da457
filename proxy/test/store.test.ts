import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@alexandrite/hack/services'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { purgeTier } from '../src/index.ts'
import type { RunningTier } from '../src/index.ts'
import { formatAddress } from '../src/http/listen.ts'
import { connectTo } from './redis-client.ts'
import type { TestRedis } from './redis-client.ts'
import { send } from './client.ts'
import { counting, startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { onWrite, policy, rule, start } from './tier.ts'

type Redis = Awaited<ReturnType<typeof startRedis>>

let origin: TestOrigin
let redis: Redis
const tiers: RunningTier[] = []

const orders = policy(
  [rule({ path: '/orders', ttlMs: 60_000, tags: ['orders'] })],
  [onWrite('/orders/:id/*', ['orders'])]
)

const open = async (options: Partial<Parameters<typeof start>[0]> = {}): Promise<RunningTier> => {
  const tier = await start({ origin: origin.url, redisUrl: redis.url, policy: orders, ...options })
  tiers.push(tier)
  return tier
}

const usable = async (tier: RunningTier, wanted = true): Promise<void> => {
  const deadline = Date.now() + 10_000
  while ((await tier.stats()).store?.usable !== wanted) {
    if (Date.now() > deadline) throw new Error(`the store did not become ${wanted ? 'usable' : 'unusable'}`)
    await sleep(10)
  }
}

const adminUrl = (tier: RunningTier): string => `http://${tier.admin ? formatAddress(tier.admin) : ''}`

const eventually = async (check: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 10_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('it did not happen within 10 s')
    await sleep(10)
  }
}

beforeEach(async () => {
  origin = await startOrigin(counting())
  redis = await startRedis()
})

afterEach(async () => {
  await Promise.all(tiers.splice(0).map((tier) => tier.close()))
  await redis.stop()
  await origin.close()
})

describe('two proxies with one shared Redis', () => {
  test('what one stored is a hit at the other', async () => {
    const [a, b] = [await open(), await open()]
    await Promise.all([usable(a), usable(b)])
    // A read that takes longer than its deadline is a miss: then another key may do.
    let key = 0
    await eventually(async () => {
      const path = `/orders?page=${(key += 1)}`
      const { body } = await send(a, path)
      await eventually(async () => (await recordCount()) >= key)
      const second = await send(b, path)
      return second.body === body && second.cache?.includes('hit')
    })
  })

  test('a purge at one reaches the memory of the other by the subscription', async () => {
    const [a, b] = [await open(), await open()]
    await Promise.all([usable(a), usable(b)])
    await send(b, '/orders')
    const before = (await send(b, '/orders')).body
    const { status, report } = await purgeTier(adminUrl(a), 'secret', { tags: ['orders'] })
    expect(status).toBe(200)
    expect(report.pods).toHaveLength(1)
    await eventually(async () => (await send(b, '/orders')).body !== before)
  })

  test('with peers a purge is acknowledged by both and holds at once', async () => {
    const found: RunningTier[] = []
    const peersOf = (self: number) => () =>
      Promise.resolve(found.filter((_, i) => i !== self).flatMap(({ admin }) => (admin ? [admin] : [])))
    found.push(await open({ peers: peersOf(0), pod: 'a' }), await open({ peers: peersOf(1), pod: 'b' }))
    const [a, b] = found as [RunningTier, RunningTier]
    await Promise.all([usable(a), usable(b)])
    for (let i = 0; i < 20; i += 1) {
      const before = (await send(b, '/orders')).body
      const { report } = await purgeTier(adminUrl(a), 'secret', { keys: ['/orders'] })
      expect(report.pods).toEqual([
        { pod: 'a', acknowledged: true },
        { pod: 'b', acknowledged: true }
      ])
      expect((await send(b, '/orders')).body).not.toBe(before)
    }
  })

  test('a restarted proxy finds what the store kept, and not what was purged while it was down', async () => {
    const a = await open()
    await usable(a)
    await send(a, '/orders')
    await eventually(async () => (await recordCount()) > 0)
    await a.close()
    const b = await open()
    await usable(b)
    expect((await send(b, '/orders')).body).toBe('answer 1')
    await purgeTier(adminUrl(b), 'secret', { all: true })
    await b.close()
    const c = await open()
    await usable(c)
    expect((await send(c, '/orders')).body).toBe('answer 2')
  })

  test('a store that lost everything begins another generation, and memory with it', async () => {
    const a = await open()
    await usable(a)
    await send(a, '/orders')
    await flush()
    await eventually(async () => (await purgeTier(adminUrl(a), 'secret', { tags: ['other'] })).status === 200)
    await usable(a)
    expect((await send(a, '/orders')).body).toBe('answer 2')
    await send(a, '/orders')
    expect((await send(a, '/orders')).cache).toContain('hit')
  })
})

const withClient = async <T>(use: (client: TestRedis) => Promise<T>): Promise<T> => {
  const client = await connectTo(redis.url)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

const flush = () => withClient((client) => client.command(['FLUSHALL']))
const recordCount = () => withClient(async (client) => (await client.keys('*:e:*')).length)

describe('two proxies with a Redis each', () => {
  test('a write through one is seen fresh through the other at once', async () => {
    const second = await startRedis()
    try {
      const found: RunningTier[] = []
      const peersOf = (self: number) => () =>
        Promise.resolve(found.filter((_, i) => i !== self).flatMap(({ admin }) => (admin ? [admin] : [])))
      found.push(await open({ redisUrl: `unix://${redis.socket}`, peers: peersOf(0), pod: 'a' }))
      found.push(await open({ redisUrl: `unix://${second.socket}`, peers: peersOf(1), pod: 'b' }))
      const [a, b] = found as [RunningTier, RunningTier]
      for (let i = 0; i < 20; i += 1) {
        const before = (await send(b, '/orders')).body
        expect((await send(b, '/orders')).body).toBe(before)
        await send(a, '/orders/7/take', { method: 'POST' })
        expect((await send(b, '/orders')).body).not.toBe(before)
      }
    } finally {
      await second.stop()
    }
  })

  test('a peer that does not answer is reported with 502', async () => {
    const a = await open({ peers: () => Promise.resolve([{ host: '127.0.0.1', port: 1 }]), pod: 'a' })
    await usable(a)
    const { status, report } = await purgeTier(adminUrl(a), 'secret', { all: true })
    expect(status).toBe(502)
    expect(report.pods[0]).toEqual({ pod: 'a', acknowledged: true })
    expect(report.pods[1]).toMatchObject({ pod: '127.0.0.1:1', acknowledged: false })
  })

  test('a restarted proxy does not trust what its Redis kept from before', async () => {
    const a = await open({ redisUrl: `unix://${redis.socket}` })
    await send(a, '/orders')
    await eventually(async () => (await recordCount()) > 0)
    await a.close()
    const b = await open({ redisUrl: `unix://${redis.socket}` })
    expect((await send(b, '/orders')).body).toBe('answer 2')
  })
})

describe('a store in trouble', () => {
  const load = async (tier: RunningTier, n: number): Promise<number> => {
    let worst = 0
    for (let i = 0; i < n; i += 1) {
      const started = performance.now()
      const answer = await send(tier, `/orders?i=${i % 7}`)
      expect(answer.status).toBe(200)
      worst = Math.max(worst, performance.now() - started)
    }
    return worst
  }

  test('hung by SIGSTOP: every request is answered, none waits for it, and it is used again afterwards', async () => {
    const tier = await open({ redisUrl: `unix://${redis.socket}`, memoryBytes: 1000 })
    await load(tier, 20)
    process.kill(redis.pid, 'SIGSTOP')
    try {
      expect(await load(tier, 60)).toBeLessThan(1000)
      expect((await tier.stats()).store?.breaker).not.toBe('Closed')
    } finally {
      process.kill(redis.pid, 'SIGCONT')
    }
    await eventually(async () => {
      await load(tier, 1)
      return (await tier.stats()).store?.breaker === 'Closed'
    })
  })

  test('a purge that the hung shared store missed holds when it is back', async () => {
    const a = await open({ peers: () => Promise.resolve([]) })
    await usable(a)
    await send(a, '/orders')
    await eventually(async () => (await recordCount()) > 0)
    process.kill(redis.pid, 'SIGSTOP')
    let purged: Awaited<ReturnType<typeof purgeTier>>
    try {
      purged = await purgeTier(adminUrl(a), 'secret', { tags: ['orders'] })
      expect((await send(a, '/orders')).body).toBe('answer 2')
    } finally {
      process.kill(redis.pid, 'SIGCONT')
    }
    expect(purged.status).toBe(502)
    await usable(a)
    expect((await send(a, '/orders')).body).not.toBe('answer 1')
    const b = await open()
    await usable(b)
    expect((await send(b, '/orders')).body).not.toBe('answer 1')
  })

  test('killed: requests go on from memory and the origin, and memory still hits with peers', async () => {
    const tier = await open({ peers: () => Promise.resolve([]) })
    await usable(tier)
    await load(tier, 10)
    await redis.stop()
    await usable(tier, false)
    await load(tier, 20)
    expect((await send(tier, '/orders?i=1')).cache).toContain('hit')
  })

  test('killed without peers: nothing stored is served, since purges may be missed', async () => {
    const tier = await open()
    await usable(tier)
    await send(tier, '/orders')
    await redis.stop()
    await usable(tier, false)
    expect((await send(tier, '/orders')).cache).toContain('fwd=miss')
    expect((await send(tier, '/orders')).cache).toContain('fwd=miss')
  })

  test('never there: the tier starts and caches in memory', async () => {
    const tier = await open({ redisUrl: 'unix:///nowhere/redis.sock' })
    await send(tier, '/orders')
    expect((await send(tier, '/orders')).cache).toContain('hit')
  })

  test('a damaged record is a miss', async () => {
    const tier = await open({ redisUrl: `unix://${redis.socket}`, memoryBytes: 0 })
    await eventually(async () => (await send(tier, '/orders')).cache.includes('hit'))
    const { body } = await send(tier, '/orders')
    await withClient(async (client) => {
      for (const key of await client.keys('*:e:*')) await client.command(['SETRANGE', key, '30', 'damage'])
    })
    expect((await send(tier, '/orders')).body).not.toBe(body)
  })

  test('records leave the store by themselves', async () => {
    const tier = await open({ redisUrl: `unix://${redis.socket}` })
    await send(tier, '/orders')
    await eventually(async () => (await recordCount()) > 0)
    const ttl = await withClient(async (client) =>
      client.command(['PTTL', (await client.keys('*:e:*'))[0] ?? ''])
    )
    expect(ttl).toBeGreaterThan(0)
    expect(ttl).toBeLessThanOrEqual(60_000)
  })
})
