/** One request is one trace through all services, and leads to its logs and from its metrics. */
import { randomBytes } from 'node:crypto'
import { urlOf } from '../company/plan.ts'
import { waitUntil } from '../run.ts'
import type { Stack, Trace } from '../stack/stack.ts'
import { must } from './proofs.ts'
import type { Proof, Stage } from './proofs.ts'

/** Orders that the day's load does not look at, so that the first look is a miss. */
let lastOrder = 150_000 + Math.floor(Math.random() * 20_000)
const freshOrder = (): number => (lastOrder += 1)

interface Asked {
  readonly traceId: string
  readonly order: number
}

/** Asks with a sampled W3C context of its own. */
async function askTraced(url: string): Promise<string> {
  const traceId = randomBytes(16).toString('hex')
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`
  const response = await fetch(url, { headers: { traceparent } })
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

const miss = async (stage: Stage): Promise<Asked> => {
  const order = freshOrder()
  return { order, traceId: await askTraced(`${urlOf(stage.plan, 'shop-api')}/api/orders/${order}`) }
}

export const oneTraceForAMiss: Proof = {
  name: 'a request through Shop API, tier and MES API is one trace when the tier misses, found by its order id',
  run: async (stage) => {
    const { order, traceId } = await miss(stage)
    const trace = await traceWith(stage.stack, traceId, ['shop-api', 'alexandrite-proxy', 'mes-api'])
    mustHangTogether(trace)
    const found = await stage.stack.jaegerSearch({ service: 'mes-api', tags: { 'order.id': String(order) } })
    must(
      found.some(({ id }) => id === traceId),
      `searching mes-api for order.id=${order} does not find the trace`
    )
    return `${trace.spans.length} spans: ${trace.spans.map(({ service, name }) => `${service} ${name}`).join(' > ')}`
  }
}

export const oneTraceForAHit: Proof = {
  name: 'and when the tier hits: the trace ends at the tier',
  run: async (stage) => {
    const { order } = await miss(stage)
    const traceId = await askTraced(`${urlOf(stage.plan, 'shop-api')}/api/orders/${order}`)
    const trace = await traceWith(stage.stack, traceId, ['shop-api', 'alexandrite-proxy'])
    mustHangTogether(trace)
    must(!trace.spans.some(({ service }) => service === 'mes-api'), 'the MES API was asked again')
    return `${trace.spans.length} spans: ${trace.spans.map(({ service, name }) => `${service} ${name}`).join(' > ')}`
  }
}

export const oldProtocolJoins: Proof = {
  name: 'spans of the legacy CRM, sent by jaeger-client, join the trace of the others and are counted',
  run: async (stage) => {
    const traceId = await askTraced(`${urlOf(stage.plan, 'crm-api')}/api/orders/${freshOrder()}`)
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
    const { traceId } = await miss(stage)
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
