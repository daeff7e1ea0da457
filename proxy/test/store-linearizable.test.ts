/*
 * After a write through a tier is answered, no later read through any of its pods shows the older version: two pods,
 * one shared Redis, clients that read and write at random. Repeat a run with SEED=NUMBER.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@alexandrite/hack/services'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { RunningTier } from '../src/index.ts'
import { Ledger, figures, itemsPolicy, seeded } from './ledger.ts'
import type { Seen } from './ledger.ts'
import { start } from './tier.ts'

type Redis = Awaited<ReturnType<typeof startRedis>>

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
const OPERATIONS = 6000

let ledger: Ledger
let redis: Redis
let pods: RunningTier[]

const usable = async (): Promise<void> => {
  const deadline = Date.now() + 15_000
  for (const pod of pods)
    while (!(await pod.stats()).store?.usable) {
      if (Date.now() > deadline) throw new Error('the store did not become usable')
      await sleep(10)
    }
}

beforeEach(async () => {
  ledger = await Ledger.start()
  redis = await startRedis()
  pods = []
  for (const pod of ['a', 'b'])
    pods.push(
      await start({
        origin: ledger.url,
        redisUrl: redis.url,
        policy: itemsPolicy,
        pod,
        peers: () => Promise.resolve(pods.flatMap(({ admin }) => (admin ? [admin] : [])))
      })
    )
})

afterEach(async () => {
  await Promise.all(pods.map((pod) => pod.close()))
  await redis.stop()
  await ledger.close()
})

const load = (goOn: (requests: number) => boolean): Promise<Seen> =>
  ledger.load({ tiers: pods, clients: 24, items: 12, writes: 0.15, random: seeded(seed), goOn, pauseMs: 1 })

const report = (what: string, { readMs, writeMs, hits, wrong }: Seen): void =>
  console.log(
    `${what}: seed ${seed}, ${readMs.length} reads (${hits} hits), ${writeMs.length} writes, ${wrong.length} wrong; ` +
      `ms (p50 / p99 / worst): reads ${figures(readMs)}, writes ${figures(writeMs)}`
  )

test('two pods and one Redis: no read shows less than what was acknowledged', async () => {
  await usable()
  const seen = await load((requests) => requests < OPERATIONS)
  report('two pods', seen)
  expect(seen.wrong).toEqual([])
  expect(seen.hits).toBeGreaterThan(OPERATIONS / 10)
}, 120_000)

test('nor while Redis hangs, is killed and comes back empty, again and again', async () => {
  await usable()
  let faults = 0
  const running = load((requests) => requests < OPERATIONS || faults < 4)
  const random = seeded(seed + 1)
  for (; faults < 4; faults += 1) {
    await sleep(200 + 400 * random())
    if (faults % 2 === 0) {
      process.kill(redis.pid, 'SIGSTOP')
      await sleep(100 + 2500 * random())
      process.kill(redis.pid, 'SIGCONT')
    } else {
      const { port } = redis
      await redis.stop()
      await sleep(100 + 500 * random())
      redis = await startRedis({ port })
    }
  }
  const seen = await running
  report('two pods, Redis hung twice and killed twice', seen)
  expect(seen.wrong).toEqual([])
  await usable()
  const after = await load((requests) => requests < 1000)
  expect(after.wrong).toEqual([])
  expect(after.hits).toBeGreaterThan(100)
}, 120_000)
