import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import { counting, startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { onWrite, policy, rule, start } from './tier.ts'

let origin: TestOrigin
let tier: RunningTier

const begin = async (answer: Answer, ...options: [Partial<Parameters<typeof start>[0]>?]): Promise<void> => {
  origin = await startOrigin(answer)
  tier = await start({ origin: origin.url, ...options[0] })
}

afterEach(async () => {
  await tier.close()
  await origin.close()
})

describe('plain HTTP caching', () => {
  test('an answer with max-age is a hit the second time, with Age and Cache-Status', async () => {
    await begin(counting({ 'cache-control': 'max-age=60' }))
    const first = await send(tier, '/a')
    const second = await send(tier, '/a')
    expect(first.cache).toMatch(/^Alexandrite; fwd=miss; fwd-status=200; ttl=60; stored/)
    expect(second.cache).toMatch(/^Alexandrite; hit; ttl=(5\d|60)/)
    expect(second.headers.age).toMatch(/^\d$/)
    expect(second.body).toBe('answer 1')
    expect(second.headers['content-length']).toBe('8')
    expect(origin.hits).toHaveLength(1)
  })

  test('an answer without freshness is passed on and not stored', async () => {
    await begin(counting())
    expect((await send(tier, '/a')).body).toBe('answer 1')
    expect((await send(tier, '/a')).body).toBe('answer 2')
  })

  test('HEAD is answered from a stored GET', async () => {
    await begin(counting({ 'cache-control': 'max-age=60' }))
    await send(tier, '/a')
    const head = await send(tier, '/a', { method: 'HEAD' })
    expect(head.cache).toContain('hit')
    expect(head.headers['content-length']).toBe('8')
    expect(head.body).toBe('')
  })

  test('a POST reaches the origin with its body and makes the stored answer of its URL stale', async () => {
    let body = ''
    let version = 1
    await begin((request, response) => {
      if (request.method === 'POST') {
        request.on('data', (chunk) => (body += chunk))
        request.on('end', () => {
          version += 1
          response.writeHead(201).end()
        })
      } else response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`v${version}`)
    })
    expect((await send(tier, '/a')).body).toBe('v1')
    expect((await send(tier, '/a', { method: 'POST', body: 'hello' })).status).toBe(201)
    expect(body).toBe('hello')
    expect((await send(tier, '/a')).body).toBe('v2')
  })

  test('an origin that refuses connections is a 502 with a JSON sentence', async () => {
    await begin(counting())
    await origin.close()
    const answer = await send(tier, '/a')
    expect(answer.status).toBe(502)
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'OriginUnreachable' })
    expect(answer.cache).toContain('Alexandrite; fwd=miss; detail=OriginUnreachable')
  })
})

describe('by policy', () => {
  test("a rule's ttl makes an answer a hit, its tag makes it a miss after a write", async () => {
    const orders = rule({ path: '/api/orders', ttlMs: 60_000, tags: ['orders'] })
    await begin(counting(), { policy: policy([orders], [onWrite('/api/orders/:id/*', ['orders'])]) })
    expect((await send(tier, '/api/orders')).body).toBe('answer 1')
    expect((await send(tier, '/api/orders')).cache).toContain('hit')
    await send(tier, '/api/orders/7/take', { method: 'POST' })
    expect((await send(tier, '/api/orders')).body).toBe('answer 3')
  })
})
