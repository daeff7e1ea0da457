/**
 * docs/guides/crm-migration.md, followed as a person of the company follows it: each command is typed into a shell as it
 * stands there, each service runs as a process, and what is printed is what the guide says, but for the numbers.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createMesApi, createShopApi, SEED_DEFAULTS, seedDatabase } from '@alexandrite/examples'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import pg from 'pg'
import { guard } from '../src/guard.ts'
import { exportsOf, isToFillIn, namesToFillIn, stepsOf, withoutNumbers } from '../src/guide.ts'
import type { GuideStep } from '../src/guide.ts'
import { REPOSITORY } from '../src/paths.ts'
import { answers, freePorts, run, start, tailOfFile, waitUntil } from '../src/run.ts'
import type { Started } from '../src/run.ts'
import { startPostgres, startRabbitmq } from '../src/services.ts'

const GUIDE = readFileSync(join(REPOSITORY, 'docs/guides/crm-migration.md'), 'utf8')
/** The guide's ports: the relay, the read model, the CRM. */
const PORTS = ['8085', '8086', '8087'] as const
const CUSTOMERS = 200
/** A step that is refused now may be taken later: the guide says to look, and to go on when nothing is in the way. */
const PATIENCE_MS = 120_000

const folder = mkdtempSync(join(tmpdir(), 'alexandrite-guide-'))
const closing: (() => Promise<unknown>)[] = []
const ports = new Map<string, number>()
let told: Readonly<Record<string, string>>
let ownerUrl: string
/** Somebody with orders. */
let customer: number

beforeAll(async () => {
  const [postgres, rabbitmq, free] = await Promise.all([startPostgres(), startRabbitmq(), freePorts(3)])
  closing.push(
    () => postgres.stop(),
    () => rabbitmq.stop()
  )
  PORTS.forEach((port, at) => ports.set(port, free[at] ?? 0))
  ownerUrl = postgres.url
  await seedDatabase({ ...SEED_DEFAULTS, databaseUrl: ownerUrl, orders: 1500, progress: () => undefined })
  const quiet = { databaseUrl: ownerUrl, databaseConnections: 5, otlpEndpoint: undefined, logLevel: 'silent' }
  const mes = createMesApi(quiet)
  const mesUrl = await mes.app.listen({ host: '127.0.0.1', port: 0 })
  const shop = createShopApi({ ...quiet, mesUrl, serviceToken: 'of-the-shop' })
  const shopUrl = await shop.app.listen({ host: '127.0.0.1', port: 0 })
  closing.push(
    () => mes.app.close(),
    () => shop.app.close()
  )
  const owner = new pg.Client(ownerUrl)
  await owner.connect()
  await owner.query('CREATE DATABASE orders')
  const { rows } = await owner.query<{ customer_id: number }>('SELECT customer_id FROM shop.orders LIMIT 1')
  customer = rows[0]?.customer_id ?? 0
  await owner.end()
  const { host, pathname } = new URL(ownerUrl)
  told = {
    SHOP_DATABASE: `${host}${pathname}`,
    SHOP_ADMIN_DATABASE_URL: ownerUrl,
    ORDERS_DATABASE_URL: ownerUrl.replace(/[^/]+$/, 'orders'),
    ORDERS_AMQP_URL: rabbitmq.url,
    SHOP_URL: shopUrl,
    MES_URL: mesUrl,
    CRM_LEGACY_PASSWORD: 'legacy-secret',
    CRM_READER_PASSWORD: 'reader-secret',
    CRM_READ_MODEL_TOKEN: 'of-the-crm',
    CRM_ADMIN_TOKEN: 'of-the-lead',
    SHOP_SERVICE_TOKEN: 'of-the-shop'
  }
}, 300_000)
afterAll(async () => {
  for (const close of closing.reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

/** The guide's ports may be somebody's on this machine. */
const here = (text: string): string =>
  PORTS.reduce((all, port) => all.replaceAll(port, String(ports.get(port))), text)

/** A person's shell: it keeps what was exported. */
class Shell {
  readonly #exported: string[] = []
  readonly #env = {
    ...{ HOST: '127.0.0.1', LOG_LEVEL: 'warn', NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    PATH: [join(REPOSITORY, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(':')
  }

  /** @throws unless it is told exactly what the guide asks for */
  fillIn(names: readonly string[]): void {
    expect([...names].sort()).toEqual(Object.keys(told).sort())
    for (const [name, value] of Object.entries(told)) this.#exported.push(`export ${name}='${value}'`)
  }

  async type(step: GuideStep): Promise<string> {
    this.#keep(step)
    return await run('bash', ['-euc', this.#script(step.commands)], { cwd: folder, env: this.#env })
  }

  /** In a terminal of its own, from the root of the repository. */
  async stay(commands: string, name: string): Promise<Started> {
    const logFile = join(folder, `${name}.log`)
    const started = await start('bash', ['-euc', this.#script(commands)], {
      cwd: REPOSITORY,
      env: this.#env,
      logFile
    })
    const guarded = guard([started.pid], join(folder, 'none'))
    closing.push(async () => {
      await started.stop()
      await guarded.release()
    })
    return started
  }

  #script(commands: string): string {
    // Jest asks for colours; a person's output here goes into a file, so to say.
    return ['unset FORCE_COLOR', ...this.#exported, here(commands)].join('\n')
  }

  #keep(step: GuideStep): void {
    for (const line of exportsOf(step)) if (!this.#exported.includes(line)) this.#exported.push(line)
  }
}

const serviceOf = (commands: string): string | undefined => / node (\S+\/main\.ts)$/.exec(commands)?.[1]
const portOf = (commands: string): number => ports.get(/^PORT=(\d+)/.exec(commands)?.[1] ?? '') ?? 0

interface Sold {
  looks: number
  readonly failures: string[]
}

/** A seller looks at one customer's orders after the other. */
async function sell(crmUrl: string, sold: Sold, over: AbortSignal): Promise<void> {
  for (let id = 1; !over.aborted; id = 1 + (id % CUSTOMERS)) {
    try {
      const answer = await fetch(`${crmUrl}/api/customers/${id}/orders`)
      const text = await answer.text()
      if (!answer.ok) sold.failures.push(`${answer.status} ${text}`)
    } catch (error) {
      sold.failures.push(String(error))
    }
    sold.looks += 1
    await delay(30)
  }
}

/** Types it until it prints what the guide says; a person looks again, too. */
async function follow(shell: Shell, step: GuideStep): Promise<void> {
  const { commands, prints } = step
  let printed = ''
  const asSaid = async (): Promise<boolean> => {
    printed = await shell.type(step)
    return prints === undefined || withoutNumbers(printed) === withoutNumbers(prints)
  }
  try {
    await waitUntil(asSaid, {
      what: `it prints what the guide says: ${commands}`,
      timeoutMs: PATIENCE_MS,
      everyMs: 500
    })
  } catch (error) {
    throw new Error(`${String(error)}\nThe guide:\n${prints ?? ''}\nPrinted at last:\n${printed}`, {
      cause: error
    })
  }
}

interface Running {
  readonly commands: string
  readonly url: string
  readonly started: Started
}

/** Starts a service as the guide does, and waits until it is ready. */
async function begin(shell: Shell, commands: string, name: string): Promise<Running> {
  const started = await shell.stay(commands, name)
  const url = `http://127.0.0.1:${portOf(commands)}`
  await waitUntil(() => answers(`${url}/readyz`), {
    what: `${name} is ready`,
    timeoutMs: PATIENCE_MS,
    giveUp: () => (started.isRunning() ? undefined : tailOfFile(started.logFile))
  })
  return { commands, url, started }
}

/** One step of the guide; the CRM, when it is the step that starts it. */
async function take(shell: Shell, step: GuideStep): Promise<Running | undefined> {
  const { commands } = step
  const service = serviceOf(commands)
  if (service !== undefined) {
    const running = await begin(shell, commands, service.replaceAll('/', '-'))
    return service === 'examples/src/crm/main.ts' ? running : undefined
  }
  // What only a cluster has: the end-to-end tests apply it there.
  const folderToApply = /^kubectl apply --server-side -k (\S+)$/.exec(commands)?.[1]
  if (folderToApply !== undefined)
    expect(existsSync(join(REPOSITORY, folderToApply, 'kustomization.yaml'))).toBe(true)
  else if (isToFillIn(step)) shell.fillIn(namesToFillIn(step))
  else await follow(shell, step)
  return undefined
}

it('does what it says, in its order, and no seller notices', async () => {
  const shell = new Shell()
  const sold: Sold = { looks: 0, failures: [] }
  const over = new AbortController()
  const selling: Promise<void>[] = []
  closing.push(async () => {
    over.abort()
    await Promise.all(selling)
  })
  const steps = stepsOf(GUIDE)
  expect(steps.filter(({ prints }) => prints !== undefined)).toHaveLength(9)
  const crms: Running[] = []
  for (const step of steps) {
    const crm = await take(shell, step)
    if (crm === undefined) continue
    crms.push(crm)
    selling.push(sell(crm.url, sold, over.signal))
  }
  await delay(500)
  over.abort()
  await Promise.all(selling)
  expect(sold.failures).toEqual([])
  expect(sold.looks).toBeGreaterThan(100)

  // "Take DATABASE_URL out of the CRM's environment: it starts without one."
  for (const { started, commands } of crms) {
    await started.stop()
    const { url } = await begin(shell, commands.replace(/DATABASE_URL=\S+/, ''), 'crm-again')
    const { orders } = (await (await fetch(`${url}/api/customers/${customer}/orders`)).json()) as {
      orders: object[]
    }
    expect(orders.length).toBeGreaterThan(0)
  }
  expect(crms).toHaveLength(1)
}, 600_000)
