/*
 * A Redis that pods share remembers so many purged marks; what it forgets must stay dead, and what was stored since
 * must stay.
 */
import { startRedis } from '@alexandrite/hack/services'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { PURGE } from '../src/epochs/scripts.ts'
import { seeded } from './ledger.ts'
import { counting, startOrigin } from './origin.ts'
import { connectTo } from './redis-client.ts'
import type { TestRedis } from './redis-client.ts'
import { send } from './client.ts'
import { policy, rule, start } from './tier.ts'

const MAX_FIELDS = 200

let server: Awaited<ReturnType<typeof startRedis>>
let redis: TestRedis

beforeEach(async () => {
  server = await startRedis()
  redis = await connectTo(server.url)
})

afterEach(async () => {
  redis.close()
  await server.stop()
})

const fieldsOf = async (hash: string): Promise<Map<string, string>> => {
  const flat = (await redis.command(['HGETALL', hash])) as Buffer[]
  const fields = new Map<string, string>()
  for (let i = 0; i < flat.length; i += 2) fields.set(String(flat[i]), String(flat[i + 1]))
  return fields
}

test('each purge is known by its mark or by the floor, and most of the newest by their marks', async () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
  const random = seeded(seed)
  const last = new Map<string, number>()
  for (let epoch = 1; epoch <= 3000; epoch += 1) {
    const count = 1 + Math.floor(random() * 3)
    const marks = [...new Set(Array.from({ length: count }, () => `t:${Math.floor(random() * 900)}`))]
    for (const mark of marks) last.set(mark, epoch)
    await redis.command(['EVAL', PURGE, '1', 'h', 'generation', 'channel', String(MAX_FIELDS), ...marks])
  }
  const fields = await fieldsOf('h')
  const floor = Number(fields.get('#floor'))
  const unknown = [...last].filter(([mark, epoch]) => Number(fields.get(mark)) !== epoch && epoch > floor)
  expect({ seed, unknown }).toEqual({ seed, unknown: [] })
  expect(fields.size).toBeLessThanOrEqual(MAX_FIELDS)
  expect(fields.get('#generation')).toBe('generation')
  expect(fields.get('#clock')).toBe('3000')
  // Some 100 purges fill it; the floor is what a sample takes for the oldest quarter.
  const above = [...last.values()].filter((epoch) => epoch > floor)
  expect({ seed, enough: above.length > MAX_FIELDS / 4 }).toEqual({ seed, enough: true })
})

test('many marks at once are all known, however few are remembered', async () => {
  const marks = Array.from({ length: 5000 }, (_, i) => `t:${i}`)
  await redis.command(['EVAL', PURGE, '1', 'h', 'generation', 'channel', String(MAX_FIELDS), ...marks], 5000)
  const fields = await fieldsOf('h')
  expect(fields.size).toBeLessThanOrEqual(MAX_FIELDS)
  expect(fields.get('#floor')).toBe('1')
})

test('what the store forgot is dead to a pod that reads its answer, and to one that comes later', async () => {
  const origin = await startOrigin(counting({ 'cache-control': 'max-age=600' }))
  const options = { origin: origin.url, redisUrl: server.url, policy: policy([rule({ path: '/page/:id' })]) }
  const first = await start(options)
  await send(first, '/page/1')
  expect((await send(first, '/page/1')).cache).toContain('hit')
  const [hash = ''] = await redis.keys('*epochs')
  const clock = Number((await fieldsOf(hash)).get('#clock') ?? 0)
  // As if the mark of /page/1 was purged and forgotten, and no message came.
  await redis.command(['HSET', hash, '#clock', String(clock + 1), '#floor', String(clock + 1)])
  const second = await start(options)
  expect((await send(second, '/page/1')).body).toBe('answer 2')
  expect((await send(second, '/page/1')).cache).toContain('hit')
  await Promise.all([first.close(), second.close()])
  await origin.close()
})
