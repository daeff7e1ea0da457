import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { noticeDatabase } from '../../test/notice-kit.ts'
import type { TestDatabase } from '../../test/notice-kit.ts'
import { afterCommit, forgetAfterCommit, transaction } from './database.ts'

describe('what counts only after the commit', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await noticeDatabase()
  }, 120_000)
  afterAll(() => database.stop())

  it('counts after it, and not before', async () => {
    const seen: string[] = []
    await transaction(database.pool, async (client) => {
      afterCommit(client, () => seen.push('counted'))
      await client.query('SELECT 1')
      seen.push('worked')
    })
    expect(seen).toEqual(['worked', 'counted'])
  })

  it.each([
    ['the work fails', 'SELECT 1/0'],
    // A constraint that is checked at the end.
    [
      'the commit fails',
      'CREATE TEMP TABLE one (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO one VALUES (1), (1)'
    ]
  ])('never counts when %s, nor in the next transaction', async (_, sql) => {
    let counted = 0
    const work = transaction(database.pool, async (client) => {
      afterCommit(client, () => (counted += 1))
      await client.query(sql)
    })
    await expect(work).rejects.toThrow()
    await transaction(database.pool, (client) => client.query('SELECT 1'))
    expect(counted).toBe(0)
  })

  it('never counts when its savepoint was rolled back', async () => {
    const seen: string[] = []
    await transaction(database.pool, (client) => {
      afterCommit(client, () => seen.push('before'))
      forgetAfterCommit(client)
      afterCommit(client, () => seen.push('after'))
      return Promise.resolve()
    })
    expect(seen).toEqual(['after'])
  })

  it('counts at once outside of a transaction', async () => {
    const client = await database.pool.connect()
    let counted = 0
    afterCommit(client, () => (counted += 1))
    client.release()
    expect(counted).toBe(1)
  })
})
