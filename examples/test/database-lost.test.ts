import { startPostgres } from '@alexandrite/hack/services'
import type { RunningPostgres } from '@alexandrite/hack/services'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { createService } from '../src/service.ts'
import type { Service } from '../src/service.ts'
import { quiet } from './database.ts'

let postgres: RunningPostgres
let service: Service

beforeAll(async () => {
  postgres = await startPostgres()
  service = createService('mes-api', { ...quiet(postgres.url), databaseConnections: 2 })
}, 600_000)
afterAll(async () => {
  await service.app.close()
  await postgres.stop()
})

test('a connection that breaks between two statements fails its transaction, and nothing else', async () => {
  const { db } = service
  const broken = db.transaction(async (run) => {
    const [row] = await run<{ pid: number }>({ name: 'pid', text: 'SELECT pg_backend_pid() AS pid' })
    await terminated(row?.pid ?? 0)
    await run({ name: 'next', text: 'SELECT 1' })
  })
  await expect(broken).rejects.toThrow(/terminat|not queryable|closed/i)
  expect(await db.query({ name: 'later', text: 'SELECT 2 AS two' })).toEqual([{ two: 2 }])
})

/** Ends the session from outside, and waits until its end has been heard of here. */
async function terminated(pid: number): Promise<void> {
  const other = new pg.Client({ connectionString: postgres.url })
  await other.connect()
  await other.query('SELECT pg_terminate_backend($1, 5000)', [pid])
  await other.end()
  await new Promise((resolve) => setTimeout(resolve, 100))
}
