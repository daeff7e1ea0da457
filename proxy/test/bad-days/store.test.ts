/*
 * Redis in trouble while clients read and write: no request fails, none waits long for it, no answer is older than what
 * was acknowledged, and afterwards it is used again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@alexandrite/hack/services'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../../src/index.ts'
import { Ledger, figures, itemsPolicy, percentile, seeded } from '../ledger.ts'
import type { Seen } from '../ledger.ts'
import { connectTo } from '../redis-client.ts'
import type { TestRedis } from '../redis-client.ts'
import { start } from '../tier.ts'
import { startSlowLink } from './slow-link.ts'
import type { SlowLink } from './slow-link.ts'

type Redis = Awaited<ReturnType<typeof startRedis>>

/**
 * What a Redis in trouble may add to any request. A busy machine adds more to all: so a tier without a store takes the
 * same load beside it, at the same time, and ten times as much is allowed above its worst.
 */
const ADDED_MS = 20
const BEFORE_MS = 500
const DURING_MS = 1500
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))

let ledger: Ledger
let redis: Redis
let link: SlowLink
let tier: RunningTier
let otherLedger: Ledger
let without: RunningTier

beforeEach(async () => {
  ledger = await Ledger.start(2000)
  otherLedger = await Ledger.start(2000)
  without = await start({ origin: otherLedger.url, memoryBytes: 0, policy: itemsPolicy })
  redis = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
  link = await startSlowLink(redis.port)
})

afterEach(async () => {
  await Promise.all([tier.close(), without.close()])
  await link.close()
  await redis.stop()
  await Promise.all([ledger.close(), otherLedger.close()])
})

const withRedis = async (use: (client: TestRedis) => Promise<unknown>): Promise<void> => {
  const client = await connectTo(redis.url)
  try {
    await use(client)
  } finally {
    client.close()
  }
}

const loadOf = (of: Ledger, on: RunningTier, ms: number): Promise<Seen> => {
  const end = performance.now() + ms
  return of.load({
    tiers: [on],
    clients: 10,
    items: 40,
    writes: 0.03,
    random: seeded(seed),
    goOn: () => performance.now() < end,
    pauseMs: 6
  })
}

const loadFor = (ms: number): Promise<Seen> => loadOf(ledger, tier, ms)

/** Loads until the store answers some of it: a breaker closes when a request finds the store well again. */
const withHits = async (): Promise<Seen> => {
  const deadline = Date.now() + 30_000
  for (;;) {
    const seen = await loadFor(BEFORE_MS)
    const { store } = await tier.stats()
    if (seen.wrong.length > 0 || (seen.hits > 0 && store?.usable)) return seen
    if (Date.now() > deadline) throw new Error('the store was not used again')
  }
}

/** Overwrites all that the tier stored, with what each record becomes. */
const corrupt = (become: (record: Buffer) => Buffer) => (): Promise<void> =>
  withRedis(async (client) => {
    for (const key of await client.keys('*:e:*')) {
      const record = await client.command(['GET', key])
      if (Buffer.isBuffer(record)) await client.command(['SET', key, become(record), 'PX', '600000'])
    }
  })

interface Fault {
  readonly what: string
  readonly begin: () => Promise<void> | void
  readonly end?: () => Promise<void> | void
}

const FAULTS: readonly Fault[] = [
  {
    what: 'killed',
    begin: () => redis.stop(),
    end: async () => {
      redis = await startRedis({ port: redis.port })
    }
  },
  {
    what: 'hung by SIGSTOP',
    begin: () => void process.kill(redis.pid, 'SIGSTOP'),
    end: () => void process.kill(redis.pid, 'SIGCONT')
  },
  { what: 'slow by 100 ms', begin: () => link.delay(100), end: () => link.delay(0) },
  {
    what: 'out of memory',
    begin: () => withRedis((client) => client.command(['CONFIG', 'SET', 'maxmemory', '1'])),
    end: () => withRedis((client) => client.command(['CONFIG', 'SET', 'maxmemory', '0']))
  },
  {
    what: 'restarted empty',
    begin: async () => {
      const { port } = redis
      await redis.stop()
      redis = await startRedis({ port })
    }
  },
  { what: 'emptied', begin: () => withRedis((client) => client.command(['FLUSHALL'])) },
  {
    what: "full of another version's entries",
    begin: corrupt((record) => Buffer.concat([Buffer.from('AXC\x07'), record.subarray(4)]))
  },
  { what: 'full of truncated entries', begin: corrupt((record) => record.subarray(0, record.length / 2)) },
  {
    what: 'full of random bytes',
    begin: corrupt((record) => Buffer.from(record.map(() => Math.random() * 256)))
  }
]

describe.each(['Own', 'Shared'] as const)('%s store, nothing in memory', (storeScope) => {
  test.each(FAULTS)(
    '$what',
    async ({ what, begin, end }) => {
      tier = await start({
        origin: ledger.url,
        redisUrl: link.url,
        storeScope,
        memoryBytes: 0,
        policy: itemsPolicy,
        peers: () => Promise.resolve([])
      })
      const before = await withHits()
      const during = Promise.all([loadFor(DURING_MS), loadOf(otherLedger, without, DURING_MS)])
      await sleep(100)
      await begin()
      const [seen, beside] = await during
      await end?.()
      const after = await withHits()
      const line = (load: Seen): string =>
        `reads ${figures(load.readMs)}, writes ${figures(load.writeMs)}, ${load.hits} of ${load.readMs.length} hits`
      console.log(
        `${storeScope}, ${what} (seed ${seed}), ms as p50 / p99 / worst\n  during: ${line(seen)}\n` +
          `  beside: ${line(beside)} (no store)\n  before: ${line(before)}\n  after:  ${line(after)}`
      )
      expect([before.wrong, seen.wrong, after.wrong]).toEqual([[], [], []])
      const worst = ({ readMs, writeMs }: Seen): number => percentile([...readMs, ...writeMs], 1)
      expect(worst(seen) - worst(beside)).toBeLessThan(10 * ADDED_MS)
    },
    120_000
  )
})

test('with answers in memory and peers, a Redis that dies takes none of them away', async () => {
  tier = await start({
    origin: ledger.url,
    redisUrl: link.url,
    policy: itemsPolicy,
    peers: () => Promise.resolve([])
  })
  await withHits()
  // A heartbeat after joining shows that no purge of before is still under way.
  await sleep(1200)
  await redis.stop()
  const seen = await loadFor(DURING_MS)
  console.log(`killed, memory and peers: ${seen.hits} of ${seen.readMs.length} hits`)
  expect(seen.wrong).toEqual([])
  expect(seen.hits).toBeGreaterThan(0.7 * seen.readMs.length)
}, 60_000)
