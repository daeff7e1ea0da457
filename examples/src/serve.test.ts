import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { seededDatabase } from '../test/database.ts'
import type { SeededDatabase } from '../test/database.ts'

/** One of our commands as a process. */
function command(file: string, args: readonly string[], env: Record<string, string>) {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], { env: { PATH, ...env } })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, exited, output: () => output }
}

async function until<T>(ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`waited in vain: ${String(ask)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('an API as a process', () => {
  let database: SeededDatabase
  beforeAll(async () => {
    database = await seededDatabase(400)
  })
  afterAll(() => database.stop())

  it('finishes the requests under way at SIGTERM, takes no new ones, and ends with 0', async () => {
    const sql = new pg.Client({ connectionString: database.url })
    await sql.connect()
    const api = command('mes/main.ts', [], { DATABASE_URL: database.url, HOST: '127.0.0.1', PORT: '0' })
    const address = await until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(api.output())?.[0])

    // The request waits for the table, so it is under way for as long as the test wants.
    await sql.query('BEGIN; LOCK TABLE mes.orders')
    const slow = fetch(`${address}/api/orders/7`)
    const waiting = `SELECT 1 FROM pg_locks WHERE NOT granted`
    await until(async () => ((await sql.query(waiting)).rowCount === 0 ? undefined : true))
    api.child.kill('SIGTERM')
    await until(() => (api.output().includes('finishing') ? true : undefined))
    await expect(fetch(`${address}/healthz`)).rejects.toThrow()
    await sql.query('COMMIT')
    await sql.end()

    const answer = await slow
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ id: 7 })])
    expect(await api.exited).toBe(0)
  })

  it('never holds more connections than its bound', async () => {
    const env = { DATABASE_URL: database.url, HOST: '127.0.0.1', PORT: '0', DATABASE_CONNECTIONS: '2' }
    const api = command('mes/main.ts', [], env)
    const address = await until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(api.output())?.[0])
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => fetch(`${address}/api/orders/${i + 1}`))
    )
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200))
    await Promise.all(answers.map((answer) => answer.arrayBuffer()))
    const metrics = await (await fetch(`${address}/metrics`)).text()
    expect(metrics).toContain('db_pool_connections{state="idle",service="mes-api"} 2')
    api.child.kill('SIGTERM')
    expect(await api.exited).toBe(0)
  })

  it('logs the route and the order, but neither paths nor addresses of requests, nor the password of its database', async () => {
    const secret = 'postgres://someone:secret@127.0.0.1:1/mes'
    const api = command('mes/main.ts', [], {
      DATABASE_URL: secret,
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'trace'
    })
    const address = await until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(api.output())?.[0])
    const answer = await fetch(`${address}/api/orders/4711?name=someone`)
    expect(answer.status).toBe(503)
    await answer.arrayBuffer()
    api.child.kill('SIGTERM')
    await api.exited
    expect(api.output()).toContain('"route":"/api/orders/:id"')
    expect(api.output()).toContain('"order_id":"4711"')
    expect(api.output()).not.toMatch(/orders\/4711|secret|remoteAddress|name=someone/)
  })
})

describe('the commands', () => {
  it.each(['mes/main.ts', 'shop/main.ts', 'crm/main.ts', 'data/seed-main.ts', 'load/main.ts'])(
    '%s shows its help',
    async (file) => {
      const help = command(file, ['--help'], {})
      expect(await help.exited).toBe(0)
      expect(help.output()).toContain(`Usage: node examples/src/${file}`)
    }
  )

  it.each([
    [
      'mes/main.ts',
      [],
      'DATABASE_URL is missing; give it as a variable or with --database-url. Try --help.\n'
    ],
    [
      'crm/main.ts',
      ['--database-url', 'postgres://db/shop'],
      'MES_URL is missing; name the MES API. Try --help.\n'
    ],
    [
      'data/seed-main.ts',
      ['--until', 'soon', '--database-url', 'postgres://db/mes'],
      '--until is "soon"; write a month such as 2026-11.\n'
    ],
    [
      'load/main.ts',
      ['--mes', 'http://127.0.0.1:1'],
      '--shop is missing; name the address to load. Try --help.\n'
    ]
  ])('%s %j ends with 2 and a sentence', async (file, args, sentence) => {
    const wrong = command(file, args, {})
    expect(await wrong.exited).toBe(2)
    expect(wrong.output()).toBe(sentence)
  })
})
