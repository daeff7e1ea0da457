import { startPostgres } from '@alexandrite/hack/services'
import type { RunningPostgres } from '@alexandrite/hack/services'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Pool } from 'pg'
import { tools } from '../../test/parts.ts'
import { createPool, transaction } from './database.ts'
import { migrate } from './migrate.ts'
import type { Step } from './migrate.ts'

let postgres: RunningPostgres
let pool: Pool
const { log } = tools()

beforeAll(async () => {
  postgres = await startPostgres()
  pool = createPool({ url: postgres.url, connections: 3, name: 'test', log })
  await pool.query('CREATE TABLE effect (id bigint)')
}, 120_000)
beforeEach(() => pool.query('TRUNCATE effect'))
afterAll(async () => {
  await pool.end()
  await postgres.stop()
})

const effects = async (): Promise<number[]> =>
  (await pool.query<{ id: number }>('SELECT id FROM effect ORDER BY id')).rows.map(({ id }) => id)
const insert = 'INSERT INTO effect VALUES ($1)'

describe('a transaction', () => {
  test('is all of its work, and gives what the work gives; bigint comes as a number', async () => {
    const given = await transaction(pool, async (client) => {
      await client.query(insert, [1])
      return (await client.query<{ id: number }>('SELECT id FROM effect')).rows
    })
    expect(given).toEqual([{ id: 1 }])
    expect(await effects()).toEqual([1])
  })

  test('is nothing of it when the work fails, and the error is thrown on', async () => {
    const work = transaction(pool, async (client) => {
      await client.query(insert, [1])
      throw new TypeError('not so')
    })
    await expect(work).rejects.toThrow(new TypeError('not so'))
    expect(await effects()).toEqual([])
  })

  test('is nothing when one of several statements that went out together fails', async () => {
    const work = transaction(pool, (client) =>
      Promise.all([client.query(insert, [1]), client.query('SELECT 1 / 0'), client.query(insert, [2])])
    )
    await expect(work).rejects.toThrow('division by zero')
    expect(await effects()).toEqual([])
    // The same statements work on the same connections afterwards.
    for (const id of [1, 2, 3, 4]) await transaction(pool, (client) => client.query(insert, [id]))
    expect(await effects()).toEqual([1, 2, 3, 4])
  })

  test('is nothing when a statement fails that went out with the commit', async () => {
    const work = transaction(pool, async (client, lastly) => {
      await client.query(insert, [1])
      lastly(client.query('SELECT 1 / 0'))
    })
    await expect(work).rejects.toThrow('division by zero')
    expect(await effects()).toEqual([])
    await transaction(pool, (client, lastly) => Promise.resolve(lastly(client.query(insert, [2]))))
    expect(await effects()).toEqual([2])
  })

  test('whose connection breaks is nothing, and the pool goes on with another', async () => {
    const work = transaction(pool, async (client) => {
      await client.query(insert, [1])
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())')
    })
    await expect(work).rejects.toThrow()
    await transaction(pool, (client) => client.query(insert, [2]))
    expect(await effects()).toEqual([2])
  })

  test('gives its connection back, however it ends', async () => {
    for (let turn = 0; turn < 10; turn += 1)
      await transaction(pool, () => Promise.reject(new Error('again'))).catch(() => undefined)
    expect(pool.idleCount).toBe(pool.totalCount)
    expect(pool.waitingCount).toBe(0)
  })
})

describe('the tables of a subject', () => {
  const step = (name: string, sql = `CREATE TABLE {schema}.${name.replace('/', '_')} ()`): Step => ({
    name,
    sql
  })

  test('are made once, however many processes start at the same time', async () => {
    const steps = [step('a/1'), step('a/2')]
    const all = await Promise.all([1, 2, 3].map(() => migrate(pool, 'once', steps)))
    expect(all.flat().sort()).toEqual(['a/1', 'a/2'])
    expect(await migrate(pool, 'once', [...steps, step('a/3')])).toEqual(['a/3'])
  })

  test('are all or none: a step that fails takes those before it back', async () => {
    const steps = [step('a/1'), step('a/2', 'SELECT 1 / 0')]
    await expect(migrate(pool, 'none', steps)).rejects.toThrow('division by zero')
    expect((await pool.query(`SELECT FROM pg_namespace WHERE nspname = 'none'`)).rowCount).toBe(0)
  })

  test('of a newer program are left alone; another group in the same schema is nobody’s concern', async () => {
    await migrate(pool, 'newer', [step('a/1'), step('a/2')])
    expect(await migrate(pool, 'newer', [step('b/1')])).toEqual(['b/1'])
    await expect(migrate(pool, 'newer', [step('a/1')])).rejects.toThrow(
      'the schema "newer" has the step "a/2", which this program does not know: it is older'
    )
  })

  test('may be in a schema of any name', async () => {
    expect(await migrate(pool, 'of "two" words', [step('a/1')])).toEqual(['a/1'])
  })
})
