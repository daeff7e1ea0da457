import { startRedis } from '@alexandrite/hack/services'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../src/index.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { exchange } from './raw/raw-client.ts'
import { policy, rule, start } from './tier.ts'

let origin: TestOrigin
let redis: Awaited<ReturnType<typeof startRedis>>
/** Each with nothing in memory: one reads the epochs of the store with each answer, the other has its own. */
let tiers: Record<'shared' | 'own', RunningTier>

const answering = (): Promise<TestOrigin> =>
  startOrigin((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://h')
    const fresh = { 'content-type': 'text/plain', 'cache-control': 'max-age=600' }
    if (pathname === '/undated') {
      response.sendDate = false
      return void response.writeHead(200, { ...fresh, 'x-undated': 'yes' }).end('undated')
    }
    if (pathname === '/none') return void response.writeHead(404, fresh).end('nothing here')
    if (pathname === '/empty') return void response.writeHead(204, fresh).end()
    if (pathname === '/aged') return void response.writeHead(200, { ...fresh, age: '30' }).end('aged')
    if (pathname === '/large') return void response.writeHead(200, fresh).end('x'.repeat(300_000))
    if (pathname === '/via') return void response.writeHead(200, { ...fresh, via: '1.0 other' }).end('via')
    if (pathname === '/vary') {
      const vary = { ...fresh, vary: 'Accept-Language' }
      return void response.writeHead(200, vary).end(`for ${request.headers['accept-language']}`)
    }
    if (pathname === '/chunked') {
      response.writeHead(200, { ...fresh, 'x-name': 'caf\u00e9' })
      response.write('one ')
      return void response.end('two')
    }
    return void response.writeHead(200, { ...fresh, etag: '"v1"' }).end('plain')
  })

beforeAll(async () => {
  origin = await answering()
  redis = await startRedis()
  const common = {
    origin: origin.url,
    memoryBytes: 0,
    policy: policy([rule({ path: '/ruled', tags: ['a', 'b'] })])
  }
  tiers = {
    shared: await start({ ...common, redisUrl: redis.url, tier: 'test/shared' }),
    own: await start({ ...common, redisUrl: `unix://${redis.socket}`, tier: 'test/own' })
  }
})

afterAll(async () => {
  await Promise.all([tiers.shared.close(), tiers.own.close()])
  await redis.stop()
  await origin.close()
})

/** Without the time that passes between two of them; a Date that the tier adds has no place of its own. */
const timeless = (text: string): string => {
  const same = text.replace(/^Age: \d+/m, 'Age: 0').replace(/ttl=\d+/, 'ttl=600')
  return same.includes('x-undated') ? `${same.replace(/^Date: .*\r\n/m, '')} ${/^Date: /m.test(same)}` : same
}

/** All bytes of a hit. */
const hit = async (tier: RunningTier, request: string): Promise<string> => {
  const deadline = Date.now() + 20_000
  for (;;) {
    const { text } = await exchange(tier.listen.port, [request])
    if (/^Cache-Status: Alexandrite; hit/m.test(text)) return timeless(text)
    if (Date.now() > deadline) throw new Error(`no hit: ${text.slice(0, 1000)}`)
  }
}

const CASES: readonly (readonly [string, string])[] = [
  ['plain', 'GET /plain'],
  ['under a rule with tags', 'GET /ruled'],
  ['to HEAD', 'HEAD /plain'],
  ['404', 'GET /none'],
  ['204', 'GET /empty'],
  ['with an Age of its own', 'GET /aged'],
  ['large', 'GET /large'],
  ['without a Date', 'GET /undated'],
  ['with a Via', 'GET /via'],
  ['that came in chunks', 'GET /chunked'],
  ['selected by Vary', 'GET /vary']
]

describe.each(['shared', 'own'] as const)('an answer from a store with epochs of the kind "%s"', (kind) => {
  test.each(CASES)('%s is the same bytes as the engine sends', async (_name, line) => {
    const head = `${line} HTTP/1.1\r\nHost: tier.test\r\nAccept-Language: ru\r\n`
    const closing = 'Connection: close\r\n\r\n'
    // A field that takes part in decisions leaves the request to the engine.
    const byEngine = await hit(tiers[kind], `${head}Pragma: none\r\n${closing}`)
    // Several times: a head that comes again is not made again.
    for (let i = 0; i < 3; i += 1) expect(await hit(tiers[kind], head + closing)).toBe(byEngine)
  })

  test('is counted as one hit', async () => {
    const tier = tiers[kind]
    const line = 'GET /plain HTTP/1.1\r\nHost: tier.test\r\nConnection: close\r\n\r\n'
    await hit(tier, line)
    const before = (await tier.stats()).requests.hit ?? 0
    await hit(tier, line)
    expect((await tier.stats()).requests.hit).toBe(before + 1)
  })
})
