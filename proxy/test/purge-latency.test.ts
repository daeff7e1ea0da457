import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningRedis } from '@alexandrite/hack/services'
import { startRedis } from '@alexandrite/hack/services'
import { purgeTier } from '../src/index.ts'
import type { PeerResolver, RunningTier } from '../src/index.ts'
import { formatAddress } from '../src/http/listen.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

const PODS = 3
const KEYS = 1000
const ROUNDS = 50
/** Of p99 on a machine of its own, in milliseconds. */
const AIM = 20

const keys = Array.from({ length: KEYS }, (_, index) => `/items/${index}?page=${index % 10}`)
const items = policy([rule({ path: '/items/:id', ttlMs: 3_600_000, tags: ['items'] })])

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN

let origin: TestOrigin
/** What the application would say now. */
let version = 0
let redis: RunningRedis

beforeAll(async () => {
  ;[origin, redis] = await Promise.all([
    startOrigin((_request, response) => void response.end(String(version))),
    startRedis()
  ])
}, 600_000)
afterAll(async () => {
  await origin.close()
  await redis.stop()
})

describe.each(['Own', 'Shared'] as const)('a tier of three pods with the store %s', (store) => {
  const tiers: RunningTier[] = []
  const others: PeerResolver = () => Promise.resolve(tiers.flatMap(({ admin }) => admin ?? []))

  beforeAll(async () => {
    for (let pod = 0; pod < PODS; pod += 1)
      tiers.push(
        await start({
          origin: origin.url,
          policy: items,
          pod: `pod-${pod}`,
          peers: others,
          ...(store === 'Shared' && { redisUrl: redis.url, tier: 'test/latency' })
        })
      )
  })
  afterAll(async () => {
    await Promise.all(tiers.splice(0).map((tier) => tier.close()))
  })

  /** What every pod says to each of these requests. */
  const readAll = async (targets: readonly string[]): Promise<Set<string>> => {
    const reads = tiers.flatMap((tier) => targets.map((target) => send(tier, target)))
    return new Set((await Promise.all(reads)).map(({ body }) => body))
  }

  test(`forgets ${KEYS} keys in all pods, in a fraction of the second that a write waits`, async () => {
    const url = `http://${formatAddress(tiers[0]?.admin ?? { host: '', port: 0 })}`
    const times: number[] = []
    let unacknowledged = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const sample = [keys[round] ?? '', keys[KEYS - 1 - round] ?? '']
      expect(await readAll(sample)).toEqual(new Set([String(version)]))
      version += 1
      expect(await readAll(sample)).toEqual(new Set([String(version - 1)]))
      const began = performance.now()
      const { status, report } = await purgeTier(url, 'secret', { keys })
      times.push(performance.now() - began)
      expect(report.pods).toHaveLength(PODS)
      // A store that takes longer than 100 ms is reported; the pods forget all the same.
      if (status !== 200) unacknowledged += 1
      expect(await readAll(sample)).toEqual(new Set([String(version)]))
    }
    times.sort((a, b) => a - b)
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
    console.log(
      `purge of ${KEYS} keys in 3 pods, store ${store}: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`
    )
    expect(unacknowledged).toBeLessThan(ROUNDS / 5)
    // One process plays all pods, on a machine that does other things: the slowest says little here.
    expect(p50).toBeLessThan(AIM * 10)
  }, 120_000)
})
