import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startPostgres } from '@alexandrite/hack/services'
import type { RunningPostgres } from '@alexandrite/hack/services'
import { waitUntil } from '@alexandrite/hack/run'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const MAINS = ['relay', 'crm', 'operators', 'customers', 'logistics']

interface Running {
  readonly lines: () => string[]
  readonly errors: () => string
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<number | null>
}

/** A service as it is run, told no more than the test says. */
function start(folder: string, args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const main = join(import.meta.dirname, '..', folder, 'main.ts')
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_OPTIONS: '--disable-warning=ExperimentalWarning', ...env }
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()))
  return {
    lines: () => text.out.split('\n').filter((line) => line !== ''),
    errors: () => text.err,
    kill: (signal) => void child.kill(signal),
    ended: once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null))
  }
}

describe.each(MAINS)('the main program of %s', (folder) => {
  test('prints its help with each variable and ends with 0', async () => {
    const program = start(folder, ['--help'], {})
    expect(await program.ended).toBe(0)
    const help = program.lines().join('\n')
    expect(help).toContain(`Usage: node orders/src/${folder}/main.ts [--help]`)
    expect(help).toMatch(/DATABASE_URL/)
    expect(help).toContain('ORDERS_AMQP_URL')
    expect(program.errors()).toBe('')
  }, 60_000)

  test('ends with 2 and a sentence when it is told too little', async () => {
    const program = start(folder, [], {})
    expect(await program.ended).toBe(2)
    expect(program.errors()).toMatch(/^[A-Z_]+ is missing; give .+\.\n$/)
  }, 60_000)
})

describe('a running service', () => {
  let postgres: RunningPostgres

  beforeAll(async () => {
    postgres = await startPostgres()
  }, 120_000)
  afterAll(() => postgres.stop())

  const environment = (databaseUrl: string) => ({
    OUTBOX_DATABASE_URL: databaseUrl,
    // Nobody listens there: a broker that is away ends no process.
    ORDERS_AMQP_URL: 'amqp://guest:sesame@127.0.0.1:9',
    HOST: '127.0.0.1',
    PORT: '0'
  })
  const addressOf = ({ lines }: Running): Promise<string> =>
    waitUntil(() => /"address":"([^"]+)"/.exec(lines().join('\n'))?.[1], {
      what: 'it says where it listens',
      timeoutMs: 60_000
    })

  test('serves while the broker is away, says so once, and ends in order with SIGTERM', async () => {
    const program = start('relay', [], environment(postgres.url))
    const address = await addressOf(program)
    await waitUntil(async () => (await fetch(`${address}/readyz`)).ok, {
      what: 'it is ready',
      timeoutMs: 60_000
    })
    await waitUntil(() => program.lines().some((line) => line.includes('the broker is away')), {
      what: 'it says so'
    })
    program.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    const logged = program.lines().map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(logged.filter(({ msg }) => msg === 'the broker is away')).toHaveLength(1)
    expect(program.lines().join('\n')).not.toContain('sesame')
  }, 120_000)

  test('opens its port and is not ready as long as its database is away', async () => {
    const program = start('logistics', [], {
      ...environment('postgres://owner@127.0.0.1:9/none'),
      ORDERS_DATABASE_URL: 'postgres://owner:sesame@127.0.0.1:9/none',
      CARRIER_KEYS: `north=whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      CRM_URL: 'http://127.0.0.1:9',
      MES_URL: 'http://127.0.0.1:9'
    })
    const address = await addressOf(program)
    expect((await fetch(`${address}/healthz`)).status).toBe(200)
    expect((await fetch(`${address}/readyz`)).status).toBe(503)
    program.kill('SIGINT')
    expect(await program.ended).toBe(0)
    expect(program.lines().join('\n')).not.toContain('sesame')
  }, 120_000)
})
