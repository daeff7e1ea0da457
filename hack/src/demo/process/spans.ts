/** A receiver of OTLP over HTTP as JSON, which knows which spans are about an order. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OrderSpan {
  readonly service: string
  readonly name: string
}

export interface Spans {
  /** Base URL: OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string
  /** Those that came so far and have this `order.id`. */
  about(orderId: number): readonly OrderSpan[]
  stop(): Promise<void>
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly { readonly name: string; readonly attributes: readonly Attribute[] }[]
    }[]
  }[]
}

export async function startSpans(): Promise<Spans> {
  const byOrder = new Map<string, OrderSpan[]>()
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      for (const [order, span] of orderSpans(JSON.parse(text) as Request))
        byOrder.set(order, [...(byOrder.get(order) ?? []), span])
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    about: (orderId) => byOrder.get(String(orderId)) ?? [],
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

/** Spans with an order, by its id. */
export const orderSpans = ({ resourceSpans }: Request): [order: string, span: OrderSpan][] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = valueOf(resource.attributes, 'service.name') ?? ''
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .flatMap(({ name, attributes }): [string, OrderSpan][] => {
        const order = valueOf(attributes, 'order.id')
        return order === undefined ? [] : [[order, { service, name }]]
      })
  })

const valueOf = (attributes: readonly Attribute[], name: string): string | undefined =>
  attributes.find(({ key }) => key === name)?.value.stringValue

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
