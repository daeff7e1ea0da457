import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { noticeDatabase, quietLog, registry } from '../../test/notice-kit.ts'
import type { TestDatabase } from '../../test/notice-kit.ts'
import { migrate } from '../service/migrate.ts'
import { Feed } from './feed.ts'
import { operatorMetrics } from './metrics.ts'
import { OPERATOR_STEPS, OPERATORS } from './schema.ts'

describe('the feed of pages', () => {
  let database: TestDatabase
  let feed: Feed
  let url: string
  const server = createServer((_request, response) => void feed.open(response, 0))

  beforeAll(async () => {
    database = await noticeDatabase()
    const { pool } = database
    feed = new Feed({
      pool,
      log: quietLog,
      metrics: operatorMetrics(registry(), pool, quietLog),
      everyMs: 50
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }, 120_000)
  afterAll(async () => {
    await feed.close()
    server.closeAllConnections()
    server.close()
    await database.stop()
  })

  it('lets a page go that it cannot feed, so that it asks again, and feeds it then', async () => {
    // Its tables are not there: as good as a database that is away.
    expect(await (await fetch(url)).text()).toBe('retry: 1000\n\n')
    expect(feed.pages).toBe(0)

    await migrate(database.pool, OPERATORS, OPERATOR_STEPS)
    const { body } = await fetch(url)
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    await database.pool.query(`INSERT INTO operators.feed (view) VALUES ('{"id": 17}')`)
    while (!heard.includes('"id":17')) heard += (await reader?.read())?.value ?? ''
    expect(heard).toContain('event: order\n')
    await reader?.cancel()
  }, 60_000)
})
