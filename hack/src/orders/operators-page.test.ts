import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createMesApi, SEED_DEFAULTS, seedDatabase } from '@alexandrite/examples'
import { createService, encodeEvent, EXCHANGE, routingKey } from '@alexandrite/orders'
import type { OrderEvent, OrderState, Service } from '@alexandrite/orders'
import { operatorsService } from '@alexandrite/orders/operators/service'
import { setClock } from '@alexandrite/orders/timers/clock'
import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import pg from 'pg'
import { startChromium } from '../chromium.ts'
import type { BrowserPage, RunningBrowser } from '../chromium.ts'
import { startPostgres } from '../postgres.ts'
import type { RunningPostgres } from '../postgres.ts'
import { startRabbitmq } from '../rabbitmq.ts'
import type { RunningRabbitmq } from '../rabbitmq.ts'
import { startReceivers } from '../stack/receivers.ts'
import type { Receivers } from '../stack/receivers.ts'

const WEEK = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const RULES = `
calendar:
  timeZone: Europe/Moscow
  week: {${WEEK.map((day) => `${day}: [00:00-24:00]`).join(', ')}}
states:
  INITIATED: none
  FILE_UPLOADED: none
  SUBMITTED: none
  PRICE_CALCULATED: none
  MANUFACTURING_APPROVED: { limit: 60m, dueSoon: 0.5, escalateAfter: 30m }
  MANUFACTURING_STARTED: none
  MANUFACTURING_COMPLETED: none
  PACKAGING: none
  SHIPPED: none
  CLOSED: none
promise: { dueSoon: 1h, escalateAfter: never }
tell:
  new: [{ channel: chat, to: operators }]
  due-soon: []
  overdue: [{ channel: email, to: lead }]
  escalated: [{ channel: email, to: lead }]
digestSeconds: 1
`
const MINUTE = 60_000

describe('the operators’ page', () => {
  let folder: string
  let postgres: RunningPostgres
  let rabbitmq: RunningRabbitmq
  let receivers: Receivers
  let mes: ReturnType<typeof createMesApi>
  let sql: pg.Client
  let broker: ChannelModel
  let channel: ConfirmChannel
  let service: Service
  let url: string
  let browser: RunningBrowser

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alexandrite-operators-'))
    ;[postgres, rabbitmq, receivers, browser] = await Promise.all([
      startPostgres(),
      startRabbitmq(),
      startReceivers(),
      startChromium()
    ])
    const databaseUrl = postgres.url
    await seedDatabase({ ...SEED_DEFAULTS, databaseUrl, orders: 300, progress: () => undefined })
    sql = new pg.Client({ connectionString: databaseUrl })
    await sql.connect()
    const quiet = { databaseConnections: 5, otlpEndpoint: undefined, logLevel: 'silent' } as const
    mes = createMesApi({ ...quiet, databaseUrl })
    await mes.app.listen({ host: '127.0.0.1', port: 0 })
    broker = await connect(rabbitmq.url)
    channel = await broker.createConfirmChannel()
    service = createService('orders-operators', {
      ...{
        ...quiet,
        databaseUrl,
        brokerUrl: rabbitmq.url,
        host: '127.0.0.1',
        port: 0,
        databaseConnections: 10
      }
    })
    const rulesFile = join(folder, 'rules.yaml')
    writeFileSync(rulesFile, RULES)
    const begin = operatorsService(service, {
      rulesFile,
      mesUrl: `http://127.0.0.1:${(mes.app.server.address() as AddressInfo).port}`,
      pageUrl: 'http://mes.example.org',
      addresses: new Map([
        ['chat operators', `${receivers.webhookUrl}/chat`],
        ['email lead', 'lead@example.org']
      ]),
      smtp: { url: `smtp://${receivers.smarthost}`, from: 'orders@example.org' }
    })
    url = await service.listen()
    await begin()
    await until('the consumer listens', async () =>
      /^orders_broker_connected\{.*\} 1$/m.test(await service.registry.metrics())
    )
  }, 300_000)
  afterAll(async () => {
    await browser.close()
    await service.close()
    await broker.close()
    await mes.app.close()
    await sql.end()
    await receivers.stop()
    await rabbitmq.stop()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  /** Waits for as long as a busy machine needs. */
  async function until(what: string, holds: () => Promise<unknown>): Promise<number> {
    const start = performance.now()
    while (!(await holds())) {
      if (performance.now() - start > 60_000) throw new Error(`it did not come to pass: ${what}`)
      await sleep(20)
    }
    return performance.now() - start
  }

  const ask = async (method: 'POST' | 'PATCH', path: string, payload: object): Promise<{ id: number }> =>
    (await mes.app.inject({ method, url: path, payload })).json<{ id: number }>()

  /** A new order of a B2B client that the MES has led to where operators take it; nobody was told yet. */
  async function approvedOrder(): Promise<number> {
    const files = [{ name: 'ring.stl', sizeBytes: 1000, polygons: 5000 }]
    const { id } = await ask('POST', '/api/orders', { customerRef: 'C-1', materialId: 1, quantity: 2, files })
    for (const status of ['PRICE_CALCULATED', 'MANUFACTURING_APPROVED'])
      await ask('PATCH', `/api/orders/${id}/status`, { status })
    return id
  }

  /** Publishes what happened to the order, as the relay does. */
  async function publish(orderId: number, upTo: OrderState): Promise<void> {
    const { rows } = await sql.query<{
      status: OrderState
      at: Date
      number: string
      due: Date
      operator: number | null
    }>(
      `SELECT h.status, h.changed_at AS at, o.number, o.due_at AS due, h.operator_id AS operator
       FROM mes.order_status_history AS h JOIN mes.orders AS o ON o.id = h.order_id WHERE o.id = $1 ORDER BY h.status`,
      [orderId]
    )
    for (const [index, row] of rows.entries()) {
      const previous = rows[index - 1]?.status
      const event: OrderEvent = {
        id: `00000000-0000-4000-8000-${String(orderId * 100 + index).padStart(12, '0')}`,
        source: 'mes',
        kind: index === 0 ? 'created' : 'status',
        orderId,
        version: index + 1,
        occurredAt: row.at.toISOString(),
        status: row.status,
        ...(previous !== undefined && { previousStatus: previous }),
        order: { number: row.number, due_at: row.due.toISOString(), quantity: 2, operator_id: row.operator }
      }
      channel.publish(EXCHANGE, routingKey(event), encodeEvent(event), {
        messageId: event.id,
        persistent: true
      })
      if (row.status === upTo) break
    }
    await channel.waitForConfirms()
  }

  async function openPage(operatorId: number): Promise<BrowserPage> {
    const page = await browser.open(url)
    await until('the page is live', () =>
      page.evaluate(`document.getElementById('link')?.dataset.live === 'yes'`)
    )
    await page.evaluate(`document.getElementById('me').value = '${operatorId}'`)
    return page
  }
  const rowOf = (id: number): string => `document.querySelector('tr[data-order="${id}"]')`
  const said = async (page: BrowserPage): Promise<string> =>
    String(await page.evaluate(`document.getElementById('said').textContent`))
  const nameOf = async (id: number): Promise<string> =>
    (await sql.query<{ name: string }>('SELECT name FROM mes.operators WHERE id = $1', [id])).rows[0]?.name ??
    ''

  it('shows a new order at once, and tells the chat once', async () => {
    const page = await openPage(1)
    const id = await approvedOrder()
    await publish(id, 'MANUFACTURING_APPROVED')
    const ms = await until('the new order is on the page', () => page.evaluate(`${rowOf(id)} !== null`))
    process.stdout.write(`a new order was on the page ${Math.round(ms)} ms after its event was confirmed\n`)
    expect(ms).toBeLessThan(20_000)
    expect(await said(page)).toMatch(/^New order B-\d+\.$/)
    await publish(id, 'MANUFACTURING_APPROVED')
    await until('the chat was told', () => Promise.resolve(receivers.said.length > 0))
    expect(receivers.said.map(({ message }) => message.text)).toEqual([
      expect.stringMatching(/^New order B-\d+ waits for an operator\nhttp:\/\/mes\.example\.org$/)
    ])
    if (process.env.ALEXANDRITE_SCREENSHOTS !== undefined)
      writeFileSync(join(process.env.ALEXANDRITE_SCREENSHOTS, 'operators.png'), await page.screenshot())
  }, 120_000)

  it('gives an order to one of two who race for it; the other sees at once who it was', async () => {
    const [one, other] = [await openPage(3), await openPage(4)]
    const id = await approvedOrder()
    await publish(id, 'MANUFACTURING_APPROVED')
    for (const page of [one, other]) await until('both see it', () => page.evaluate(`${rowOf(id)} !== null`))
    await Promise.all(
      [one, other].map((page) => page.evaluate(`${rowOf(id)}.querySelector('button.take').click()`))
    )
    const sentences = async (): Promise<string[]> => [await said(one), await said(other)]
    await until(
      'one has it',
      async () => (await sentences()).filter((text) => text.endsWith('is yours.')).length === 1
    )
    const { rows } = await sql.query<{ operator: number }>(
      `SELECT operator_id AS operator FROM mes.order_status_history WHERE order_id = $1 AND status = 'MANUFACTURING_STARTED'`,
      [id]
    )
    const winner = rows[0]?.operator ?? 0
    const loser = winner === 3 ? other : one
    const sentence = `was taken by ${await nameOf(winner)}.`
    const ms = await until('the other sees who', async () => (await said(loser)).endsWith(sentence))
    process.stdout.write(`the other saw it ${Math.round(ms)} ms after\n`)
    expect(ms).toBeLessThan(20_000)
    for (const page of [one, other])
      await until('it left the list', () => page.evaluate(`${rowOf(id)} === null`))
  }, 120_000)

  it('warns, mails the lead once and takes an acknowledgement by keyboard; moving on silences', async () => {
    const page = await openPage(5)
    const id = await approvedOrder()
    await publish(id, 'MANUFACTURING_APPROVED')
    await until('it is there', () => page.evaluate(`${rowOf(id)} !== null`))
    await setClock(service.pool, { now: new Date(Date.now() + 61 * MINUTE), rate: 1 })
    await until('it is overdue', () => page.evaluate(`${rowOf(id)}.querySelector('.overdue') !== null`))
    await until('its countdown says so', async () =>
      /\d late/.test(String(await page.evaluate(`${rowOf(id)}.textContent`)))
    )
    await until('the lead has mail', () => Promise.resolve(receivers.mails.length > 0))
    expect(receivers.mails[0]).toMatchObject({ to: ['lead@example.org'] })
    expect(receivers.mails[0]?.text).toMatch(/Subject: .*overdue/)
    await page.evaluate(`${rowOf(id)}.querySelector('button.acknowledge').focus()`)
    await page.press('Enter')
    await until('it says who has seen it', async () =>
      String(await page.evaluate(`${rowOf(id)}.textContent`)).includes(`seen by ${await nameOf(5)}`)
    )
    if (process.env.ALEXANDRITE_SCREENSHOTS !== undefined)
      writeFileSync(join(process.env.ALEXANDRITE_SCREENSHOTS, 'overdue.png'), await page.screenshot())
    await setClock(service.pool, { now: new Date(Date.now() + 120 * MINUTE), rate: 1 })
    const fired = `SELECT count(*)::int AS n FROM timers.timer WHERE key = 'operators/order/${id}/MANUFACTURING_APPROVED/escalated' AND state = 'fired'`
    await until(
      'the escalation has passed',
      async () => (await sql.query<{ n: number }>(fired)).rows[0]?.n === 1
    )
    expect(await page.evaluate(`${rowOf(id)}.querySelector('.escalated') === null`)).toBe(true)
  }, 120_000)

  it('tells a page that comes back what it missed', async () => {
    const id = await approvedOrder()
    const response = await fetch(`${url}/api/board?status=MANUFACTURING_APPROVED`)
    const { cursor } = (await response.json()) as { cursor: number }
    await publish(id, 'MANUFACTURING_APPROVED')
    const known = `SELECT count(*)::int AS n FROM operators.board WHERE order_id = ${id} AND status = 'MANUFACTURING_APPROVED'`
    await until('it is on the board', async () => (await sql.query<{ n: number }>(known)).rows[0]?.n === 1)
    const gone = new AbortController()
    const feed = await fetch(`${url}/api/feed`, {
      headers: { 'last-event-id': String(cursor) },
      signal: gone.signal
    })
    expect(feed.headers.get('content-type')).toBe('text/event-stream')
    let text = ''
    const reader = feed.body?.getReader()
    while (!text.includes(`"id":${id},`)) {
      const chunk = await reader?.read()
      if (chunk === undefined || chunk.done) throw new Error('the feed ended')
      text += Buffer.from(chunk.value).toString()
    }
    gone.abort()
    expect(text).toMatch(/id: \d+\nevent: order\ndata: \{/)
  }, 120_000)

  it('refuses what it cannot do, with a sentence', async () => {
    const post = async (path: string, body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: answer.status, ...((await answer.json()) as object) }
    }
    expect(await post('/api/orders/1/acknowledge', { operatorId: 1 })).toEqual({
      ...{ status: 404, error: 'no_alarm', message: 'Order 1 has no alarm to acknowledge.' }
    })
    expect(await post('/api/orders/99999999/take', { operatorId: 1 })).toMatchObject({
      ...{ status: 404, error: 'order_not_found' }
    })
    expect(await post('/api/orders/1/take', {})).toMatchObject({ status: 400, error: 'invalid_request' })
  }, 60_000)
})
