import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { noticeDatabase, quietLog, registry } from '../../test/notice-kit.ts'
import type { TestDatabase } from '../../test/notice-kit.ts'
import { transaction } from '../service/database.ts'
import { migrate } from '../service/migrate.ts'
import { cancelTimers, forgetTimers, setTimers } from '../timers/timers.ts'
import { Feed, feedCursor, forgetFeed } from './feed.ts'
import { operatorMetrics } from './metrics.ts'
import { OPERATORS, OPERATOR_STEPS } from './schema.ts'

describe('what operators were told long ago', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await noticeDatabase()
    await migrate(database.pool, OPERATORS, OPERATOR_STEPS)
  }, 120_000)
  afterAll(() => database.stop())

  /** The first events that a page gets which resumes after an id. */
  async function resumed(after: number): Promise<string> {
    const metrics = operatorMetrics(registry(), database.pool, quietLog)
    const feed = new Feed({ pool: database.pool, log: quietLog, metrics })
    const server = createServer((_, response) => void feed.open(response, after).then(() => response.end()))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      return await (await fetch(`http://127.0.0.1:${port}`)).text()
    } finally {
      await feed.close()
      server.close()
      server.closeAllConnections()
    }
  }

  it('is no longer in the feed, and a page that slept since then reads the board anew', async () => {
    const push = (age: string) =>
      database.pool.query(
        `INSERT INTO operators.feed (at, view) VALUES (clock_timestamp() - $1::interval, '{"id": 7}')`,
        [age]
      )
    await push('3 days')
    const slept = await feedCursor(database.pool)
    await push('2 days')
    await push('1 hour')
    expect(await resumed(slept)).not.toContain('event: reload')
    expect(await forgetFeed(database.pool, 24)).toBe(2)
    expect(await resumed(slept)).toContain('event: reload')
    const awake = await feedCursor(database.pool)
    expect(await resumed(awake)).not.toContain('event: reload')
    expect(await resumed(0)).not.toContain('event: reload')
  })

  it('has no timers any more, while those that will fire stay', async () => {
    const set = (key: string) =>
      transaction(database.pool, (client) =>
        setTimers(client, [{ key, kind: 'operators', subject: key, dueAt: new Date(), payload: {} }])
      )
    for (const key of ['old', 'young', 'set']) await set(key)
    for (const key of ['old', 'young'])
      await transaction(database.pool, (client) => cancelTimers(client, key))
    await database.pool.query(
      `UPDATE timers.timer SET ended_at = clock_timestamp() - interval '200 days' WHERE key = 'old'`
    )
    expect(await forgetTimers(database.pool, 'operators', 180)).toBe(1)
    const { rows } = await database.pool.query<{ key: string }>('SELECT key FROM timers.timer ORDER BY key')
    expect(rows.map(({ key }) => key)).toEqual(['set', 'young'])
  })
})
