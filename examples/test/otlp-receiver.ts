import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}

export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: readonly Attribute[]
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

/** A span, and the service that it is of. */
export interface ReceivedSpan extends OtlpSpan {
  readonly service: string
}

/** A port of 127.0.0.1 that keeps the bodies it gets, by path. */
export async function bodySink(answer: string) {
  const requests: { readonly path: string | undefined; readonly body: Buffer }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({ path: request.url, body: Buffer.concat(chunks) })
      response.setHeader('content-type', 'application/json').end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
  }
}

/** A receiver of OTLP over HTTP with JSON that keeps what it gets. */
export async function otlpReceiver() {
  const { url, requests, close } = await bodySink('{}')
  const spans = (): ReceivedSpan[] =>
    requests
      .flatMap(({ body }) => (JSON.parse(body.toString()) as OtlpRequest).resourceSpans)
      .flatMap(({ resource, scopeSpans }) => {
        const name = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
        return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service: name })))
      })
  return { endpoint: url, requests, spans, close }
}

/** Attributes by name. */
export const attributesOf = (span: OtlpSpan | undefined): Record<string, string | number | undefined> =>
  Object.fromEntries(
    (span?.attributes ?? []).map(({ key, value }) => [key, value.stringValue ?? value.intValue])
  )
