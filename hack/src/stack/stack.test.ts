/** The whole bundle as processes: what is sent to its gateway is found where people look. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, waitUntil } from '../run.ts'
import { startReceivers } from './receivers.ts'
import type { Receivers } from './receivers.ts'
import { LOCAL_PROGRAMS, startStack } from './stack.ts'
import type { Stack } from './stack.ts'

/** A start takes seconds, on a busy machine a minute; a first build is done before. */
const START_MS = 180_000
const TRACE = '5b8efff798038103d269b633813fc60c'

jest.setTimeout(90_000)

let folder: string
let logs: string
let receivers: Receivers
let stack: Stack

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
  logs = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
  receivers = await startReceivers()
  stack = await startStack({
    folder: join(folder, 'stack'),
    logs: ['one', 'two'].map((file) => ({ service: 'till', file: join(logs, `${file}.log`) })),
    intervalSeconds: 1,
    alerting: alwaysFiring(receivers)
  })
}, START_MS)

afterAll(async () => {
  await stack.stop()
  await receivers.stop()
  expect(existsSync(join(folder, 'stack'))).toBe(false)
  for (const { pid } of stack.programs) expect(isAlive(pid)).toBe(false)
  for (const made of [folder, logs]) rmSync(made, { recursive: true })
}, 60_000)

/** An alert that fires at once, told by webhook and by mail. */
function alwaysFiring({ webhookUrl, smarthost }: Receivers) {
  const rule = { alert: 'Always', expr: 'vector(42)', annotations: { summary: 'It is {{ $value }}' } }
  const toAll = {
    name: 'all',
    webhook_configs: [{ url: `${webhookUrl}/pager` }],
    email_configs: [
      { to: 'team@company.example', from: 'alerts@company.example', smarthost, require_tls: false }
    ]
  }
  return {
    rules: new Map([['always.yaml', JSON.stringify({ groups: [{ name: 'always', rules: [rule] }] })]]),
    alertmanager: { route: { receiver: 'all', group_wait: '1s' }, receivers: [toAll] }
  }
}

const soon = <T>(what: string, ask: () => Promise<T | undefined | false> | T | undefined | false) =>
  waitUntil(ask, { what, timeoutMs: 60_000, everyMs: 250 })

async function sendSpan(): Promise<void> {
  const now = `${Date.now()}000000`
  const span = {
    traceId: TRACE,
    spanId: 'eee19b7ec3c1b174',
    name: 'GET /orders/:id',
    kind: 2,
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    attributes: [{ key: 'order.id', value: { stringValue: '42' } }]
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'till' } }] }
  const response = await fetch(`${stack.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })
  })
  expect(response.status).toBe(200)
}

test('a span that is sent to the gateway is found in Jaeger by the order id', async () => {
  await sendSpan()
  const search = { service: 'till', tags: { 'order.id': '42' } }
  const [trace] = await soon('Jaeger has the trace', async () => {
    const found = await stack.jaegerSearch(search)
    return found.length > 0 && found
  })
  expect(trace?.id).toBe(TRACE)
  expect(trace?.spans).toMatchObject([{ service: 'till', name: 'GET /orders/:id', parentId: undefined }])
  expect(await stack.jaegerSearch({ ...search, tags: { 'order.id': '43' } })).toEqual([])
})

test('a line in a log file is found in Loki with its trace id, of each file of the service', async () => {
  for (const [file, level] of [
    ['one', 30],
    ['two', 50]
  ] as const) {
    const line = {
      level,
      time: Date.now(),
      msg: `from ${file}`,
      trace_id: TRACE,
      span_id: 'eee19b7ec3c1b174'
    }
    appendFileSync(join(logs, `${file}.log`), `${JSON.stringify(line)}\n`)
  }
  const lines = await soon('Loki has both lines', async () => {
    const found = await stack.lokiQuery('{service_name="till"}')
    return found.length === 2 && found
  })
  expect(lines.map(({ line }) => (JSON.parse(line) as { msg: string }).msg).sort()).toEqual([
    'from one',
    'from two'
  ])
  for (const { labels } of lines) expect(labels).toMatchObject({ service_name: 'till', trace_id: TRACE })
  const errors = await stack.lokiQuery(`{service_name="till"} | trace_id="${TRACE}" |= "from two"`)
  expect(errors).toHaveLength(1)
})

test('Prometheus reads every program of the bundle under its name', async () => {
  const up = await soon('everything is up', async () => {
    const found = await stack.promQuery('up == 1')
    return found.length === LOCAL_PROGRAMS.length && found
  })
  expect(up.map(({ labels }) => labels.service).sort()).toEqual([...LOCAL_PROGRAMS].sort())
  expect(await stack.promSeries('up{service="loki"}')).toMatchObject([
    { job: 'loki', namespace: 'observability', pod: 'loki-0' }
  ])
})

test("the bundle's own logs are in Loki as well", async () => {
  await soon('lines of the gateway', async () => {
    const lines = await stack.lokiQuery('{service_name="otelcol-gateway"} |= "Everything is ready"')
    return lines.length > 0
  })
})

test('an alert that fires reaches the webhook and the mailbox', async () => {
  const page = await soon('the webhook is called', () => receivers.received[0])
  expect(page).toMatchObject({ path: '/pager', notification: { status: 'firing', receiver: 'all' } })
  expect(page.notification.alerts[0]?.annotations.summary).toBe('It is 42')
  const mail = await soon('the mail comes', () => receivers.mails[0])
  expect(mail).toMatchObject({ from: 'alerts@company.example', to: ['team@company.example'] })
  expect(mail.text).toContain('Always')
  const [alert] = await stack.alerts()
  expect(alert).toMatchObject({ labels: { alertname: 'Always' }, state: 'active', receivers: ['all'] })
})

test('the span has become a metric', async () => {
  // The connector tells of a new series first as 0, then, 15 s later, as what it is.
  await soon('Prometheus has the span metrics', async () => {
    const [calls] = await stack.promQuery('traces_span_metrics_calls_total{service_name="till"}')
    return calls?.value === 1
  })
})

test('a query that is wrong is refused with the words of the program', async () => {
  await expect(stack.promQuery('sum(')).rejects.toThrow(/query=sum\( answers 400: .*parse error/)
  await expect(stack.lokiQuery('{')).rejects.toThrow(/answers 400: .*parse error/)
})
