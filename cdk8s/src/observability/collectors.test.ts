/** Both collectors with their own configurations; only where the gateway sends to is a file instead. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '@alexandrite/hack/ports'
import { start, waitUntil } from '@alexandrite/hack'
import type { Started } from '@alexandrite/hack'
import { resolveTools } from '@alexandrite/hack/tools'
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals'
import { stringify } from 'yaml'
import { agentConfig, gatewayConfig, LISTENER_NAMES, localEndpoints } from './config.ts'
import type { Endpoints, Listener } from './config.ts'

const AN_HOUR = 3_600_000
const folder = mkdtempSync(join(tmpdir(), 'alexandrite-collectors-'))
const logFile = join(folder, 'mes-api.log')
const running: Started[] = []
let endpoints: Endpoints

const TRACE = '5b8efff798038103d269b633813fc60c'
/** What must never be kept, by the field it was planted in. */
const SECRETS = {
  email: 'anna.petrova@mail.example.org',
  bearer: 'Bearer abcDEF123456.secret-token',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  url: 'amqp://mes:hunter2-broker@rabbitmq:5672/',
  card: '4276 1234 5678 9010',
  phone: '+7 (916) 123-45-67',
  cookie: 'Cookie: session=deadbeefcafe',
  password: 'correct-horse-battery'
} as const
const PLANTED = [
  'anna.petrova',
  'secret-token',
  'c2lnbmF0dXJl',
  'hunter2-broker',
  '4276 1234',
  '123-45-67',
  'deadbeefcafe',
  'correct-horse-battery',
  'customer=17'
]

/** What the gateway passed on, which its exporter writes as messages of its JSON log. */
const received = (): string =>
  readFileSync(join(folder, 'gateway.log'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return (JSON.parse(line) as { msg?: string }).msg ?? []
      } catch {
        return line
      }
    })
    .join('\n')
const post = async (path: string, body: object) => {
  const response = await fetch(`http://${endpoints.gatewayOtlpHttp}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  expect(response.status).toBe(200)
}
const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }))
const resource = { attributes: attributes({ 'service.name': 'mes-api' }) }

interface Pipelines {
  readonly service: { readonly pipelines: Record<string, { exporters: string[] }> }
  readonly exporters: Record<string, object>
}

/** The gateway's own configuration, its output where a test can read it. */
function readable(config: object): object {
  const { service, exporters } = structuredClone(config) as Pipelines
  for (const pipeline of Object.values(service.pipelines))
    if (!pipeline.exporters.includes('span_metrics')) pipeline.exporters = ['debug']
  return { ...config, service, exporters: { ...exporters, debug: { verbosity: 'detailed' } } }
}

async function startCollector(name: 'otelcol-gateway' | 'otelcol-agent', config: object, health: string) {
  const tools = await resolveTools(['otelcol-gateway', 'otelcol-agent'])
  const short = name.replace('otelcol-', '')
  const file = join(folder, `${short}.yaml`)
  writeFileSync(file, stringify(config))
  const collector = await start(tools[name], ['--config', file], { logFile: join(folder, `${short}.log`) })
  running.push(collector)
  await waitUntil(async () => (await fetch(`http://${health}/`)).ok, {
    what: `${name} answers at ${health}`,
    giveUp: () => (collector.isRunning() ? undefined : 'it has ended')
  })
}

beforeAll(async () => {
  const ports = await freePorts(LISTENER_NAMES.length)
  endpoints = localEndpoints(
    Object.fromEntries(LISTENER_NAMES.map((name, index) => [name, ports[index] ?? 0])) as Record<
      Listener,
      number
    >
  )
  const gateway = gatewayConfig(endpoints, {
    stateFolder: join(folder, 'gateway'),
    platform: 'Local',
    sampling: { kind: 'KeepAll' }
  })
  const agent = agentConfig(endpoints, {
    stateFolder: join(folder, 'agent'),
    logs: { files: { 'mes-api': logFile } }
  })
  writeFileSync(logFile, '')
  await startCollector('otelcol-gateway', readable(gateway), endpoints.gatewayHealth)
  await startCollector('otelcol-agent', agent, endpoints.agentHealth)
}, AN_HOUR)

afterAll(async () => {
  await Promise.all(running.map((collector) => collector.stop()))
  rmSync(folder, { recursive: true })
})

const seen = (marker: string) =>
  waitUntil(() => received().includes(marker), { what: `the gateway passes on ${marker}` })

describe('a line of JSON that a service writes', () => {
  beforeAll(async () => {
    const line = {
      level: 40,
      time: 1_763_850_000_000,
      service: 'mes-api',
      trace_id: TRACE,
      span_id: 'eee19b7ec3c1b174',
      order_id: 17,
      ...SECRETS,
      token: ['one-of-two-tokens'],
      note: `mail to ${SECRETS.email} "quoted"`,
      msg: 'request'
    }
    appendFileSync(logFile, `${JSON.stringify(line)}\nplain text, marker-plain\n`)
    await seen('marker-plain')
  })

  test.each([
    ['its level as a word', 'level: Str(warn)'],
    ['its severity', 'SeverityNumber: Warn(13)'],
    ['its time', 'Timestamp: 2025-11-22 22:20:00 +0000 UTC'],
    ['its trace', `Trace ID: ${TRACE}`],
    ['its order', 'order_id:'],
    ['its service', 'service.name: Str(mes-api)']
  ])('arrives with %s', (_, text) => {
    expect(received()).toContain(text)
  })

  it('is still JSON, with its other fields as they were', () => {
    const [, body = ''] = /Body: Str\((\{.*"request"\})\)/.exec(received()) ?? []
    expect(JSON.parse(body)).toMatchObject({
      level: 40,
      time: 1_763_850_000_000,
      order_id: 17,
      trace_id: TRACE,
      token: '****',
      password: '****',
      note: 'mail to **** "quoted"'
    })
  })
})

describe('what was planted', () => {
  it('in attributes of spans, their events and their resource does not arrive', async () => {
    const span = {
      traceId: TRACE,
      spanId: 'eee19b7ec3c1b175',
      name: 'marker-span',
      kind: 2,
      startTimeUnixNano: '1763850000000000000',
      endTimeUnixNano: '1763850001000000000',
      attributes: attributes({
        ...SECRETS,
        'url.full': 'http://mes/api/orders?customer=17',
        'url.query': 'customer=17',
        'http.request.header.authorization': 'correct-horse-battery',
        'http.route': '/api/orders/:id'
      }),
      events: [{ timeUnixNano: '1763850000500000000', name: 'event', attributes: attributes(SECRETS) }]
    }
    const planted = { attributes: [...resource.attributes, ...attributes({ contact: SECRETS.email })] }
    await post('/v1/traces', { resourceSpans: [{ resource: planted, scopeSpans: [{ spans: [span] }] }] })
    await seen('marker-span')
    expect(received()).toContain('http.route: Str(/api/orders/:id)')
    expect(received()).toContain('url.full: Str(http://mes/api/orders)')
  })

  it('in logs sent by OTLP does not arrive', async () => {
    const logRecords = Object.values(SECRETS).map((secret) => ({
      timeUnixNano: '1763850000000000000',
      body: {
        stringValue: `marker-otlp ${secret === SECRETS.password ? '{"password":"' + secret + '"}' : secret}`
      },
      attributes: attributes(SECRETS)
    }))
    await post('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] })
    await seen('marker-otlp')
  })

  it.each(PLANTED)('%s is nowhere in what the gateway passes on', (secret) => {
    expect(received()).not.toContain(secret)
  })
})

describe('the old protocol', () => {
  it('is counted apart, with nothing sent by it', async () => {
    const metrics = await (await fetch(`http://${endpoints.gatewayMetrics}/metrics`)).text()
    expect(metrics).toMatch(/otelcol_receiver_accepted_spans_total\{[^}]*receiver="otlp"[^}]*\} 1\n/)
    expect(metrics).not.toMatch(/receiver="jaeger"/)
  })
})
