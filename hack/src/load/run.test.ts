import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { runProfile } from '@alexandrite/loadtest'
import type { RunRequest } from '@alexandrite/loadtest'
import { freePort } from '../run.ts'
import { resolveTool } from '../tools.ts'

/** Answers as the APIs' lists do, and notes what it is asked. */
async function startNotebook() {
  const asked: string[] = []
  const ids = Array.from({ length: 25 }, (_, i) => ({ id: i + 1, source: 'SHOP', category: 'Ring' }))
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(request.method === 'POST' ? { id: 7 } : { orders: ids }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = () => new Promise((resolve) => server.close(resolve).closeAllConnections())
  return { url, asked, stop }
}

describe('a run', () => {
  let folder: string
  let notebook: Awaited<ReturnType<typeof startNotebook>>

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alexandrite-run-'))
    notebook = await startNotebook()
  })
  afterEach(async () => {
    await notebook.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const request = async (over: Partial<RunRequest> = {}): Promise<RunRequest> => ({
    profile: 'smoke',
    target: { mes: notebook.url, shop: notebook.url, crm: notebook.url },
    seed: 5,
    duration: 4,
    folder,
    k6: await resolveTool('k6'),
    signal: new AbortController().signal,
    ...over
  })

  it('gives every request by route, and judges them', async () => {
    const { routes, verdicts, endedAt, startedAt, summary } = await runProfile(await request())
    const counted = [...routes.values()].reduce((sum, { count }) => sum + count, 0)
    expect(counted).toBe(summary.http_reqs?.count)
    const page = routes.get('mes GET /api/orders')
    expect(page?.count).toBeGreaterThan(3)
    expect(page?.samples.at.every((at) => at >= startedAt && at <= endedAt)).toBe(true)
    expect(verdicts.find(({ objective }) => objective === 'mes-order-page-latency')).toMatchObject({
      count: page?.count
    })
    expect(readFileSync(join(folder, 'samples.csv'), 'utf8').split('\n')).toHaveLength(counted + 1)
  }, 60_000)

  it('asks the same again for the same seed, and something else for another', async () => {
    const visits = async (seed: number) => {
      notebook.asked.length = 0
      await runProfile(await request({ seed }))
      // Arrivals are an open model: when they come does not depend on the answers.
      return notebook.asked.filter((line) => line.includes('/api/catalogue')).sort()
    }
    const first = await visits(5)
    const shared = (other: string[]) => first.filter((line) => other.includes(line)).length / first.length
    expect(first.length).toBeGreaterThan(10)
    expect(shared(await visits(5))).toBeGreaterThan(0.9)
    const feed = () => readFileSync(join(folder, 'feed.json'), 'utf8')
    const same = feed()
    await visits(6)
    expect(feed()).not.toBe(same)
  }, 90_000)

  it('is refused before it begins when the target does not answer', async () => {
    const mes = `http://127.0.0.1:${await freePort()}`
    const refused = runProfile(await request({ target: { mes, shop: notebook.url } }))
    await expect(refused).rejects.toThrow(
      `${mes}/api/orders?status=MANUFACTURING_APPROVED&page=1 does not answer`
    )
    expect(notebook.asked).toEqual([])
  })

  it('is refused when the judge’s signal is unknown', async () => {
    const refused = runProfile(await request({ objectives: ['mes-order-page-sped'] }))
    await expect(refused).rejects.toThrow('The catalogue has no objective "mes-order-page-sped"')
    expect(notebook.asked).toEqual([])
  })

  it('ends at once when it is interrupted', async () => {
    const interrupted = new AbortController()
    const running = runProfile(
      await request({
        duration: 600,
        signal: interrupted.signal,
        onStart: () => void setTimeout(() => interrupted.abort(new Error('Ctrl-C')), 2000)
      })
    )
    await expect(running).rejects.toThrow('Ctrl-C')
  }, 60_000)
})
