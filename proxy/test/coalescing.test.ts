import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { ServerResponse } from 'node:http'
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

const times = <T>(n: number, make: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => make(i)))

const waitFor = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(5)
}

test('50 concurrent cold GETs are one request to the origin', async () => {
  await begin(async (_request, response) => {
    await sleep(100)
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end('page')
  })
  const answers = await times(50, () => send(tier, '/page'))
  expect(origin.hits).toHaveLength(1)
  expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['page']))
  expect(answers.filter(({ cache }) => /collapsed|hit/.test(cache))).toHaveLength(49)
})

test('waiters get the body as it arrives, not when it is complete', async () => {
  let finish: (() => void) | undefined
  await begin((_request, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' })
    response.write('first ')
    finish = () => response.end('last')
  })
  const first = send(tier, '/page')
  await waitFor(() => finish !== undefined)
  const request = httpRequest({
    host: '127.0.0.1',
    port: tier.listen.port,
    path: '/page',
    agent: false,
    headers: { host: 'tier.test' }
  })
  request.end()
  const [waiter] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
  const [chunk] = (await once(waiter, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('first ')
  finish?.()
  await once(waiter.resume(), 'end')
  expect((await first).body).toBe('first last')
  expect(origin.hits).toHaveLength(1)
})

test('20 parallel answers that say no-store reach 20 clients, each its own, and not one after the other', async () => {
  let active = 0
  let most = 0
  let count = 0
  await begin(async (_request, response) => {
    count += 1
    const mine = count
    active += 1
    most = Math.max(most, active)
    await sleep(150)
    active -= 1
    response.writeHead(200, { 'cache-control': 'no-store' }).end(`private ${mine}`)
  })
  const answers = await times(20, () => send(tier, '/me'))
  expect(new Set(answers.map(({ body }) => body)).size).toBe(20)
  expect(most).toBeGreaterThanOrEqual(15)
})

test('after an uncacheable answer requests for the key do not wait for one another', async () => {
  let active = 0
  let most = 0
  await begin(async (_request, response) => {
    active += 1
    most = Math.max(most, active)
    await sleep(100)
    active -= 1
    response.writeHead(200, { 'cache-control': 'no-store' }).end('x')
  })
  await send(tier, '/me')
  const answers = await times(10, () => send(tier, '/me'))
  expect(most).toBe(10)
  expect(answers.every(({ cache }) => cache.includes('hit-for-miss'))).toBe(true)
})

/** Answers once so many requests are there. */
const together = (count: number, answer: (response: ServerResponse) => void) => {
  let waiting: ServerResponse[] = []
  return (response: ServerResponse): void => {
    waiting.push(response)
    if (waiting.length < count) return
    for (const one of waiting) answer(one)
    waiting = []
  }
}

test('where answers of the same route were for one alone, a key never asked for is not waited for either', async () => {
  const secret = (response: ServerResponse): void =>
    void response.writeHead(200, { 'cache-control': 'no-store' }).end('x')
  const all = together(20, secret)
  await begin((request, response) => (request.url === '/me/1' ? secret(response) : all(response)), {
    patienceMs: 60_000
  })
  await send(tier, '/me/1')
  const answers = await times(20, () => send(tier, '/me/2'))
  expect(answers.map(({ body }) => body)).toEqual(Array<string>(20).fill('x'))
  expect(origin.hits).toHaveLength(21)
})

test('where the guess is wrong, a burst is bounded, stored, and the next one is one request', async () => {
  await begin(async (request, response) => {
    await sleep(200)
    const control = request.url === '/item/1' ? 'no-store' : 'max-age=60'
    response.writeHead(200, { 'cache-control': control }).end('page')
  })
  await send(tier, '/item/1')
  const burst = await times(200, () => send(tier, '/item/2'))
  expect(new Set(burst.map(({ body }) => body))).toEqual(new Set(['page']))
  expect(origin.hits.length - 1).toBeLessThanOrEqual(65)
  expect((await send(tier, '/item/2')).cache).toContain('hit')
  const before = origin.hits.length
  await times(200, () => send(tier, '/item/3'))
  expect(origin.hits.length - before).toBe(1)
})

test('an error says nothing about its route', async () => {
  await begin(async (request, response) => {
    await sleep(50)
    if (request.url === '/item/1') response.writeHead(404).end('none')
    else response.writeHead(200, { 'cache-control': 'max-age=60' }).end('page')
  })
  await send(tier, '/item/1')
  await times(20, () => send(tier, '/item/2'))
  expect(origin.hits).toHaveLength(2)
})

test('a leader that stalls holds the others no longer than their patience', async () => {
  let first: ServerResponse | undefined
  await begin(
    (_request, response) => {
      if (first) response.writeHead(200, { 'cache-control': 'max-age=60' }).end('quick')
      else first = response
    },
    { patienceMs: 200 }
  )
  const leader = send(tier, '/page')
  await waitFor(() => first !== undefined)
  const answers = await times(5, () => send(tier, '/page'))
  expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 5 }, () => 'quick'))
  first?.end('slow')
  expect((await leader).body).toBe('slow')
})

test('a body that stalls before its first byte holds the others no longer than their patience', async () => {
  let first: ServerResponse | undefined
  await begin(
    (_request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' })
      if (first) response.end('quick')
      else {
        first = response
        response.flushHeaders()
      }
    },
    { patienceMs: 200 }
  )
  const leader = send(tier, '/page')
  await waitFor(() => first !== undefined)
  expect((await send(tier, '/page')).body).toBe('quick')
  first?.end('slow')
  expect((await leader).body).toBe('slow')
})

test("a leader's client that leaves does not take the answer from the others", async () => {
  let answer: ServerResponse | undefined
  await begin((_request, response) => {
    answer = response
  })
  const leader = httpRequest({
    host: '127.0.0.1',
    port: tier.listen.port,
    path: '/page',
    agent: false,
    headers: { host: 'tier.test' }
  })
  leader.on('error', () => undefined)
  leader.end()
  await waitFor(() => answer !== undefined)
  const waiter = send(tier, '/page')
  await sleep(50)
  leader.destroy()
  await sleep(50)
  answer?.writeHead(200, { 'cache-control': 'max-age=60' }).end('page')
  expect((await waiter).body).toBe('page')
  expect(origin.hits).toHaveLength(1)
})

test('a leader whose origin fails lets the others ask for themselves', async () => {
  let count = 0
  await begin(async (request, response) => {
    count += 1
    // The first is tried twice, since a closing connection looks the same.
    if (count <= 2) {
      await sleep(100)
      request.socket.destroy()
    } else response.writeHead(200, { 'cache-control': 'max-age=60' }).end('page')
  })
  const [leader, waiter] = await Promise.all([send(tier, '/page'), sleep(30).then(() => send(tier, '/page'))])
  expect(leader.status).toBe(502)
  expect(waiter.body).toBe('page')
})

test('requests that Vary tells apart get their own answers', async () => {
  await begin(async (request, response) => {
    await sleep(50)
    const language = String(request.headers['accept-language'])
    response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'Accept-Language' }).end(language)
  })
  const ask = (language: string) => send(tier, '/page', { headers: { 'accept-language': language } })
  const [german, english] = await Promise.all([ask('de'), ask('en')])
  expect([german.body, english.body]).toEqual(['de', 'en'])
  expect((await ask('de')).cache).toContain('hit')
  expect((await ask('en')).body).toBe('en')
})

test('requests with credentials never wait for, or get, one another’s answers', async () => {
  await begin(async (request, response) => {
    await sleep(50)
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end(String(request.headers.authorization))
  })
  const answers = await times(5, (i) => send(tier, '/me', { headers: { authorization: `user ${i}` } }))
  expect(answers.map(({ body }) => body)).toEqual([0, 1, 2, 3, 4].map((i) => `user ${i}`))
})

test('a rule by identity header keeps one answer for each identity', async () => {
  const key = { identity: { kind: 'Header' as const, header: 'Authorization' } }
  await begin(
    (request, response) => void response.writeHead(200).end(String(request.headers.authorization)),
    {
      policy: policy([rule({ path: '/me', ttlMs: 60_000, key })])
    }
  )
  const ask = (user: string) => send(tier, '/me', { headers: { authorization: user } })
  expect((await ask('a')).body).toBe('a')
  expect((await ask('b')).body).toBe('b')
  expect(await ask('a')).toMatchObject({ body: 'a', cache: expect.stringContaining('hit') })
})
