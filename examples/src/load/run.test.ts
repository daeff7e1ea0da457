import { createServer, request as send } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { quiet, seededDatabase } from '../../test/database.ts'
import type { SeededDatabase } from '../../test/database.ts'
import { createMesApi } from '../mes/api.ts'
import type { Service } from '../service.ts'
import { createShopApi } from '../shop/api.ts'
import { LOAD_DEFAULTS, runLoad } from './run.ts'
import type { LoadReport } from './run.ts'

/** A cache as it must not be: keeps each GET's first answer for good. */
function naiveCache(origin: string): Server {
  const kept = new Map<string, { status: number; body: Buffer }>()
  return createServer((request, response) => {
    const key = `${request.url} ${request.headers.authorization ?? ''}`
    const hit = request.method === 'GET' ? kept.get(key) : undefined
    if (hit !== undefined) {
      response
        .writeHead(hit.status, { 'content-type': 'application/json', 'cache-status': 'naive; hit' })
        .end(hit.body)
      return
    }
    const upstream = send(
      origin + (request.url ?? ''),
      { method: request.method, headers: request.headers },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const body = Buffer.concat(chunks)
          const status = answer.statusCode ?? 500
          if (request.method === 'GET') kept.set(key, { status, body })
          response
            .writeHead(status, { 'content-type': 'application/json', 'cache-status': 'naive; fwd=miss' })
            .end(body)
        })
      }
    )
    request.pipe(upstream)
  })
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the load', () => {
  let database: SeededDatabase
  let apis: Service[]
  let mes: string
  let shop: string

  beforeAll(async () => {
    database = await seededDatabase()
    apis = [createMesApi(quiet(database.url)), createShopApi(quiet(database.url))]
    const [first, second] = await Promise.all(
      apis.map(({ app }) => app.listen({ host: '127.0.0.1', port: 0 }))
    )
    mes = first ?? ''
    shop = second ?? ''
  })
  afterAll(async () => {
    await Promise.all(apis.map(({ app }) => app.close()))
    await database.stop()
  })

  const load = (changes: Partial<Parameters<typeof runLoad>[0]>): Promise<LoadReport> =>
    runLoad({
      ...LOAD_DEFAULTS,
      mes,
      shop,
      metrics: [mes, shop],
      durationSeconds: 3,
      warmupSeconds: 1,
      ...changes
    })

  it('straight at the APIs finds no error and no stale answer, and measures every kind of route', async () => {
    const report = await load({})
    expect(report).toMatchObject({
      errors: 0,
      errorSamples: [],
      staleAnswers: 0,
      staleSamples: [],
      hitRatio: undefined
    })
    expect(report.checkedAnswers).toBeGreaterThan(0)
    expect(report.databaseQueriesPerSecond).toBeGreaterThan(0)
    expect(report.routes.map(({ route }) => route)).toEqual(
      expect.arrayContaining(['mes GET /api/orders', 'mes GET /api/orders/:id', 'shop GET /api/catalogue'])
    )
  })

  it('catches a cache that does not see the writes', async () => {
    const caches = [naiveCache(mes), naiveCache(shop)]
    const [staleMes = '', staleShop = ''] = await Promise.all(caches.map(listen))
    const report = await load({ mes: staleMes, shop: staleShop, durationSeconds: 8, seed: 2 })
    await Promise.all(
      caches.map((cache) => {
        cache.closeAllConnections()
        return new Promise((resolve) => cache.close(resolve))
      })
    )
    expect(report.racesWon).toBeGreaterThan(0)
    expect(report.staleAnswers).toBeGreaterThan(0)
    expect(report.hitRatio).toBeGreaterThan(0.3)
  })

  it('counts requests that fail as errors and goes on', async () => {
    const report = await load({
      mes: 'http://127.0.0.1:1',
      metrics: [],
      durationSeconds: 1,
      operators: 5,
      customers: 5
    })
    expect(report.errors).toBeGreaterThan(0)
    expect(report.errorSamples[0]).toContain('ECONNREFUSED')
    expect(report.databaseQueriesPerSecond).toBeUndefined()
  })

  it('keeps to its plan in the open model', async () => {
    const report = await load({ model: 'open', durationSeconds: 2 })
    expect(report).toMatchObject({ model: 'open', errors: 0, staleAnswers: 0 })
  })

  it('ends early when it is told to', async () => {
    const report = await runLoad(
      { ...LOAD_DEFAULTS, mes, shop, metrics: [], durationSeconds: 600 },
      AbortSignal.timeout(500)
    )
    expect(report.durationSeconds).toBeLessThan(60)
  })
})
