/** One request is one trace through all services, and leads to its logs and from its metrics. */
import { randomBytes } from 'node:crypto'
import { customerToken } from '@alexandrite/examples/data/seed-sql'
import { urlOf } from '../company/plan.ts'
import { waitUntil } from '../run.ts'
import type { Stack, Trace } from '../stack/stack.ts'
import { must } from './proofs.ts'
import type { Proof, Stage } from './proofs.ts'

/** Customers that the day's load does not look at, so that the first look at an order is a miss. */
let lastCustomer = 3000 + Math.floor(Math.random() * 1000)

interface Question {
  readonly url: string
  readonly order: number
  readonly headers: Readonly<Record<string, string>>
}

/** An order that production has finished, of a customer nobody asked about before. */
async function ofNextCustomer(questionsOf: (customer: number) => Omit<Question, 'order'>): Promise<Question> {
  for (let tries = 0; tries < 100; tries++) {
    const { url, headers } = questionsOf((lastCustomer += 1))
    const response = await fetch(url, { headers })
    must(response.ok, `${url} answers ${response.status}`)
    const { orders } = (await response.json()) as { orders: { id: number; status: string }[] }
    const order = orders.find(({ status }) => status === 'CLOSED')?.id
    if (order !== undefined) return { url, headers, order }
  }
  throw new Error('no customer has a closed order')
}

/** A customer's order at the Shop API, which asks the MES API through its tier how far it is. */
async function shopOrder({ plan }: Stage): Promise<Question> {
  const url = `${urlOf(plan, 'shop-api')}/api/orders`
  const { order, headers } = await ofNextCustomer((customer) => ({
    url,
    headers: { authorization: `Bearer ${customerToken(customer)}` }
  }))
  return { url: `${url}/${order}`, order, headers }
}

/** The same at the legacy CRM. */
async function crmOrder({ plan }: Stage): Promise<Question> {
  const crm = urlOf(plan, 'crm-api')
  const { order, headers } = await ofNextCustomer((customer) => ({
    url: `${crm}/api/customers/${customer}/orders`,
    headers: {}
  }))
  return { url: `${crm}/api/orders/${order}`, order, headers }
}

/** Asks with a sampled W3C context of its own. */
async function askTraced({ url, headers }: Pick<Question, 'url' | 'headers'>): Promise<string> {
  const traceId = randomBytes(16).toString('hex')
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`
  const response = await fetch(url, { headers: { ...headers, traceparent } })
  await response.arrayBuffer()
  must(response.ok, `${url} answers ${response.status}`)
  return traceId
}

/** The trace, once spans of all these services are in it. */
async function traceWith(stack: Stack, traceId: string, services: readonly string[]): Promise<Trace> {
  let last: readonly string[] = []
  return waitUntil(
    async () => {
      const trace = await stack.jaegerTrace(traceId)
      last = trace?.spans.map(({ service }) => service) ?? []
      return services.every((service) => last.includes(service)) ? trace : undefined
    },
    { what: `trace ${traceId} has spans of ${services.join(', ')}`, timeoutMs: 30_000, everyMs: 500 }
  ).catch((error: unknown) => {
    throw new Error(
      `trace ${traceId} has spans of ${last.join(', ') || 'nobody'}; expected ${services.join(', ')}`,
      {
        cause: error
      }
    )
  })
}

/** Spans that hang together: of each but the first the parent is in the trace. */
function mustHangTogether({ spans }: Trace): void {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const orphans = spans.filter(({ parentId }) => parentId === undefined || !ids.has(parentId))
  must(
    orphans.length === 1,
    `the trace falls apart: ${orphans.map(({ service, name }) => `${service} ${name}`).join(', ')}`
  )
}

export const oneTraceForAMiss: Proof = {
  name: 'a request through Shop API, tier and MES API is one trace when the tier misses, found by its order id',
  run: async (stage) => {
    const question = await shopOrder(stage)
    const traceId = await askTraced(question)
    const trace = await traceWith(stage.stack, traceId, ['shop-api', 'alexandrite-proxy', 'mes-api'])
    mustHangTogether(trace)
    const found = await stage.stack.jaegerSearch({
      service: 'mes-api',
      tags: { 'order.id': String(question.order) }
    })
    must(
      found.some(({ id }) => id === traceId),
      `searching mes-api for order.id=${question.order} does not find the trace`
    )
    return `${trace.spans.length} spans: ${trace.spans.map(({ service, name }) => `${service} ${name}`).join(' > ')}`
  }
}

export const oneTraceForAHit: Proof = {
  name: 'and when the tier hits: the trace ends at the tier',
  run: async (stage) => {
    const question = await shopOrder(stage)
    await askTraced(question)
    const traceId = await askTraced(question)
    const trace = await traceWith(stage.stack, traceId, ['shop-api', 'alexandrite-proxy'])
    mustHangTogether(trace)
    must(!trace.spans.some(({ service }) => service === 'mes-api'), 'the MES API was asked again')
    return `${trace.spans.length} spans: ${trace.spans.map(({ service, name }) => `${service} ${name}`).join(' > ')}`
  }
}

export const oldProtocolJoins: Proof = {
  name: 'spans of the legacy CRM, sent by jaeger-client, join the trace of the others and are counted',
  run: async (stage) => {
    const traceId = await askTraced(await crmOrder(stage))
    const trace = await traceWith(stage.stack, traceId, ['crm-api', 'alexandrite-proxy', 'mes-api'])
    mustHangTogether(trace)
    const expr = 'sum by (transport) (otelcol_receiver_accepted_spans_total{receiver=~"jaeger.*"}) > 0'
    const counted = await waitUntil(
      async () => {
        const samples = await stage.stack.promQuery(expr)
        return samples.length > 0 && samples
      },
      { what: `${expr} counts what still speaks the old protocol`, everyMs: 1000 }
    )
    return `${trace.spans.length} spans; so far ${counted.map(({ labels, value }) => `${value} by ${labels.transport ?? '?'}`).join(', ')}`
  }
}

export const logsCarryTheTrace: Proof = {
  name: 'the log lines of a request carry its trace, in every service it passed',
  run: async (stage) => {
    const traceId = await askTraced(await shopOrder(stage))
    const services = ['shop-api', 'mes-api', 'alexandrite-proxy']
    const lines = await waitUntil(
      async () => {
        const found = await stage.stack.lokiQuery(`{service_name=~".+"} | trace_id="${traceId}"`)
        const names = new Set(found.map(({ labels }) => labels.service_name))
        return services.every((service) => names.has(service)) && found
      },
      { what: `lines of ${services.join(', ')} with trace ${traceId} arrive in Loki`, everyMs: 500 }
    )
    return `${lines.length} lines, such as ${lines[0]?.line ?? ''}`
  }
}

export const exemplarsLeadToTraces: Proof = {
  name: 'an exemplar of a histogram leads to a trace',
  run: async ({ stack }) => {
    const seen = []
    for (const histogram of [
      'http_request_duration_seconds_bucket{service="mes-api"}',
      'alexandrite_proxy_request_duration_seconds_bucket'
    ]) {
      const traceId = await waitUntil(
        async () => {
          for (const id of (await stack.promExemplars(histogram)).slice(-5))
            if (await stack.jaegerTrace(id)) return id
          return undefined
        },
        { what: `an exemplar of ${histogram} is a trace in Jaeger`, timeoutMs: 60_000, everyMs: 2000 }
      )
      seen.push(`${histogram.split('{')[0] ?? ''} > ${traceId}`)
    }
    return seen.join('; ')
  }
}
