/** What a cluster's Job does before the services of orders can work: databases, outboxes and roles, in any order of arrival. */
import { CONSTRAINTS, TABLES } from '@alexandrite/examples/data/schema'
import { REPOSITORY } from '@alexandrite/hack/paths'
import { startPostgres } from '@alexandrite/hack/services'
import { outboxStatus } from '@alexandrite/orders'
import { revoke } from '@alexandrite/orders/crm/admin'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'

let server: Awaited<ReturnType<typeof startPostgres>>
let client: pg.Client
beforeAll(async () => {
  server = await startPostgres()
  client = new pg.Client(server.url)
  await client.connect()
}, 300_000)
afterAll(async () => {
  await client.end()
  await server.stop()
})

interface Ended {
  readonly code: number | null
  readonly output: string
}

const at = (user: string, password: string, database = '') => {
  const url = new URL(server.url)
  Object.assign(url, { username: user, password, ...(database && { pathname: `/${database}` }) })
  return url.href
}

/** The program itself; `onLine` hears what it says while it runs. */
function runSetup(env: Record<string, string> = {}, onLine?: (text: string) => void): Promise<Ended> {
  const orders = new URL(server.url)
  orders.pathname = '/orders'
  const program = spawn(process.execPath, [join(REPOSITORY, 'orders/src/setup/main.ts')], {
    env: {
      MES_ADMIN_DATABASE_URL: server.url,
      SHOP_ADMIN_DATABASE_URL: server.url,
      ORDERS_DATABASE_URL: orders.href,
      CRM_LEGACY_PASSWORD: 'legacy-secret',
      CRM_READER_PASSWORD: 'reader-secret',
      SETUP_WAIT_SECONDS: '120',
      ...env
    }
  })
  let output = ''
  for (const stream of [program.stdout, program.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      onLine?.(text)
    })
  return new Promise((resolve) => program.once('close', (code) => resolve({ code, output })))
}

const connects = async (url: string, query: string): Promise<string | undefined> => {
  const other = new pg.Client(url)
  try {
    await other.connect()
    await other.query(query)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await other.end()
  }
}

describe('the setup', () => {
  test('waits for tables, says which, and puts everything in place once they are there', async () => {
    let made: Promise<unknown> | undefined
    const { code, output } = await runSetup({}, (text) => {
      if (text.includes('no table')) made ??= client.query([TABLES, ...CONSTRAINTS].join(';\n'))
    })
    await made
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('waiting: this database') })
    for (const source of ['mes', 'shop'] as const) {
      const { triggers, backlog } = await outboxStatus(client, source)
      expect({ installed: triggers.every((each) => each.installed), backlog }).toEqual({
        installed: true,
        backlog: 0
      })
    }
    expect(
      await connects(at('crm_legacy', 'legacy-secret'), 'SELECT status FROM shop.orders')
    ).toBeUndefined()
    expect(
      await connects(at('crm_reader', 'reader-secret'), 'SELECT status FROM shop.orders')
    ).toBeUndefined()
    expect(await connects(at('crm_legacy', 'legacy-secret'), 'SELECT 1 FROM mes.orders')).toMatch(/denied/)
    const owner = new URL(server.url)
    owner.pathname = '/orders'
    expect(await connects(owner.href, 'SELECT 1')).toBeUndefined()
  }, 180_000)

  test('changes nothing when it runs again, and tells no secret', async () => {
    const { code, output } = await runSetup()
    expect(code).toBe(0)
    expect(output).not.toMatch(/waiting|secret/)
  }, 180_000)

  test('gives nothing back to a CRM that was led away', async () => {
    await revoke(server.url)
    const { code, output } = await runSetup()
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('was revoked, and stays so')
    })
    expect(await connects(at('crm_legacy', 'legacy-secret'), 'SELECT 1')).toMatch(/not permitted to log in/)
  }, 180_000)

  test('does not wait for what waiting does not mend', async () => {
    const { code, output } = await runSetup({ MES_ADMIN_DATABASE_URL: at('nobody', 'wrong') })
    expect(code).toBe(1)
    expect(output).toMatch(/nobody/)
  }, 180_000)

  test('ends when its time is over, and says what is missing', async () => {
    const { code, output } = await runSetup({
      SHOP_ADMIN_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/shop',
      SETUP_WAIT_SECONDS: '1'
    })
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('ECONNREFUSED') })
  }, 180_000)

  test.each([
    [{ CRM_LEGACY_PASSWORD: '' }, 'CRM_LEGACY_PASSWORD is missing'],
    [{ CRM_READER_PASSWORD: '' }, 'CRM_READER_PASSWORD is missing'],
    [{ MES_ADMIN_DATABASE_URL: '' }, 'MES_ADMIN_DATABASE_URL is missing'],
    [{ SHOP_ADMIN_DATABASE_URL: 'mysql://owner@db/shop' }, 'SHOP_ADMIN_DATABASE_URL is no such address'],
    [{ ORDERS_DATABASE_URL: 'http://orders' }, 'ORDERS_DATABASE_URL is no such address'],
    [{ SETUP_WAIT_SECONDS: 'long' }, 'SETUP_WAIT_SECONDS is "long"'],
    [{ SETUP_WAIT_SECONDS: '-1' }, 'SETUP_WAIT_SECONDS is "-1"; give a whole number from 0 to 86400.']
  ])(
    'refuses %j',
    async (env, sentence) => {
      const { code, output } = await runSetup(env)
      expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(sentence) })
    },
    60_000
  )
})
