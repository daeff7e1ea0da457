/** What must not be in telemetry is not: the services do not write it, and the collectors take it out as a second net. */
import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { logsOf, urlOf } from '../company/plan.ts'
import { waitUntil } from '../run.ts'
import { must } from './proofs.ts'
import type { Proof, Stage } from './proofs.ts'

const token = (): string => randomBytes(18).toString('base64url')

/** Of nothing that is sent with a request may anything be found later. */
export const requestsLeakNothing: Proof = {
  name: 'no header, cookie, query value or payload of a request is found in logs or traces',
  run: async (stage) => {
    const planted = { bearer: token(), cookie: token(), query: token(), mail: `${token()}@example.org` }
    const marker = randomBytes(16).toString('hex')
    const headers = {
      authorization: `Bearer ${planted.bearer}`,
      cookie: `session=${planted.cookie}`,
      traceparent: `00-${marker}-${randomBytes(8).toString('hex')}-01`
    }
    for (const part of ['mes-api-tier', 'shop-api-tier', 'crm-api'] as const) {
      const url = `${urlOf(stage.plan, part)}/api/orders/1?search=${planted.query}&mail=${planted.mail}`
      await (await fetch(url, { headers })).arrayBuffer()
    }
    await linesWith(stage, `{service_name=~".+"} | trace_id="${marker}"`, 'lines of these requests')
    return nowhere(stage, Object.values(planted), marker)
  }
}

/** Lines and spans of a program that is less careful. */
export const collectorsRedact: Proof = {
  name: 'what a careless program writes into a log line or a span is taken out on the way',
  run: async (stage) => {
    const planted = { mail: `${token()}@example.org`, bearer: token(), password: token() }
    const marker = randomBytes(16).toString('hex')
    const careless = `${marker}: ${planted.mail} came with Bearer ${planted.bearer} from postgres://app:${planted.password}@db/shop`
    const [first] = logsOf(stage.plan)
    must(first, 'no service writes a log')
    appendFileSync(
      first.file,
      `${JSON.stringify({ level: 30, time: Date.now(), msg: careless })}\n${careless}\n`
    )
    await sendSpan(stage, marker, careless)
    const lines = await linesWith(
      stage,
      `{service_name="${first.service}"} |= "${marker}"`,
      'the careless lines',
      2
    )
    const span = await waitUntil(async () => (await stage.stack.jaegerTrace(marker))?.spans[0], {
      what: 'the careless span arrives in Jaeger',
      everyMs: 500
    })
    const texts = [...lines, JSON.stringify(span)]
    const leaked = Object.entries(planted).filter(([, secret]) => texts.some((text) => text.includes(secret)))
    must(leaked.length === 0, `found: ${leaked.map(([kind]) => kind).join(', ')}`)
    return `such as ${lines[0] ?? ''}`
  }
}

async function sendSpan({ stack }: Stage, traceId: string, careless: string): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'careless',
    kind: 1,
    startTimeUnixNano: String(now - 1_000_000n),
    endTimeUnixNano: String(now),
    attributes: [attribute('comment', careless), attribute('user.email', 'someone@example.org')]
  }
  const resource = { attributes: [attribute('service.name', 'careless')] }
  const response = await fetch(`${stack.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })
  })
  must(response.ok, `the collector answers ${response.status}: ${await response.text()}`)
}

const linesWith = (stage: Stage, query: string, what: string, least = 1): Promise<string[]> =>
  waitUntil(
    async () => {
      const found = await stage.stack.lokiQuery(query)
      return found.length >= least && found.map(({ line, labels }) => `${line} ${JSON.stringify(labels)}`)
    },
    { what: `${what} arrive in Loki`, everyMs: 500 }
  )

async function nowhere(stage: Stage, secrets: readonly string[], traceId: string): Promise<string> {
  const lines = await stage.stack.lokiQuery('{service_name=~".+"}', { limit: 5000 })
  const trace = await waitUntil(() => stage.stack.jaegerTrace(traceId), {
    what: 'their trace arrives',
    everyMs: 500
  })
  const texts = [
    ...lines.map(({ line, labels }) => `${line} ${JSON.stringify(labels)}`),
    JSON.stringify(trace)
  ]
  for (const secret of secrets)
    must(!texts.some((text) => text.includes(secret)), 'a value that came with a request was found')
  return `${lines.length} lines and ${trace.spans.length} spans read, ${secrets.length} values looked for`
}
