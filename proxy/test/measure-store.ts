/*
 * CPU microseconds of a read of L2, with 64 under way: node proxy/test/measure-store.ts
 * (of this process: command, reply, decoding; and of Redis).
 */
import { readFileSync } from 'node:fs'
import { startRedis } from '@alexandrite/hack/services'
import { Breaker } from '../src/store/breaker.ts'
import type { Entry } from '../src/store/entry.ts'
import { Guard } from '../src/store/guard.ts'
import { RespClient } from '../src/store/resp/client.ts'
import { SharedStore } from '../src/store/shared-store.ts'
import { connectTo } from './redis-client.ts'

const READS = 200_000
const MARKS = ['*', 'u:tier.test/items/1', 't:items']
const FIELDS = [
  ['Content-Type', 'application/json'],
  ['Cache-Control', 'max-age=60, public'],
  ['ETag', '"abcdef"'],
  ['Date', 'Sun, 22 Nov 2026 10:00:00 GMT'],
  ['Content-Length', '2048'],
  ['Vary', 'Accept-Encoding'],
  ['Server', 'origin/1.0'],
  ['X-Request-Id', 'abcdef012345678']
]
const ENTRY: Entry = {
  kind: 'Answer',
  head: { status: 200, statusText: 'OK', headers: FIELDS.flat(), requestedAt: 1, receivedAt: 2, jitter: 0.5 },
  body: Buffer.alloc(2048, 'x'),
  vary: [],
  marks: MARKS,
  stamp: { generation: 'g', epoch: 3 }
}

const cpuMicros = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const redis = await startRedis()
const admin = await connectTo(redis.url)
await admin.command(['HSET', 'measure:epochs', '#generation', 'g', '#clock', '7', '#floor', '0'])

const measure = async (url: string, keys: number, marks: readonly string[] | undefined): Promise<string> => {
  const client = new RespClient({ url })
  client.connect()
  while (!client.isReady) await new Promise((resolve) => setTimeout(resolve, 5))
  const store = new SharedStore(new Guard(client, new Breaker(), () => undefined), 'measure:')
  const names = Array.from({ length: keys }, (_, i) => `rule||tier.test/items/${i}`)
  for (const name of names) await store.write(name, ENTRY, 600_000)
  let best = { own: Infinity, redis: Infinity, missed: 0 }
  for (let round = 0; round < 5; round += 1) {
    let [begun, missed] = [0, 0]
    const [before, ofRedis] = [process.cpuUsage(), cpuMicros(redis.pid)]
    const reader = async (): Promise<void> => {
      while (begun < READS) {
        const name = names[begun++ % keys] ?? ''
        const { record } = await store.read(name, marks, 1000)
        if (!record) missed += 1
      }
    }
    await Promise.all(Array.from({ length: 64 }, reader))
    const { user, system } = process.cpuUsage(before)
    const own = (user + system) / READS
    if (own < best.own) best = { own, redis: (cpuMicros(redis.pid) - ofRedis) / READS, missed }
  }
  client.close()
  const scope = marks ? 'with epochs' : 'alone'
  return `${url.slice(0, 5)} ${keys} keys, ${scope}: ${best.own.toFixed(1)} us, Redis ${best.redis.toFixed(1)} us, ${best.missed} missed`
}

for (const keys of [1, 1000, 10_000]) {
  console.log(await measure(`unix://${redis.socket}`, keys, undefined))
  console.log(await measure(redis.url, keys, MARKS))
}
admin.close()
await redis.stop()
