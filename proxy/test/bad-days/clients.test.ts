import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier, TierOptions } from '../../src/index.ts'
import { send } from '../client.ts'
import { startOrigin } from '../origin.ts'
import type { Answer, TestOrigin } from '../origin.ts'
import { policy, rule, start } from '../tier.ts'
import { startLoad } from './load.ts'
import { startProcess } from './process.ts'

let origin: TestOrigin
let tier: RunningTier | undefined

const begin = async (answer: Answer, options: Partial<TierOptions> = {}): Promise<RunningTier> => {
  origin = await startOrigin(answer)
  tier = await start({ origin: origin.url, ...options })
  return tier
}
afterEach(async () => {
  await tier?.close()
  tier = undefined
  await origin.close()
})

const times = <T>(n: number, make: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => make(i)))

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  test('500 cold requests for one key are one request to the origin', async () => {
    const running = await begin(
      async (_request, response) => {
        await sleep(1500)
        response.writeHead(200, { 'cache-control': 'max-age=60' }).end('page')
      },
      { fastPath, patienceMs: 20_000 }
    )
    const answers = await times(500, () => send(running, '/page'))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 page']))
    expect(origin.hits).toHaveLength(1)
  })

  test('20 parallel no-store requests wait for the origin once, not one after the other', async () => {
    let together = 0
    let most = 0
    const running = await begin(
      async (request, response) => {
        together += 1
        most = Math.max(most, together)
        await sleep(300)
        together -= 1
        response
          .writeHead(200, { 'cache-control': 'no-store' })
          .end(`for ${String(request.headers['x-who'])}`)
      },
      { fastPath }
    )
    /** Milliseconds, and how many the origin had at once. */
    const round = async (target: string, headers = {}): Promise<readonly [ms: number, most: number]> => {
      most = 0
      const started = performance.now()
      const answers = await times(20, (i) =>
        send(running, target, { headers: { ...headers, 'x-who': String(i) } })
      )
      expect(answers.map(({ body }) => body)).toEqual(answers.map((_, i) => `for ${i}`))
      return [performance.now() - started, most]
    }
    const asked = await round('/asked', { 'cache-control': 'no-store' })
    const cold = await round('/page')
    const known = await round('/page')
    const others = await round('/page?of=another')
    const figures = [asked, cold, known, others].map(([ms]) => `${ms.toFixed(0)} ms`)
    console.log(
      `20 no-store requests, origin 300 ms: asked for, route never seen, known key, known route: ${figures.join(', ')}`
    )
    // Of a route never seen one goes ahead, to see whether its answer can be shared.
    expect([asked, cold, known, others].map(([, atOnce]) => atOnce)).toEqual([20, 19, 20, 20])
    for (const [ms] of [asked, cold, known, others]) expect(ms).toBeLessThan(10 * 300)
    expect(origin.hits).toHaveLength(80)
  })

  test('a client that goes away does not cancel the fill that others wait for', async () => {
    let finish: (() => void) | undefined
    const running = await begin(
      (_request, response) => {
        response.writeHead(200, { 'cache-control': 'max-age=60' })
        response.write('first ')
        finish = () => response.end('last')
      },
      { fastPath }
    )
    const { port } = running.listen
    const leader = httpRequest({ host: '127.0.0.1', port, path: '/page', headers: { host: 'tier.test' } })
    leader.on('error', () => undefined)
    leader.end()
    await once(leader, 'response')
    const others = times(20, () => send(running, '/page'))
    await sleep(100)
    leader.destroy()
    await sleep(100)
    finish?.()
    expect((await others).map(({ body }) => body)).toEqual(Array<string>(20).fill('first last'))
    expect((await send(running, '/page')).cache).toContain('hit')
    expect(origin.hits).toHaveLength(1)
  })

  test('a leader that stalls holds nobody else longer than their patience', async () => {
    let asked = 0
    const running = await begin(
      (_request, response) => {
        asked += 1
        // The first answer begins and stays half; later ones come at once.
        response.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': '4' })
        if (asked === 1) response.write('ha')
        else response.end('page')
      },
      { fastPath, patienceMs: 200 }
    )
    const leader = send(running, '/page').catch(() => 'broken off')
    while (asked === 0) await sleep(5)
    await sleep(300)
    const started = performance.now()
    const others = await times(20, () => send(running, '/page'))
    expect(performance.now() - started).toBeLessThan(10 * 200)
    expect(new Set(others.map(({ body }) => body))).toEqual(new Set(['page']))
    origin.server.closeAllConnections()
    expect(await leader).toBe('broken off')
  })

  test('a client that sends its head or its body too slowly is ended, on either path', async () => {
    const running = await begin(
      (request, response) => void request.resume().on('end', () => response.end('taken')),
      { fastPath, limits: { headTimeoutMs: 500, requestTimeoutMs: 400 } }
    )
    const slow = async (begun: string): Promise<string> => {
      const socket = connect(running.listen.port, '127.0.0.1')
      socket.on('error', () => undefined)
      let text = ''
      socket.on('data', (data) => (text += data.toString('latin1')))
      socket.write(begun)
      const more = setInterval(() => socket.write('x'), 50)
      await new Promise((resolve) => socket.once('close', resolve))
      clearInterval(more)
      return text
    }
    const said = await Promise.all([
      slow('GET /a HTTP/1.1\r\n'),
      slow('POST /a HTTP/1.1\r\nHost: tier.test\r\nContent-Length: 100000\r\n\r\n'),
      // What the fast path hands over.
      slow('POST /a HTTP/1.0\r\nHost: tier.test\r\nContent-Length: 100000\r\n\r\n')
    ])
    for (const text of said) expect(text).not.toContain(' 200 ')
  })

  test('under load the policy is replaced 100 times and no request fails', async () => {
    const rules = (version: number) => [
      rule({ path: '/a/:id', ttlMs: 20 + version, tags: ['a', `v${version % 3}`] }),
      ...(version % 2 === 0 ? [rule({ path: '/b/*', ttlMs: 1000, key: { headers: ['accept'] } })] : [])
    ]
    const running = await begin((request, response) => void response.end(`whole ${request.url}`), {
      fastPath,
      policy: policy(rules(0))
    })
    const load = startLoad({
      clients: 8,
      port: () => running.listen.port,
      target: (n) => `/${n % 2 === 0 ? 'a' : 'b'}/${n % 7}`,
      check: (target, { status, body }) =>
        status === 200 && body === `whole ${target}` ? undefined : `${status} ${body}`
    })
    for (let version = 1; version <= 100; version += 1) {
      running.setPolicy(policy(rules(version), [], `v${version}`))
      await sleep(20)
    }
    const { requests, failures, slowestMs } = await load.stop()
    console.log(
      `100 policies: ${requests} requests, ${failures.length} failed, slowest ${slowestMs.toFixed(0)} ms`
    )
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(100)
  })
})

test('under load a process drains and ends by SIGTERM, and no request fails', async () => {
  origin = await startOrigin(async (request, response) => {
    await sleep(Math.random() * 20)
    response.writeHead(200, { 'cache-control': 'max-age=1' }).end(`whole ${request.url}`)
  })
  const environment = { ALEXANDRITE_DRAIN_SECONDS: '1' }
  const [leaving, staying] = await Promise.all([
    startProcess(origin.url, environment),
    startProcess(origin.url, environment)
  ])
  let { port } = leaving.listen
  const load = startLoad({
    clients: 8,
    port: () => port,
    target: (n) => `/item/${n % 50}`,
    check: (target, { status, body }) =>
      status === 200 && body === `whole ${target}` ? undefined : `${status} ${body}`
  })
  await sleep(500)
  // As Kubernetes does it: preStop, the endpoints change, SIGTERM.
  const drained = send({ listen: leaving.admin }, '/drain')
  await sleep(200)
  port = staying.listen.port
  expect((await drained).status).toBe(200)
  expect(await leaving.stop()).toBe(0)
  await sleep(200)
  const { requests, failures, slowestMs } = await load.stop()
  expect(await staying.stop()).toBe(0)
  console.log(`drain: ${requests} requests, ${failures.length} failed, slowest ${slowestMs.toFixed(0)} ms`)
  expect(failures).toEqual([])
})
