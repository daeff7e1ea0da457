import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { Agent, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { explainRequest, purgeTier, tierStats } from '../src/index.ts'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import type { Received } from './client.ts'
import { counting, startOrigin } from './origin.ts'
import type { Answer, TestOrigin } from './origin.ts'
import { onWrite, policy, rule, start } from './tier.ts'

let origin: TestOrigin
let tier: RunningTier
let folder: string

const begin = async (answer: Answer, options: Partial<Parameters<typeof start>[0]> = {}): Promise<void> => {
  origin = await startOrigin(answer)
  tier = await start({ origin: origin.url, ...options })
}
const admin = (path: string, sent: Parameters<typeof send>[2] = {}): Promise<Received> =>
  send({ listen: tier.admin ?? { host: '', port: 0 } }, path, sent)
const adminUrl = (): string => `http://127.0.0.1:${tier.admin?.port ?? 0}`

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alexandrite-proxy-'))
})
afterEach(async () => {
  await tier.close()
  await origin.close()
  await rm(folder, { recursive: true })
})

describe('the admin port', () => {
  test('tells health, readiness, policy and metrics, and none of them on the traffic port', async () => {
    await begin(counting({ 'cache-control': 'max-age=60' }), { policy: policy([]) })
    await send(tier, '/a')
    await send(tier, '/a')
    expect((await admin('/healthz')).status).toBe(200)
    expect((await admin('/readyz')).status).toBe(200)
    expect(JSON.parse((await admin('/policy')).body)).toMatchObject({ hash: 'test', tier: 'test/tier' })
    const metrics = (await admin('/metrics')).body
    expect(metrics).toContain('alexandrite_proxy_requests_total{result="hit",rule="none",tier="test/tier"} 1')
    expect(metrics).toContain(
      'alexandrite_proxy_requests_total{result="miss",rule="none",tier="test/tier"} 1'
    )
    expect((await send(tier, '/healthz')).body).toMatch(/^answer/)
    expect(await tierStats(adminUrl())).toMatchObject({ requests: { hit: 1, miss: 2 }, hitRatio: 1 / 3 })
  })

  test.each<[string, number, string, Record<string, string>]>([
    ['without a token', 401, '{"all": true}', {}],
    ['with a wrong one', 403, '{"all": true}', { authorization: 'Bearer wrong' }],
    ['of nothing', 400, '{}', { authorization: 'Bearer secret' }],
    ['of something else', 400, '{"tag": ["a"]}', { authorization: 'Bearer secret' }],
    ['of a key that is no path', 400, '{"keys": ["orders"]}', { authorization: 'Bearer secret' }],
    ['that is no JSON', 400, 'all', { authorization: 'Bearer secret' }]
  ])('refuses a purge %s', async (_name, status, body, headers) => {
    await begin(counting())
    const answer = await admin('/purge', { method: 'POST', body, headers })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String) })
  })

  test('without a configured token purge is off', async () => {
    await begin(counting(), { adminToken: '' })
    expect((await purgeTier(adminUrl(), 'x', { all: true })).status).toBe(403)
  })

  test('purges by key, by tag and everything', async () => {
    const rules = [rule({ path: '/api/:id', ttlMs: 60_000, tags: ['item:{path.id}'] })]
    await begin(counting(), { policy: policy(rules) })
    const targets = ['/api/1?a', '/api/2', '/api/3']
    const bodies = async (): Promise<string[]> => {
      const found: string[] = []
      for (const target of targets) found.push((await send(tier, target)).body)
      return found
    }
    expect(await bodies()).toEqual(['answer 1', 'answer 2', 'answer 3'])
    await purgeTier(adminUrl(), 'secret', { keys: ['/api/1?a'] })
    expect(await bodies()).toEqual(['answer 4', 'answer 2', 'answer 3'])
    await purgeTier(adminUrl(), 'secret', { tags: ['item:2'] })
    expect(await bodies()).toEqual(['answer 4', 'answer 5', 'answer 3'])
    await purgeTier(adminUrl(), 'secret', { all: true })
    expect(await bodies()).toEqual(['answer 6', 'answer 7', 'answer 8'])
  })
})

describe('purge races', () => {
  test('a fill that began before a purge is dead on arrival, and who comes after the purge does not join it', async () => {
    const answers: (() => void)[] = []
    await begin((_request, response) => {
      const mine = answers.length + 1
      answers.push(() => response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`v${mine}`))
    })
    const before = send(tier, '/a')
    while (answers.length < 1) await sleep(5)
    await purgeTier(adminUrl(), 'secret', { all: true })
    const after = send(tier, '/a')
    while (answers.length < 2) await sleep(5)
    answers[1]?.()
    expect((await after).body).toBe('v2')
    answers[0]?.()
    expect((await before).body).toBe('v1')
    expect((await send(tier, '/a')).body).toBe('v2')
  })

  test('readers and writers at random: who reads after a write was answered sees it', async () => {
    let version = 0
    const rules = [
      rule({ path: '/list', ttlMs: 60_000, tags: ['list'], freshness: { staleWhileRevalidateMs: 60_000 } })
    ]
    await begin(
      async (request, response) => {
        if (request.method === 'POST') version += 1
        const seen = version
        await sleep(Math.random() * 5)
        response.end(String(seen))
      },
      { policy: policy(rules, [onWrite('/list', ['list'])]) }
    )
    let answered = 0
    const write = async (): Promise<void> => {
      for (let i = 0; i < 60; i += 1) {
        const { body } = await send(tier, '/list', { method: 'POST' })
        answered = Math.max(answered, Number(body))
        await sleep(Math.random() * 4)
      }
    }
    const read = async (): Promise<void> => {
      for (let i = 0; i < 150; i += 1) {
        const known = answered
        expect(Number((await send(tier, '/list')).body)).toBeGreaterThanOrEqual(known)
      }
    }
    await Promise.all([write(), read(), read(), read()])
  })
})

describe('policy reload', () => {
  const first = policy([rule({ path: '/a', ttlMs: 60_000 })], [], 'one')
  const second = policy([rule({ path: '/a', ttlMs: 60_000 }), rule({ path: '/b', ttlMs: 60_000 })], [], 'two')

  /** As the kubelet does it: a folder, a link to it, and a rename of that link. */
  const mount = async (name: string, text: string): Promise<void> => {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'policy.json'), text)
    await symlink(name, join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  const inEffect = async (): Promise<{ hash?: string; error?: string }> =>
    JSON.parse((await admin('/policy')).body) as { hash?: string; error?: string }

  test('under load no request fails and what is stored stays; a broken file leaves the last good one', async () => {
    await mount('v1', JSON.stringify(first))
    await symlink('..data/policy.json', join(folder, 'policy.json'))
    await begin(counting(), { policyFile: join(folder, 'policy.json') })
    expect((await inEffect()).hash).toBe('one')
    let done = false
    const load = async (): Promise<void> => {
      while (!done) {
        const answer = await send(tier, '/a')
        expect([answer.status, answer.body]).toEqual([200, 'answer 1'])
      }
    }
    await send(tier, '/a')
    const loads = [load(), load()]
    await mount('v2', JSON.stringify(second))
    while ((await inEffect()).hash !== 'two') await sleep(10)
    await mount('v3', '{"formatVersion": 1, "rules": 7}')
    while ((await inEffect()).error === undefined) await sleep(10)
    expect(await inEffect()).toMatchObject({
      hash: 'two',
      error: expect.stringContaining('tier must be an object')
    })
    expect((await admin('/metrics')).body).toContain(
      'alexandrite_proxy_policy_error{tier="default/default"} 1'
    )
    done = true
    await Promise.all(loads)
    await send(tier, '/b')
    expect((await send(tier, '/b')).cache).toContain('hit')
  })

  test('a file that appears later takes effect', async () => {
    await begin(counting(), { policyFile: join(folder, 'later', 'policy.json') })
    expect((await inEffect()).hash).toBeUndefined()
    await mkdir(join(folder, 'later'))
    await writeFile(join(folder, 'later', 'policy.json'), JSON.stringify(first))
    while ((await inEffect()).hash !== 'one') await sleep(10)
  })
})

describe('leaving', () => {
  test('requests under way finish, readiness turns, connections end with their answer', async () => {
    let finish: (() => void) | undefined
    await begin((_request, response) => {
      finish = () => response.end('done')
    })
    const agent = new Agent({ keepAlive: true })
    const request = httpRequest({ host: '127.0.0.1', port: tier.listen.port, path: '/a', agent })
    request.end()
    while (!finish) await sleep(5)
    const closing = tier.close(10_000)
    expect((await admin('/readyz')).status).toBe(503)
    finish()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.resume()
    expect(answer.headers.connection).toBe('close')
    await closing
    agent.destroy()
  })

  test('under load no request fails: clients that are told to leave find another pod', async () => {
    await begin(
      async (_request, response) => {
        await sleep(Math.random() * 10)
        response.end('ok')
      },
      { drainMs: 200 }
    )
    const other = await start({ origin: origin.url })
    let port = tier.listen.port
    let done = false
    let count = 0
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (!done) {
        const request = httpRequest({ host: '127.0.0.1', port, path: '/a', agent })
        request.end()
        const [answer] = (await once(request, 'response')) as [IncomingMessage]
        expect(answer.statusCode).toBe(200)
        await once(answer.resume(), 'end')
        count += 1
      }
      agent.destroy()
    }
    const clients = Array.from({ length: 8 }, client)
    await sleep(100)
    const drained = admin('/drain')
    await sleep(50)
    // The endpoints have changed: new connections go to the other pod.
    port = other.listen.port
    await drained
    await tier.close(10_000)
    await sleep(50)
    done = true
    await Promise.all(clients)
    await other.close()
    expect(count).toBeGreaterThan(50)
  })

  test('GET /drain sends clients elsewhere and refuses nothing', async () => {
    await begin(counting(), { drainMs: 50 })
    expect((await admin('/drain')).status).toBe(200)
    const agent = new Agent({ keepAlive: true })
    const request = httpRequest({ host: '127.0.0.1', port: tier.listen.port, path: '/a', agent })
    request.end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.resume()
    expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close'])
    expect((await admin('/readyz')).status).toBe(200)
    agent.destroy()
  })
})

describe('the process', () => {
  const MAIN = join(import.meta.dirname, '../src/main.ts')
  const run = (env: Record<string, string>, ...args: string[]): ChildProcess =>
    spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = async (child: ChildProcess): Promise<{ code: number | null; text: string }> => {
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, text }
  }

  const running = async () => {
    const child = run({
      ALEXANDRITE_ORIGIN: origin.url,
      ALEXANDRITE_LISTEN: '127.0.0.1:0',
      ALEXANDRITE_ADMIN: '127.0.0.1:0',
      ALEXANDRITE_LOG_LEVEL: 'debug'
    })
    const end = ended(child)
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    const { listen } = JSON.parse(line.toString()) as { listen: string }
    return { child, end, port: Number(listen.split(':')[1]) }
  }

  test.each<[Record<string, string>, RegExp]>([
    [{}, /ALEXANDRITE_ORIGIN is missing: set it to http/],
    [{ ALEXANDRITE_ORIGIN: 'shop:8080' }, /ALEXANDRITE_ORIGIN: "shop:8080" must be http:\/\/HOST:PORT/],
    [
      { ALEXANDRITE_ORIGIN: 'http://a:1', ALEXANDRITE_MEMORY: 'much' },
      /ALEXANDRITE_MEMORY: 'much' is not a size/
    ],
    [
      { ALEXANDRITE_ORIGIN: 'http://a:1', ALEXANDRITE_REDIS_URL: 'mysql://u:p@h' },
      /ALEXANDRITE_REDIS_URL: must be redis/
    ]
  ])('ends with 2 and a sentence for %j', async (env, sentence) => {
    await begin(counting())
    const { code, text } = await ended(run(env))
    expect(code).toBe(2)
    expect(text).toMatch(sentence)
    expect(text).not.toContain('u:p@h')
  })

  test('--help lists the variables', async () => {
    await begin(counting())
    const { code, text } = await ended(run({}, '--help'))
    expect(code).toBe(0)
    expect(text).toContain('ALEXANDRITE_POLICY_FILE')
  })

  test('100 MB stream through in constant memory, to a client slower than the origin', async () => {
    const size = 100 * 1024 * 1024
    const piece = Buffer.alloc(64 * 1024, 'x')
    await begin((_request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' })
      const pieces = function* () {
        for (let sent = 0; sent < size; sent += piece.length) yield piece
      }
      Readable.from(pieces()).pipe(response)
    })
    const { child, port, end } = await running()
    const memory = async (): Promise<number> => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
    }
    const request = httpRequest({ host: '127.0.0.1', port, path: '/big', agent: false })
    request.end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const before = await memory()
    let received = 0
    let most = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const step = Math.floor(received / 10_000_000)
      received += chunk.length
      if (Math.floor(received / 10_000_000) > step) most = Math.max(most, (await memory()) - before)
    }
    child.kill('SIGTERM')
    await end
    expect(received).toBe(size)
    expect(most).toBeLessThan(70 * 1024 * 1024)
  })

  test('SIGTERM lets a request finish and ends with 0; logs carry no query and no token', async () => {
    let finish: (() => void) | undefined
    await begin((_request, response) => {
      finish = () => response.end('done')
    })
    const { child, port, end } = await running()
    const answer = send({ listen: { host: '127.0.0.1', port } }, '/a?secret=1')
    while (!finish) await sleep(5)
    child.kill('SIGTERM')
    await sleep(100)
    finish()
    expect((await answer).body).toBe('done')
    const { code, text } = await end
    expect(code).toBe(0)
    expect(text).not.toContain('secret')
  })
})

test('explain names rule, key, tags, freshness and the reason', async () => {
  await begin(counting())
  const rules = policy([rule({ path: '/a', name: 'a', ttlMs: 1000, tags: ['x'] })])
  expect(explainRequest(rules, { method: 'get', url: 'http://h/a?b', headers: {} })).toMatchObject({
    rule: 'a',
    purgeKey: '/a?b',
    tags: ['x'],
    freshness: { source: 'OriginThenRule', ttlMs: 1000 },
    bypass: undefined
  })
  const authorized = explainRequest(rules, { method: 'GET', url: '/a', headers: { Authorization: 'x' } })
  expect(authorized).toMatchObject({ rule: 'a', bypass: 'Credentials', key: undefined })
})
