/** `alexandrite orders crm …` as it is typed, against the read model's service, PostgreSQL and RabbitMQ as they are. */
import { SEED_DEFAULTS, seedDatabase } from '@alexandrite/examples'
import { createService, installOutbox } from '@alexandrite/orders'
import type { MigrationStatus } from '@alexandrite/orders/crm/admin'
import { readModelService } from '@alexandrite/orders/crm/service'
import { waitUntil } from '@alexandrite/hack/run'
import { startPostgres, startRabbitmq } from '@alexandrite/hack/services'
import type { RunningPostgres } from '@alexandrite/hack/services'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { connect } from 'amqplib'
import pg from 'pg'
import { Folder, Origin, run, runHere } from '../../cli/test/harness.ts'

// The happy path waits for a snapshot and a reconciliation; one test starts the command line several times.
jest.setTimeout(240_000)

const TOKENS = { crm: 'of-the-crm', admin: 'of-the-lead' }
const PASSWORDS = { CRM_LEGACY_PASSWORD: "it's legacy", CRM_READER_PASSWORD: 'reader-secret' }
const NOWHERE = 'http://127.0.0.1:9'
const VARIABLES = ['ALEXANDRITE_ADMIN_TOKEN', 'SHOP_ADMIN_DATABASE_URL', ...Object.keys(PASSWORDS)]

const folder = new Folder()
const before = VARIABLES.map((name) => [name, process.env[name]] as const)
beforeEach(() => {
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name)
})
afterEach(() => {
  for (const [name, value] of before)
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
})
afterAll(() => folder.remove())

const crm = (...words: string[]) => runHere(['orders', 'crm', ...words])
const set = (variables: Readonly<Record<string, string>>): void => void Object.assign(process.env, variables)

describe('the help of orders crm', () => {
  it.each([
    [[], ['roles', 'status', 'step']],
    [['roles'], ['SHOP_ADMIN_DATABASE_URL', 'CRM_LEGACY_PASSWORD', 'CRM_READER_PASSWORD', 'Exit codes:']],
    [
      ['status'],
      ['--read-model <url>', '--token-file <file>', '--json', 'ALEXANDRITE_ADMIN_TOKEN', 'Exit codes:']
    ],
    [['step'], ['<step>', '--read-model <url>', '--token-file <file>', 'no way back', 'Exit codes:']]
  ])('%j names all that it takes', async (words, parts) => {
    const { status, stdout } = await crm(...words, '--help')
    expect(status).toBe(0)
    for (const part of parts) expect(stdout).toContain(part)
  })
})

describe('a wrong command line', () => {
  const url = 'postgres://owner:sesame@127.0.0.1:9/shop'

  it.each<[string, string[], Record<string, string>, string]>([
    ['no read model', ['status'], {}, "required option '--read-model <url>' not specified"],
    [
      'a read model that is none',
      ['status', '--read-model', 'http://'],
      {},
      'write for example http://127.0.0.1:8086'
    ],
    [
      'no token',
      ['status', '--read-model', NOWHERE],
      {},
      'give --token-file FILE or set ALEXANDRITE_ADMIN_TOKEN'
    ],
    [
      'a token file that is not there',
      ['status', '--read-model', NOWHERE, '--token-file', '/nowhere/token'],
      {},
      'cannot read the token file /nowhere/token'
    ],
    [
      'an empty token file',
      ['step', 'shadow', '--read-model', NOWHERE, '--token-file', folder.write('empty', ' \n')],
      {},
      'is empty; put the bearer token into it'
    ],
    ['no step', ['step', '--read-model', NOWHERE], {}, "missing required argument 'step'"],
    [
      'a step that nobody knows',
      ['step', 'tomorrow', '--read-model', NOWHERE],
      {},
      'Allowed choices are legacy, shadow, cut-over, revoked'
    ],
    [
      'the last step without the owner of the database',
      ['step', 'revoked', '--read-model', NOWHERE],
      { ALEXANDRITE_ADMIN_TOKEN: 'x' },
      'SHOP_ADMIN_DATABASE_URL is missing; set it in the environment'
    ],
    [
      'the last step with the address of another database',
      ['step', 'revoked', '--read-model', NOWHERE],
      { ALEXANDRITE_ADMIN_TOKEN: 'x', SHOP_ADMIN_DATABASE_URL: 'mysql://owner:sesame@db/shop' },
      'SHOP_ADMIN_DATABASE_URL is no address of PostgreSQL; write postgres://owner:password@host:port/database'
    ],
    ['roles without the owner', ['roles'], PASSWORDS, 'SHOP_ADMIN_DATABASE_URL is missing'],
    [
      'roles without a password',
      ['roles'],
      { SHOP_ADMIN_DATABASE_URL: url },
      'CRM_LEGACY_PASSWORD is missing'
    ],
    [
      'roles with one password',
      ['roles'],
      { SHOP_ADMIN_DATABASE_URL: url, CRM_LEGACY_PASSWORD: 'x' },
      'CRM_READER_PASSWORD is missing'
    ]
  ])('with %s ends with 2 and a sentence', async (_, words, variables, sentence) => {
    set(variables)
    const { status, stdout, stderr } = await crm(...words)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(sentence)
    expect(stderr).not.toContain('sesame')
  })
})

describe('whoever does not answer as a read model does', () => {
  beforeEach(() => set({ ALEXANDRITE_ADMIN_TOKEN: TOKENS.admin }))

  it('is told of with what was asked', async () => {
    const { status, stderr } = await crm('status', '--read-model', NOWHERE)
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /no answer from http:\/\/127\.0\.0\.1:9\/v1\/migration: .+; is this the service crm-read-model\?/
    )
  })

  it('is told of when it speaks no JSON', async () => {
    const origin = new Origin()
    const url = await origin.start()
    const { status, stderr } = await crm('status', '--read-model', url)
    await origin.stop()
    expect(status).toBe(1)
    expect(stderr).toContain('does not answer in JSON; is this the service crm-read-model?')
  })
})

describe('the way out of the shop’s database', () => {
  let postgres: RunningPostgres
  let owner: pg.Client
  let brokerUrl: string
  let url: string
  let stopModel: () => Promise<void> = () => Promise.resolve()
  const closing: (() => Promise<unknown>)[] = []

  const as = (user: string, password: string, database?: string): string => {
    const address = new URL(postgres.url)
    Object.assign(address, {
      username: user,
      password,
      ...(database !== undefined && { pathname: `/${database}` })
    })
    return address.href
  }
  const connects = async (address: string): Promise<string> => {
    const client = new pg.Client(address)
    try {
      await client.connect()
      await client.query('SELECT status FROM shop.orders LIMIT 1')
      return 'it may'
    } catch (error) {
      return String(error)
    } finally {
      await client.end()
    }
  }
  /** What the CRM does each second. */
  const crmSays = async (step: string, compared = 0): Promise<void> => {
    const response = await fetch(`${url}/v1/migration/instances/crm-1`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${TOKENS.crm}`, 'content-type': 'application/json' },
      body: JSON.stringify({ step, compared, different: 0 })
    })
    if (!response.ok) throw new Error(await response.text())
  }
  const at = (...words: string[]) => crm(...words, '--read-model', url)
  const told = async (): Promise<MigrationStatus> =>
    JSON.parse((await at('status', '--json')).stdout) as MigrationStatus

  beforeAll(async () => {
    const [database, broker] = await Promise.all([startPostgres(), startRabbitmq()])
    postgres = database
    closing.push(
      () => database.stop(),
      () => broker.stop()
    )
    await seedDatabase({
      ...SEED_DEFAULTS,
      databaseUrl: database.url,
      orders: 600,
      progress: () => undefined
    })
    owner = new pg.Client(database.url)
    await owner.connect()
    closing.push(() => owner.end())
    await owner.query('CREATE DATABASE orders')
    brokerUrl = broker.url
    closing.push(() => stopModel())
  }, 300_000)
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  }, 60_000)
  beforeEach(() =>
    set({ ...PASSWORDS, SHOP_ADMIN_DATABASE_URL: postgres.url, ALEXANDRITE_ADMIN_TOKEN: TOKENS.admin })
  )

  const ordersUrl = () => as('postgres', new URL(postgres.url).password, 'orders')

  async function startModel(): Promise<void> {
    const service = createService('crm-read-model', {
      ...{ databaseUrl: ordersUrl(), brokerUrl, host: '127.0.0.1', port: 0, databaseConnections: 8 },
      ...{ otlpEndpoint: undefined, logLevel: 'silent' }
    })
    stopModel = () => service.close()
    const begin = readModelService(service, {
      shopDatabaseUrl: as('crm_reader', PASSWORDS.CRM_READER_PASSWORD),
      token: TOKENS.crm,
      adminToken: TOKENS.admin,
      reconcileEverySeconds: 1,
      reconcile: { settleMs: 100, pauseMs: 5 },
      snapshot: { pageSize: 500, pauseMs: 5 }
    })
    url = await service.listen()
    await begin()
  }

  it('needs an outbox before its roles, and says how to put it in', async () => {
    const { status, stderr } = await crm('roles')
    expect(status).toBe(1)
    expect(stderr).toContain(
      "the Shop's database: The shop has no outbox yet; put it in first: alexandrite orders outbox install --source shop"
    )
  })

  it('has roles that may what they should, made as often as one likes', async () => {
    await installOutbox(owner, 'shop')
    for (const _ of [1, 2])
      expect(await crm('roles')).toEqual({
        status: 0,
        stdout: 'crm_legacy and crm_reader are as they should be',
        stderr: ''
      })
    expect(await connects(as('crm_legacy', PASSWORDS.CRM_LEGACY_PASSWORD))).toBe('it may')
    expect(await connects(as('crm_reader', PASSWORDS.CRM_READER_PASSWORD))).toBe('it may')
  })

  it('says which database it is that refuses', async () => {
    set({ SHOP_ADMIN_DATABASE_URL: as('nobody', 'sesame') })
    const { status, stderr } = await crm('roles')
    expect(status).toBe(1)
    expect(stderr).toContain("the Shop's database: ")
    expect(stderr).not.toMatch(/sesame|makes up for it/)
  })

  it('is shown as it is, to those with the token', async () => {
    await startModel()
    for (const token of [TOKENS.crm, 'of-nobody']) {
      const { status, stderr } = await at('status', '--token-file', folder.write('token', `${token}\n`))
      expect(status).toBe(1)
      expect(stderr).toBe(
        `alexandrite: ${url} says no (401): Send the token as "Authorization: Bearer TOKEN".`
      )
    }
    // A file beats the variable.
    set({ ALEXANDRITE_ADMIN_TOKEN: 'of-nobody' })
    expect((await at('status', '--token-file', folder.write('token', TOKENS.admin))).status).toBe(0)
  })

  it('tells in a table and in JSON where it stands', async () => {
    await crmSays('legacy')
    const known = async (): Promise<boolean> => {
      const { lagSeconds, reconciled } = (await told()).facts
      return lagSeconds !== undefined && reconciled !== undefined
    }
    await waitUntil(known, { what: 'a pass has ended', timeoutMs: 90_000 })
    const old = new pg.Client({
      connectionString: as('crm_legacy', PASSWORDS.CRM_LEGACY_PASSWORD),
      application_name: 'crm-api'
    })
    await old.connect()
    const { rows } = await owner.query<{ orders: string }>('SELECT count(*) AS orders FROM shop.orders')
    const shown = await at('status')
    expect(shown.status).toBe(0)
    expect(shown.stdout.split('\n')).toEqual([
      'step             legacy',
      `copy             complete, ${rows[0]?.orders} orders`,
      expect.stringMatching(/^behind {11}\d+\.\d s$/),
      expect.stringMatching(/^last comparison {2}\d+ s ago, 0 order\(s\) left different$/),
      expect.stringMatching(/^CRM crm-1 {8}legacy, 0 answers compared, 0 different, seen \d+ s ago$/),
      'still connects   1 × crm-api',
      'next: shadow, nothing in its way'
    ])
    expect(await told()).toMatchObject({
      step: 'legacy',
      snapshot: { state: 'Complete' },
      legacySessions: [{ application: 'crm-api', sessions: 1 }],
      next: { step: 'shadow', reasons: [] }
    })
    await old.end()
  })

  it('refuses a step with each reason on a line', async () => {
    const early = await at('step', 'revoked')
    expect(early.status).toBe(1)
    expect(early.stderr).toContain('says no (409): After legacy comes shadow, not revoked.')
    expect(await at('step', 'shadow')).toEqual({
      status: 0,
      stdout: 'the step shadow counts from now on',
      stderr: ''
    })
    await crmSays('legacy')
    const { status, stderr } = await at('step', 'cut-over')
    expect(status).toBe(1)
    expect(stderr.split('\n').slice(-2)).toEqual([
      expect.stringContaining('crm-1: not in step shadow yet.'),
      '0 answer(s) have been compared; wait for 100.'
    ])
    expect((await at('status')).stdout).toMatch(
      /^next: cut-over, but\n(?: {2}- .+\n)* {2}- 0 answer\(s\) have been compared; wait for 100\.$/m
    )
  })

  it('begins anew when its copy was thrown away, and is at its first step', async () => {
    await stopModel()
    const orders = new pg.Client(ordersUrl())
    await orders.connect()
    await orders.query('DROP SCHEMA crm CASCADE')
    await orders.end()
    const broker = await connect(brokerUrl)
    await (await broker.createChannel()).deleteQueue('orders.crm')
    await broker.close()
    await startModel()
    await waitUntil(async () => (await told()).next?.reasons.length === 0, {
      what: 'the copy is complete again',
      timeoutMs: 90_000
    })
    expect(await told()).toMatchObject({ step: 'legacy', next: { step: 'shadow' } })
  })

  it('goes back and on again, and to its end, which it reaches twice without harm', async () => {
    for (const step of ['shadow', 'legacy', 'shadow'])
      expect((await at('step', step)).stdout).toBe(`the step ${step} counts from now on`)
    const ready = async (step: string, compared: number): Promise<boolean> => {
      await crmSays(step, compared)
      return (await told()).next?.reasons.length === 0
    }
    await waitUntil(() => ready('shadow', 100), {
      what: 'the cut-over is possible',
      timeoutMs: 90_000,
      everyMs: 200
    })
    expect((await at('step', 'cut-over')).status).toBe(0)
    await waitUntil(() => ready('cut-over', 100), {
      what: 'the end is possible',
      timeoutMs: 90_000,
      everyMs: 200
    })

    set({ SHOP_ADMIN_DATABASE_URL: as('nobody', 'sesame') })
    const half = await at('step', 'revoked')
    expect(half).toMatchObject({ status: 1, stdout: 'the step revoked counts from now on' })
    expect(half.stderr).toMatch(/the Shop's database: .+; the same command again makes up for it$/)
    expect(half.stderr).not.toContain('sesame')
    set({ SHOP_ADMIN_DATABASE_URL: postgres.url })
    expect((await at('step', 'revoked')).stdout.split('\n')).toEqual([
      'the step revoked counts from now on',
      'crm_legacy is revoked; 0 session(s) of it were ended'
    ])
    expect(await connects(as('crm_legacy', PASSWORDS.CRM_LEGACY_PASSWORD))).toMatch(/not permitted to log in/)

    const back = await at('step', 'cut-over')
    expect(back.status).toBe(1)
    expect(back.stderr).toContain('The role is revoked; there is no way back from there.')
    expect((await at('status')).stdout).not.toContain('next:')
    const again = await crm('roles')
    expect(again.status).toBe(1)
    expect(again.stderr).toContain(
      'The role crm_legacy was revoked; drop it first if the CRM is to have it again.'
    )
  })

  it('is the same for a process of its own, whose exit codes a script reads', async () => {
    const env = { ALEXANDRITE_ADMIN_TOKEN: TOKENS.admin }
    const shown = await run(['orders', 'crm', 'status', '--read-model', url], { env })
    expect(shown).toMatchObject({ status: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^step +revoked$/m)
    expect((await run(['orders', 'crm', 'step', 'legacy', '--read-model', url], { env })).status).toBe(1)
    expect((await run(['orders', 'crm', 'step', 'never', '--read-model', url], { env })).status).toBe(2)
  })
})
