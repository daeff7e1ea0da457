/** What tests of timers and notices stand on: a real PostgreSQL with their tables, and receivers that count. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startPostgres } from '@alexandrite/hack/services'
import pg from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { NOTICE_STEPS, NOTICES } from '../src/notices/schema.ts'
import { createPool } from '../src/service/database.ts'
import { migrate } from '../src/service/migrate.ts'
import type { ServiceRegistry } from '../src/service/metrics.ts'
import { TIMER_STEPS, TIMERS } from '../src/timers/schema.ts'

export const quietLog = pino({ level: 'silent' })

export function registry(): ServiceRegistry {
  const made: ServiceRegistry = new Registry()
  made.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  return made
}

export interface TestDatabase {
  readonly url: string
  readonly pool: pg.Pool
  stop(): Promise<void>
}

/** Its tables are those of timers and notices. */
export async function noticeDatabase(): Promise<TestDatabase> {
  const postgres = await startPostgres()
  const pool = createPool({ url: postgres.url, connections: 10, name: 'test', log: quietLog })
  await migrate(pool, TIMERS, TIMER_STEPS)
  await migrate(pool, NOTICES, NOTICE_STEPS)
  const stop = async (): Promise<void> => {
    await pool.end()
    await postgres.stop()
  }
  return { url: postgres.url, pool, stop }
}

export interface Post {
  readonly key: string
  readonly body: { readonly text?: string } & Readonly<Record<string, unknown>>
}

export interface Webhook {
  readonly url: string
  /** What came, also what was answered with an error. */
  readonly posts: Post[]
  /** Status of each coming answer; 204 once none is left. */
  readonly answers: number[]
  stop(): Promise<void>
}

export async function startWebhook(): Promise<Webhook> {
  const posts: Post[] = []
  const answers: number[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const key = JSON.parse(String(request.headers['idempotency-key'])) as string
      posts.push({ key, body: JSON.parse(Buffer.concat(chunks).toString()) as Post['body'] })
      response.writeHead(answers.shift() ?? 204).end()
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    posts,
    answers,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}
