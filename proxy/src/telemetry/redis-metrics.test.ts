import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@alexandrite/hack/services'
import { afterEach, describe, expect, test } from '@jest/globals'
import { RespClient } from '../store/resp/client.ts'
import { send } from '../../test/client.ts'
import { counting, startOrigin } from '../../test/origin.ts'
import { start } from '../../test/tier.ts'
import { INFO_FIELDS, parseInfo } from './redis-info.ts'

describe('the answer to INFO', () => {
  test('is read with either end of line, and what is no number is left out', () => {
    const { fields, calls } = parseInfo(
      '# Memory\r\nused_memory:1024\r\nmaxmemory:2048\nmem_fragmentation_ratio:1.25\r\nevicted_keys:none\r\n' +
        'redis_version:8.0.6\r\ncmdstat_get:calls=7,usec=9,usec_per_call=1.28\r\ncmdstat_config|get:calls=1,usec=3\r\n'
    )
    expect(Object.fromEntries(fields)).toEqual({
      used_memory: 1024,
      maxmemory: 2048,
      mem_fragmentation_ratio: 1.25
    })
    expect(Object.fromEntries(calls)).toEqual({ get: 7, 'config|get': 1 })
  })

  test('of nothing is nothing', () => {
    expect(parseInfo('')).toEqual({ fields: new Map(), calls: new Map() })
  })
})

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A tier on that store; asks its admin port for the lines about Redis. */
async function scraped(redisUrl: string): Promise<(accept?: string) => Promise<string[]>> {
  const origin = await startOrigin(counting({ 'cache-control': 'max-age=60' }))
  closing.push(() => origin.close())
  const tier = await start({ origin: origin.url, redisUrl })
  closing.push(() => tier.close())
  return async (accept = '*/*') => {
    const listen = tier.admin ?? { host: '', port: 0 }
    const { body } = await send({ listen }, '/metrics', { headers: { accept } })
    return body.split('\n').filter((line) => line.startsWith('redis_'))
  }
}

const LABELS = '{service="redis",tier="default/default"}'
const valueOf = (lines: readonly string[], name: string): number =>
  Number(lines.find((line) => line.startsWith(`${name}${LABELS}`))?.split(' ')[1] ?? Number.NaN)

describe('of the Redis in its own pod the tier tells', () => {
  test('memory, evictions and commands, as an exporter does', async () => {
    const redis = await startRedis({ maxMemory: '4mb' })
    closing.push(() => redis.stop())
    const lines = await scraped(`unix://${redis.socket}`)
    const before = await lines()
    expect(valueOf(before, 'redis_up')).toBe(1)
    expect(valueOf(before, 'redis_memory_max_bytes')).toBe(4 * 1024 * 1024)
    expect(valueOf(before, 'redis_evicted_keys_total')).toBe(0)
    for (const { name } of INFO_FIELDS) expect([name, valueOf(before, name)]).not.toContain(Number.NaN)
    const client = new RespClient({ url: redis.url })
    closing.push(() => Promise.resolve(client.close()))
    client.connect()
    while (!client.isReady) await sleep(5)
    for (let i = 0; i < 400; i += 1) await client.command(['SET', `key ${i}`, Buffer.alloc(20_000)], 30_000)
    await sleep(300)
    const after = await lines('application/openmetrics-text')
    expect(valueOf(after, 'redis_evicted_keys_total')).toBeGreaterThan(0)
    expect(valueOf(after, 'redis_memory_used_bytes')).toBeGreaterThan(1024 * 1024)
    expect(after).toContainEqual(
      expect.stringMatching(
        /^redis_commands_total\{.*cmd="set".*\} 400$|^redis_commands_total\{cmd="set".*\} 400$/
      )
    )
  }, 60_000)

  test('that it is down once it is away, and nothing else', async () => {
    const redis = await startRedis()
    const lines = await scraped(`unix://${redis.socket}`)
    expect(valueOf(await lines(), 'redis_up')).toBe(1)
    await redis.stop()
    await sleep(300)
    expect(await lines()).toEqual([`redis_up${LABELS} 0`])
  }, 30_000)

  test('nothing when the store is shared: it has an exporter of its own', async () => {
    const redis = await startRedis()
    closing.push(() => redis.stop())
    const lines = await scraped(redis.url)
    expect(await lines()).toEqual([])
  }, 30_000)
})
