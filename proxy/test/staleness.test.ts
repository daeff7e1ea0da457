import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

let origin: TestOrigin
let tier: RunningTier

const begin = async (answer: Answer, options: Partial<Parameters<typeof start>[0]> = {}): Promise<void> => {
  origin = await startOrigin(answer)
  tier = await start({ origin: origin.url, ...options })
}

afterEach(async () => {
  await tier.close()
  await origin.close()
})

const brief = (freshness: Parameters<typeof rule>[0]['freshness']) =>
  policy([rule({ path: '/*', ttlMs: 50, ...(freshness ? { freshness } : {}) })])

test('within stale-while-revalidate a stale answer is served at once and renewed behind it', async () => {
  let version = 0
  await begin(
    async (_request, response) => {
      version += 1
      const mine = version
      if (mine > 1) await sleep(100)
      response.end(`v${mine}`)
    },
    { policy: brief({ ttlMs: 50, staleWhileRevalidateMs: 60_000 }) }
  )
  await send(tier, '/a')
  await sleep(80)
  const stale = await send(tier, '/a')
  expect(stale.body).toBe('v1')
  expect(stale.cache).toMatch(/Alexandrite; hit; ttl=-1/)
  await sleep(130)
  expect((await send(tier, '/a')).body).toBe('v2')
  expect(origin.hits.length).toBeLessThanOrEqual(3)
})

test('within stale-if-error a stale answer stands in for a 503 and for a refused connection', async () => {
  let broken = false
  await begin(
    (_request, response) => void response.writeHead(broken ? 503 : 200).end(broken ? 'no' : 'good'),
    {
      policy: brief({ ttlMs: 50, staleIfErrorMs: 60_000 })
    }
  )
  await send(tier, '/a')
  await sleep(80)
  broken = true
  const stale = await send(tier, '/a')
  expect(stale).toMatchObject({ status: 200, body: 'good' })
  expect(stale.cache).toContain('fwd=stale; fwd-status=503; detail=stale-if-error')
  await origin.close()
  expect(await send(tier, '/a')).toMatchObject({ status: 200, body: 'good' })
})

test('without stale-if-error the error of the origin is passed on', async () => {
  let broken = false
  await begin((_request, response) => void response.writeHead(broken ? 503 : 200).end(), {
    policy: brief({})
  })
  await send(tier, '/a')
  await sleep(80)
  broken = true
  expect((await send(tier, '/a')).status).toBe(503)
})

test('a stale answer with an ETag is validated, and a 304 renews it', async () => {
  const seen: (string | undefined)[] = []
  await begin((request, response) => {
    seen.push(request.headers['if-none-match'])
    const headers = { etag: '"one"', 'cache-control': 'max-age=0', 'x-count': String(seen.length) }
    if (request.headers['if-none-match'] === '"one"') response.writeHead(304, headers).end()
    else response.writeHead(200, headers).end('body')
  })
  await send(tier, '/a')
  const second = await send(tier, '/a')
  expect(second).toMatchObject({ status: 200, body: 'body' })
  expect(second.headers['x-count']).toBe('2')
  expect(second.cache).toContain('fwd=stale; fwd-status=304')
  expect(seen).toEqual([undefined, '"one"'])
})

test("a client's If-None-Match is answered from the store with 304", async () => {
  await begin((_request, response) => {
    response.writeHead(200, { etag: '"one"', 'cache-control': 'max-age=60' }).end('body')
  })
  await send(tier, '/a')
  const answer = await send(tier, '/a', { headers: { 'if-none-match': 'W/"one"' } })
  expect(answer).toMatchObject({ status: 304, body: '' })
  expect(origin.hits).toHaveLength(1)
})

test('a first request with If-None-Match fills the store with the whole answer', async () => {
  await begin((request, response) => {
    expect(request.headers['if-none-match']).toBeUndefined()
    response.writeHead(200, { etag: '"one"', 'cache-control': 'max-age=60' }).end('body')
  })
  expect((await send(tier, '/a', { headers: { 'if-none-match': '"one"' } })).status).toBe(304)
  expect(await send(tier, '/a')).toMatchObject({ status: 200, body: 'body' })
})

test('only-if-cached without a stored answer is a 504', async () => {
  await begin((_request, response) => void response.end())
  const answer = await send(tier, '/a', { headers: { 'cache-control': 'only-if-cached' } })
  expect(answer.status).toBe(504)
  expect(origin.hits).toHaveLength(0)
})

test('an answer cut off by the origin is not stored', async () => {
  let cut = true
  await begin((_request, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': '10' })
    response.write('12345')
    if (cut) setTimeout(() => response.destroy(), 20)
    else response.end('67890')
  })
  await expect(send(tier, '/a')).rejects.toThrow()
  cut = false
  expect((await send(tier, '/a')).body).toBe('1234567890')
})

test('an answer larger than the limit is passed on whole and not stored', async () => {
  const big = 'x'.repeat(3 * 1024 * 1024)
  await begin((_request, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' })
    response.end(big)
  })
  expect((await send(tier, '/a')).body).toHaveLength(big.length)
  expect((await send(tier, '/a')).body).toHaveLength(big.length)
  expect(origin.hits).toHaveLength(2)
})
