import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startChromium } from '@alexandrite/hack/chromium'
import type { BrowserPage, RunningBrowser } from '@alexandrite/hack/chromium'
import type { RunningTier } from '../src/index.ts'
import { send } from './client.ts'
import { startOrigin } from './origin.ts'
import type { TestOrigin } from './origin.ts'
import { policy, rule, start } from './tier.ts'

let origin: TestOrigin
let tier: RunningTier
let browser: RunningBrowser
let page: BrowserPage

const text = async (selector: string): Promise<string> =>
  String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`))

const eventually = async (selector: string, pattern: RegExp): Promise<string> => {
  const deadline = Date.now() + 30_000
  for (;;) {
    const seen = await text(selector)
    if (pattern.test(seen)) return seen
    if (Date.now() > deadline) throw new Error(`${selector} shows ${JSON.stringify(seen)}, not ${pattern}`)
    await sleep(50)
  }
}

/** A picture for people, where ALEXANDRITE_SCREENSHOTS names a folder. */
const picture = async (name: string): Promise<Buffer> => {
  const png = await page.screenshot()
  const folder = process.env.ALEXANDRITE_SCREENSHOTS
  if (folder !== undefined) await writeFile(`${folder}/${name}.png`, png)
  return png
}

beforeAll(async () => {
  origin = await startOrigin(async (request, response) => {
    if (request.url?.startsWith('/api/reports')) await sleep(120)
    if (request.url?.startsWith('/me')) response.setHeader('cache-control', 'private')
    response.end('answer')
  })
  const rules = [
    rule({ path: '/api/orders', name: 'order-list', ttlMs: 60_000 }),
    rule({ path: '/api/reports/:id', name: 'reports', ttlMs: 60_000 })
  ]
  tier = await start({ origin: origin.url, policy: policy(rules), pod: 'mes-api-0' })
  browser = await startChromium()
  page = await browser.open(`http://127.0.0.1:${tier.admin?.port ?? 0}/live`)
}, 600_000)
afterAll(async () => {
  await browser.close()
  await tier.close()
  await origin.close()
})

const traffic = async (): Promise<void> => {
  for (let i = 0; i < 30; i += 1) await send(tier, '/api/orders?status=NEW&page=2')
  await send(tier, `/api/reports/7?<b>token</b>=secret`)
  await send(tier, '/api/orders', { method: 'POST' })
  await send(tier, '/me')
}

describe('the live page in a browser', () => {
  test('shows the tier, and its numbers change while it is open', async () => {
    expect(await eventually('#tier', /./)).not.toBe('')
    await eventually('#state', /^live$/)
    await eventually('#rate', /^0\.00 \/s$/)
    await traffic()
    await eventually('#rate', /^[1-9]/)
    await eventually('#ratio', /^\d+\.\d %$/)
    expect(await eventually('#rules', /order-list/)).toMatch(/order-list\s+[\d.]+\s+96\.7 %/)
    await eventually('#hottest', /tier\.test\/api\/orders\?status=…&page=…/)
    await eventually('#slowest', /GET \/api\/reports\/7\?<b>token<\/b>=…/)
    await eventually('#bypassed', /Method\s+none/)
    await eventually('#notstored', /Private|none/)
    expect(await text('#store')).toBe('memory only')
    const before = await text('#hottest')
    await traffic()
    while ((await text('#hottest')) === before) await sleep(50)
    expect(await text('body')).not.toContain('secret')
  })

  test('stops and goes on by keyboard alone', async () => {
    await page.press('Tab')
    expect(await page.evaluate('document.activeElement.id')).toBe('pause')
    await page.press('Enter')
    await eventually('#state', /^paused$/)
    const before = await text('#hottest')
    await traffic()
    await sleep(1500)
    expect(await text('#hottest')).toBe(before)
    await page.press('Enter')
    await eventually('#state', /^live$/)
    while ((await text('#hottest')) === before) await sleep(50)
  })

  test.each(['light', 'dark'] as const)(
    'is drawn for %s surroundings and never wider than the window',
    async (scheme) => {
      await page.colorScheme(scheme)
      for (const width of [1280, 420]) {
        await page.size(width, 800)
        expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
        expect((await picture(`live-${scheme}-${width}`)).length).toBeGreaterThan(10_000)
      }
      const [ink, back] = (await page.evaluate(
        `(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.body))`
      )) as [string, string]
      const bright = (colour: string): number => Number(/\d+/.exec(colour)?.[0])
      expect(bright(ink) < bright(back)).toBe(scheme === 'light')
    }
  )

  test('says when the pod has ended', async () => {
    await tier.close()
    await eventually('#state', /^The pod has ended\.$/)
  })
})
