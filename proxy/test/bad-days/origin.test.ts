import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { RunningTier, TierOptions } from '../../src/index.ts'
import { send } from '../client.ts'
import type { Received } from '../client.ts'
import { policy, rule, start } from '../tier.ts'
import { BAD_DAYS, startMisbehaving, versionOf } from './misbehaving.ts'
import type { MisbehavingOrigin } from './misbehaving.ts'

const PATIENCE_MS = 300
let origin: MisbehavingOrigin
let tier: RunningTier

const begin = async (
  freshness: { ttlMs: number; staleIfErrorMs?: number },
  options: Partial<TierOptions> = {}
): Promise<void> => {
  const { ttlMs, ...rest } = freshness
  tier = await start({
    origin: origin.url,
    patienceMs: PATIENCE_MS,
    policy: policy([rule({ path: '/*', ttlMs, freshness: rest })]),
    ...options
  })
}

beforeEach(async () => {
  origin = await startMisbehaving()
})
afterEach(async () => {
  await tier.close()
  await origin.close()
})

const whole = ({ status, body }: Received, target: string): number | undefined =>
  status === 200 ? versionOf(target, body) : undefined

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  test.each(BAD_DAYS)(
    'origin %s: who may have a stale answer gets the whole of it, then the new one when it is back',
    async (behaviour) => {
      await begin({ ttlMs: 1, staleIfErrorMs: 600_000 }, { fastPath })
      expect(whole(await send(tier, '/a'), '/a')).toBe(1)
      await sleep(20)
      await origin.behave(behaviour)
      const started = performance.now()
      const answers = await Promise.all(Array.from({ length: 10 }, () => send(tier, '/a')))
      for (const answer of answers) expect([answer.cache, whole(answer, '/a')]).toEqual([answer.cache, 1])
      // One patience, not one for each.
      expect(performance.now() - started).toBeLessThan(10 * PATIENCE_MS)
      await origin.behave('Good')
      // An origin that hung is asked again once in a patience.
      while (whole(await send(tier, '/a'), '/a') === 1) await sleep(20)
      expect(whole(await send(tier, '/a'), '/a')).toBeGreaterThan(1)
    }
  )

  test.each(BAD_DAYS)(
    'origin %s, nothing stored: nobody takes what came for an answer, and it is not stored',
    async (behaviour) => {
      await begin({ ttlMs: 600_000 }, { fastPath })
      await origin.behave(behaviour)
      const late = new AbortController()
      const answers = Array.from({ length: 5 }, () =>
        Promise.race([
          send(tier, '/a').then(
            ({ status }) => status,
            () => 'broken off'
          ),
          sleep(4 * PATIENCE_MS, 'nothing yet', { signal: late.signal })
        ])
      )
      for (const answer of await Promise.all(answers))
        expect(['broken off', 'nothing yet', 502, 503, 504]).toContain(answer)
      late.abort()
      await origin.behave('Good')
      const after = await send(tier, '/a')
      expect(whole(after, '/a')).toBe(origin.hits)
    }
  )
})

test('under load an origin that goes from one bad day to the next fails no client that may have a stale answer', async () => {
  await begin({ ttlMs: 20, staleIfErrorMs: 600_000 })
  const targets = Array.from({ length: 8 }, (_, i) => `/item/${i}`)
  for (const target of targets) await send(tier, target)
  let done = false
  let count = 0
  const client = async (first: number): Promise<void> => {
    for (let i = first; !done; i += 1) {
      const target = targets[i % targets.length] ?? ''
      const answer = await send(tier, target)
      expect([target, answer.status, whole(answer, target) === undefined]).toEqual([target, 200, false])
      count += 1
    }
  }
  const clients = Promise.all([0, 1, 2, 3, 4, 5].map(client))
  for (const behaviour of BAD_DAYS) {
    await origin.behave(behaviour)
    await sleep(400)
    await origin.behave('Good')
    await sleep(100)
  }
  done = true
  await clients
  console.log(`${count} requests, 0 failed`)
})
