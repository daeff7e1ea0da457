/** The order process on a real cluster, as it is in deploy/: who must hear of an order hears of it, in time. */
import { demoCrm } from '@alexandrite/cdk8s'
import { SCRAPE_ANNOTATIONS } from '@alexandrite/cdk8s/observability/config/prometheus'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Agent, request } from 'undici'
import { companyPods, deployCompany, loadCompany, removeCompany, type Company } from './support/company.ts'
import { leadTo, startSellers } from './support/crm.ts'
import { residentMebibytes } from './support/machine.ts'
import { isHit } from './support/tier.ts'
import { waitFor } from './support/wait.ts'

/** A line of Prometheus' text format: nothing, a comment or a sample. */
const SAMPLE = /^(#.*|[a-zA-Z_:][\w:]*(\{.*\})? (NaN|[+-]?(Inf|[\d.]+(e[+-]?\d+)?))( \d+)?)?$/

/** The last line of the load test's log. */
interface LoadReport {
  readonly cache: { readonly hit: number }
  readonly routes: readonly { readonly route: string }[]
}

/** Ten times what it takes on a quiet machine. */
const SOON = { seconds: 20, everyMs: 50 } as const

let company: Company
let close: () => Promise<void> = () => Promise.resolve()
beforeAll(async () => {
  company = await deployCompany()
  close = () => company.database.end()
}, 600_000)
afterAll(async () => {
  await close()
  await removeCompany()
}, 400_000)

const json = { 'content-type': 'application/json' }

async function post<T>(url: string, body: object, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify(body)
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${text}`)
  return JSON.parse(text) as T
}

/** On a connection of its own, so that the Service picks a pod anew. */
async function read(url: string): Promise<{ readonly text: string; readonly hit: boolean }> {
  const agent = new Agent({ connections: 1 })
  try {
    const answer = await request(url, { dispatcher: agent, headersTimeout: 10_000 })
    const cacheStatus = String(answer.headers['cache-status'] ?? '')
    const hit = isHit({ status: answer.statusCode, cacheStatus, body: { pod: '', served: 0, value: '' } })
    return { text: await answer.body.text(), hit }
  } finally {
    await agent.close()
  }
}

/** Both pods of a tier are among so many. */
const readMany = (url: string) => Promise.all(Array.from({ length: 10 }, () => read(url)))

const since = (began: number): string => `${((performance.now() - began) / 1000).toFixed(2)} s`

describe('an order', () => {
  test('that a customer makes in the shop is in the CRM’s read model', async () => {
    const { rows } = await company.database.query<{ id: number; session_token: string }>(
      'SELECT id, session_token FROM shop.customers ORDER BY id LIMIT 1'
    )
    const [customer] = rows
    const authorization = `Bearer ${customer?.session_token ?? ''}`
    const shop = await company.url('shop', 'shop-api')
    const model = await company.url('orders', 'crm-read-model')
    const made = await post<{ id: number }>(
      `${shop}/api/orders`,
      { materialId: 1, quantity: 3 },
      { authorization }
    )
    const began = performance.now()
    const copy = await waitFor(
      'the read model has the order',
      async () => {
        const headers = { authorization: `Bearer ${demoCrm.tokens['read-model']}` }
        const answer = await fetch(`${model}/v1/orders/${made.id}`, { headers })
        return answer.ok && ((await answer.json()) as object)
      },
      SOON
    )
    console.log(`order of the shop → the CRM's read model: ${since(began)}`)
    expect(copy).toMatchObject({ id: made.id, status: 'INITIATED', quantity: 3 })
    // The CRM itself is still at the shop's tables, as the role that may do so and nothing else.
    const crm = await company.url('crm', 'crm-api')
    const own = await fetch(`${crm}/api/customers/${customer?.id}/orders`)
    const { orders } = (await own.json()) as { orders: object[] }
    expect(orders).toContainEqual(expect.objectContaining({ id: made.id, status: 'INITIATED' }))
  })

  test('that a client gives to the MES reaches the operators’ open page', async () => {
    const page = await company.url('orders', 'orders-operators')
    const mes = await company.url('mes', 'mes-api')
    const closing = new AbortController()
    const feed = await fetch(`${page}/api/feed`, { signal: closing.signal })
    const seen = firstOrder(feed)
    const made = await post<{ id: number }>(`${mes}/api/orders`, {
      ...{ customerRef: 'E2E-1', materialId: 1, quantity: 2 },
      files: [{ name: 'ring.stl', sizeBytes: 1000, polygons: 500 }]
    })
    const began = performance.now()
    const view = await seen
    console.log(`order of the MES → an open page: ${since(began)}`)
    closing.abort()
    expect(view).toMatchObject({ id: made.id, quantity: 2 })
    const html = await (await fetch(`${page}/`)).text()
    const script = await fetch(`${page}/page.js`)
    expect(html).toContain('src="/page.js"')
    expect(script.headers.get('content-type')).toContain('text/javascript')
  })

  test('that changes past the tier is seen through it, in both pods', async () => {
    const mes = await company.url('mes', 'mes-api')
    const { rows } = await company.database.query<{ id: string }>(
      `SELECT order_id AS id FROM mes.order_status_history GROUP BY order_id
HAVING max(status) = 'SUBMITTED' ORDER BY order_id LIMIT 1`
    )
    const id = rows[0]?.id ?? ''
    const card = `${mes}/api/orders/${id}`
    await waitFor('both pods have the card', async () => (await readMany(card)).every(({ hit }) => hit), SOON)
    await company.database.query(
      `INSERT INTO mes.order_status_history (order_id, status, changed_at)
VALUES ($1, 'PRICE_CALCULATED', clock_timestamp())`,
      [id]
    )
    const began = performance.now()
    // The card lives for 36 s at least: within 20 s it was the event.
    await waitFor(
      'every answer shows the change',
      async () => (await readMany(card)).every(({ text }) => text.includes('PRICE_CALCULATED')),
      SOON
    )
    console.log(`change in the MES's database → both pods of the tier: ${since(began)}`)
  })
})

describe('the load test', () => {
  test('runs once as a Job through the tiers, and ends as its report says', async () => {
    const { ended, log } = await loadCompany(company)
    console.log(`${ended}\n${log}`)
    // Whether answers come in time is for the machine to say: one that is busy with other things breaks promises.
    const [, kept, broken] = /^(\d+) promises kept, (\d+) broken$/m.exec(log) ?? []
    expect(Number(kept) + Number(broken)).toBeGreaterThanOrEqual(6)
    expect(ended).toBe(broken === '0' ? 'Complete' : 'Failed')
    const report = JSON.parse(log.trimEnd().split('\n').at(-1) ?? '') as LoadReport
    expect(report.cache.hit).toBeGreaterThan(0)
    expect(report.routes.map(({ route }) => route)).toEqual(
      expect.arrayContaining(['mes GET /api/orders', 'shop GET /api/catalogue', 'crm GET /api/orders/:id'])
    )
  })
})

describe('the CRM', () => {
  test('leaves the shop’s database step by step while sellers look at orders, and stays away', async () => {
    const crm = await company.url('crm', 'crm-api')
    const sellers = startSellers(crm)
    const began = performance.now()
    await leadTo(['shadow', 'cut-over', 'revoked'], 2)
    await company.apply('crm-revoked')
    const { reads, again, failures } = await sellers.stop()
    console.log(
      `the CRM left the shop's database in ${since(began)}; ${reads} reads meanwhile, ${again} tried again`
    )
    expect(failures).toEqual([])
    expect(reads).toBeGreaterThan(100)
    const { rows } = await company.database.query<{ allowed: boolean }>(
      'SELECT rolcanlogin AS allowed FROM pg_roles WHERE rolname = $1',
      [demoCrm.legacy.user]
    )
    expect(rows).toEqual([{ allowed: false }])
    const orders = (await (await fetch(`${crm}/api/customers/1/orders`)).json()) as object
    expect(orders).toHaveProperty('orders.0.status')
  })
})

describe('the order process', () => {
  test('tells Prometheus of itself, of its queues and of its database', async () => {
    const pods = (await companyPods()).filter(
      ({ metadata }) => metadata.annotations?.[SCRAPE_ANNOTATIONS.scrape]
    )
    const texts = await Promise.all(
      pods.map(async ({ metadata, status }) => {
        const port = metadata.annotations?.[SCRAPE_ANNOTATIONS.port]
        const answer = await fetch(`http://${status.podIP}:${port}/metrics`)
        if (!answer.ok) throw new Error(`${metadata.name}: ${answer.status}`)
        return await answer.text()
      })
    )
    const all = texts.join('\n')
    // One line that is no sample, and Prometheus refuses all of its pod's.
    expect(all.split('\n').filter((line) => !SAMPLE.test(line))).toEqual([])
    expect(all).toMatch(/^rabbitmq_queue_consumers\{.*queue="orders.crm".*\} 2$/m)
    expect(all).toMatch(/^pg_up 1$/m)
    expect(all).toMatch(/^pg_stat_activity_count\{.*usename="crm_reader".*\}/m)
    // Dates are promised from the first day on: they are learnt from the orders that the MES had before.
    expect(all).toMatch(/^promises_model_orders\{.*\} [1-9]/m)
  })

  test('has started nothing twice that serves', async () => {
    // A Job may be tried again until what it needs is up.
    const pods = (await companyPods()).filter(
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] !== 'job'
    )
    expect(pods.length).toBeGreaterThanOrEqual(16)
    const restarted = pods.flatMap(({ metadata, status }) =>
      [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
        .filter(({ restartCount }) => restartCount > 0)
        .map(({ restartCount }) => `${metadata.namespace}/${metadata.name}: ${restartCount}`)
    )
    expect(restarted).toEqual([])
  })

  test('needs at most 1.2 GB besides the APIs and their database', async () => {
    const pods = (await companyPods()).filter(
      ({ metadata: { namespace, name } }) =>
        (namespace === 'orders' && !name.startsWith('orders-setup')) || name.startsWith('rabbitmq')
    )
    const sizes = await Promise.all(
      pods.map(async ({ metadata: { namespace = '', name }, spec }) => {
        const [container] = spec.containers
        const reference = { namespace, pod: name, container: container?.name ?? '' }
        return { name, mebibytes: await residentMebibytes(reference) }
      })
    )
    const total = sizes.reduce((sum, { mebibytes }) => sum + mebibytes, 0)
    console.log(
      `RSS: ${sizes.map((each) => `${each.name} ${each.mebibytes}`).join(', ')}; ${total} MiB together`
    )
    expect(total).toBeLessThanOrEqual(1200)
  })
})

/** The first order that a feed of server-sent events tells of. */
async function firstOrder(feed: Response): Promise<unknown> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of feed.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    const [, data] = /^event: order\ndata: (.*)\n\n/m.exec(text) ?? []
    if (data !== undefined) return JSON.parse(data)
  }
  throw new Error(`the feed ended without an order: ${text}`)
}
