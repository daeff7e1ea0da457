import { get as httpGet } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { LiveView } from '../src/telemetry/live-view.ts'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

let origin: TestOrigin
let tier: RunningTier

beforeEach(async () => {
  origin = await startOrigin(async (request, response) => {
    if (request.url?.startsWith('/slow')) await sleep(400)
    if (request.url?.startsWith('/private')) response.setHeader('cache-control', 'no-store')
    response.end('answer')
  })
  const rules = [
    rule({ path: '/api/orders', name: 'order-list', ttlMs: 60_000 }),
    rule({ path: '/slow/:id', name: 'slow', ttlMs: 60_000 })
  ]
  tier = await start({ origin: origin.url, policy: policy(rules), pod: 'pod-1' })
})
afterEach(async () => {
  await tier.close()
  await origin.close()
})

const adminPort = (): number => tier.admin?.port ?? 0
const admin = (path: string) => send({ listen: { host: '127.0.0.1', port: adminPort() } }, path)

/** The events of GET /live/events as they come. */
const watch = async () => {
  const request = httpGet({ host: '127.0.0.1', port: adminPort(), path: '/live/events', agent: false })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => undefined)
  answer.on('error', () => undefined)
  const views: LiveView[] = []
  const names: string[] = []
  let text = ''
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('event: ')) names.push(line.slice(7))
      else if (line.startsWith('data: {"tier"')) views.push(JSON.parse(line.slice(6)) as LiveView)
    }
  })
  const until = async (fits: (view: LiveView) => boolean): Promise<LiveView> => {
    const deadline = Date.now() + 20_000
    for (;;) {
      const found = views.findLast(fits)
      if (found) return found
      if (Date.now() > deadline)
        throw new Error(`none of ${views.length} views fits: ${JSON.stringify(views.at(-1))}`)
      await sleep(20)
    }
  }
  return { answer, names, views, until, leave: () => request.destroy() }
}

describe('the events of the live page', () => {
  test('show rates, rules, keys without their values, what passes by and what is not stored', async () => {
    const watcher = await watch()
    for (let i = 0; i < 9; i += 1) await send(tier, '/api/orders?status=NEW&token=secret')
    await send(tier, '/slow/1?token=secret')
    await send(tier, '/api/orders', { method: 'POST' })
    await send(tier, '/private')
    const view = await watcher.until(({ bypassed, notStored }) => bypassed.length > 0 && notStored.length > 0)
    expect(view).toMatchObject({ tier: 'test/tier', pods: ['pod-1'], policies: ['test'] })
    expect(view.rules.find((one) => one.rule === 'order-list')).toMatchObject({ hitRatio: 8 / 9 })
    expect(view.hottest[0]).toEqual({
      key: 'tier.test/api/orders?status=…&token=…',
      hits: expect.any(Number)
    })
    expect(view.slowest[0]).toMatchObject({ key: 'GET /slow/1?token=…' })
    expect(view.slowest[0]?.ms).toBeGreaterThan(390)
    expect(view.bypassed).toMatchObject([{ why: 'Method', rule: 'none', total: 1 }])
    expect(view.notStored).toMatchObject([{ why: 'NoStore', rule: 'none', total: 1 }])
    expect(view.perSecond).toBeGreaterThan(0)
    expect(view.origin.p95Ms).toBeGreaterThan(0)
    expect(view.store).toBeUndefined()
    expect(JSON.stringify(watcher.views)).not.toMatch(/secret|NEW/)
    watcher.leave()
  })

  test('come to 32 watchers at most, and a place that is left is free again', async () => {
    const watchers = await Promise.all(Array.from({ length: 32 }, watch))
    const refused = await watch()
    expect(refused.answer.statusCode).toBe(503)
    watchers[0]?.leave()
    const deadline = Date.now() + 20_000
    let next = await watch()
    while (next.answer.statusCode !== 200 && Date.now() < deadline) next = await watch()
    expect(next.answer.statusCode).toBe(200)
    for (const watcher of [...watchers, next]) watcher.leave()
  })

  test('say that they end when the tier does, and do not hold it up', async () => {
    const watcher = await watch()
    await watcher.until(() => true)
    const started = performance.now()
    await tier.close()
    expect(performance.now() - started).toBeLessThan(5000)
    if (!watcher.answer.closed) await once(watcher.answer, 'close')
    expect(watcher.names).toEqual(['end'])
  })
})

test('the live page loads nothing from elsewhere and allows its own script and style only', async () => {
  const { status, headers, body } = await admin('/live')
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-/
  )
  expect(body).not.toMatch(/https?:\/\//)
  expect(body).toContain('lang="en"')
})

test('/stats counts by rule and reason, and names no value of a query', async () => {
  await send(tier, '/api/orders?token=secret')
  await send(tier, '/api/orders?token=secret')
  await send(tier, '/api/orders', { method: 'DELETE' })
  const { body } = await admin('/stats')
  expect(JSON.parse(body)).toMatchObject({
    requests: { hit: 1, miss: 1, pass: 1 },
    rules: [{ rule: 'order-list', requests: { hit: 1, miss: 1 } }, { rule: 'none' }],
    bypassed: [{ why: 'Method', rule: 'none', count: 1 }],
    origin: { ok: 2, errors: 0 }
  })
  expect(body).not.toContain('secret')
})
