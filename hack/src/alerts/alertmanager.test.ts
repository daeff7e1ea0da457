/** The real Alertmanager with our configuration, its waits made short. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alertmanagerConfig } from '@alexandrite/alerts'
import { freePort } from '../ports.ts'
import { start, waitUntil, type Started } from '../run.ts'
import { resolveTool } from '../tools.ts'
import { EXAMPLE } from './routes-command.ts'

interface Page {
  readonly receiver: string
  readonly status: string
  readonly alerts: readonly { readonly labels: Record<string, string> }[]
}

const PACE = { firstPage: '1s', escalateAfter: ['4s', '8s'] } as const
/** Longer than the last rung waits. */
const ALL_RUNGS_MS = 14_000

let sink: Server
let alertmanager: Started
let folder: string
let url: string
let pages: Page[] = []

const listen = async (): Promise<string> => {
  sink = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      // The chat's format is another one: what matters here is the pager.
      if (request.url === '/page') pages.push(JSON.parse(body) as Page)
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(sink.address() as AddressInfo).port}`
}

beforeAll(async () => {
  const sinkUrl = await listen()
  folder = await mkdtemp(join(tmpdir(), 'alexandrite-alertmanager-'))
  const receivers = {
    ...EXAMPLE,
    pagerUrl: `${sinkUrl}/page`,
    chatUrl: `${sinkUrl}/chat`,
    deadmanUrl: `${sinkUrl}/alive`
  }
  const config = join(folder, 'alertmanager.yaml')
  await writeFile(config, JSON.stringify(alertmanagerConfig(receivers, PACE)))
  url = `http://127.0.0.1:${await freePort()}`
  const options = [
    `--config.file=${config}`,
    `--storage.path=${folder}`,
    `--web.listen-address=${new URL(url).host}`,
    '--cluster.listen-address='
  ]
  alertmanager = await start(await resolveTool('alertmanager'), options, { logFile: join(folder, 'log') })
  await waitUntil(async () => (await fetch(`${url}/-/ready`)).ok, {
    what: 'Alertmanager is ready',
    giveUp: () => (alertmanager.isRunning() ? undefined : 'it has ended')
  })
}, 60_000)

afterAll(async () => {
  await alertmanager.stop()
  sink.closeAllConnections()
  await new Promise((resolve) => sink.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

beforeEach(() => {
  pages = []
})

const post = async (path: string, body: object): Promise<unknown> => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/v2/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response.headers.get('content-length') === '0' ? undefined : await response.json()
}

const fire = async (...alerts: readonly Record<string, string>[]): Promise<void> => {
  const startsAt = new Date().toISOString()
  await post(
    'alerts',
    alerts.map((labels) => ({ labels, startsAt, annotations: { summary: 'x' } }))
  )
}

const toldOf = (service: string): string[] =>
  pages
    .filter(({ alerts }) => alerts.some(({ labels }) => labels.service === service))
    .map(({ receiver }) => receiver)

const page = (service: string, more: Record<string, string> = {}) => ({
  alertname: 'ApiDown',
  severity: 'critical',
  team: 'mes',
  service,
  namespace: service,
  ...more
})

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a page', () => {
  test('that nobody takes goes to on-call, then to the lead, then to the manager', async () => {
    await fire(page('escalates'))
    await waitUntil(() => toldOf('escalates').length >= 3, { what: 'all three are told', timeoutMs: 120_000 })
    expect(toldOf('escalates')).toEqual(['mes-on-call', 'mes-lead', 'mes-manager'])
  }, 150_000)

  test('that on-call silences goes no further', async () => {
    await fire(page('silenced'))
    await waitUntil(() => toldOf('silenced').length > 0, { what: 'on-call is told', timeoutMs: 60_000 })
    await post('silences', {
      matchers: [{ name: 'service', value: 'silenced', isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 600_000).toISOString(),
      createdBy: 'on-call',
      comment: 'I have it'
    })
    await rest(ALL_RUNGS_MS)
    expect(toldOf('silenced')).toEqual(['mes-on-call'])
  }, 120_000)

  test('is for the team whose service is slow, and not for the one that waits for it', async () => {
    const slow = { alertname: 'ApiSlow', namespace: 'waiting' }
    await fire(page('mes-api', slow))
    await fire(
      page('crm-api', slow),
      page('crm-api', { ...slow, alertname: 'SlownessBudgetBurn' }),
      page('shop-api', slow)
    )
    const told = () =>
      pages
        .flatMap(({ alerts }) => alerts.map(({ labels }) => labels))
        .filter(({ namespace }) => namespace === 'waiting')
    const toldOfBoth = () =>
      ['mes-api', 'shop-api'].every((name) => told().filter(({ service }) => service === name).length >= 3)
    await waitUntil(toldOfBoth, {
      what: 'the MES is told of, and the shop, whose slowness is its own',
      timeoutMs: 120_000
    })
    expect(new Set(told().map(({ service }) => service))).toEqual(new Set(['mes-api', 'shop-api']))
  }, 150_000)

  test('is one for one cause: a dead application silences its slowness, and no other application’s', async () => {
    const tier = { tier: 'mes-api/mes-api' }
    await fire(page('mes-api', { alertname: 'CacheOriginDown', ...tier }))
    await fire(
      page('mes-api', { alertname: 'ErrorBudgetBurn', objective: 'mes-api-availability' }),
      page('mes-api', { alertname: 'SlownessBudgetBurn', ...tier }),
      page('shop-api', { alertname: 'SlownessBudgetBurn' })
    )
    await waitUntil(() => toldOf('mes-api').length >= 3 && toldOf('shop-api').length >= 3, {
      what: 'both are told of',
      timeoutMs: 120_000
    })
    const names = pages.flatMap(({ alerts }) =>
      alerts.filter(({ labels }) => labels.service === 'mes-api').map(({ labels }) => labels.alertname)
    )
    expect(new Set(names)).toEqual(new Set(['CacheOriginDown']))
  }, 150_000)
})
