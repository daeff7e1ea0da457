import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

interface Value {
  readonly stringValue?: string
  readonly intValue?: number
  readonly doubleValue?: number
  readonly boolValue?: boolean
}
type KeyValues = readonly { readonly key: string; readonly value: Value }[]

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: KeyValues
  readonly events: readonly { readonly name: string }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code: number }
}
interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

export interface ReceivedSpan extends Omit<OtlpSpan, 'kind' | 'attributes'> {
  readonly kind: 'Server' | 'Client' | 'Other'
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
}

const KINDS: Readonly<Record<number, 'Server' | 'Client'>> = { 2: 'Server', 3: 'Client' }

const valuesOf = (attributes: KeyValues): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue
    ])
  )

const spansOf = ({ resourceSpans }: Request): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        kind: KINDS[span.kind] ?? 'Other',
        attributes: valuesOf(span.attributes),
        resource: valuesOf(resource.attributes)
      }))
    )
  )

export interface OtlpReceiver {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  /** All bodies as they came. */
  readonly raw: () => string
  /** Resolves when that many spans have come. */
  until(count: number): Promise<readonly ReceivedSpan[]>
  close(): Promise<void>
}

/** A receiver of traces that speaks OTLP/HTTP with JSON; `status` is what it answers. */
export const startOtlpReceiver = async (status = 200): Promise<OtlpReceiver> => {
  const spans: ReceivedSpan[] = []
  let raw = ''
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      raw += body
      if (request.url === '/v1/traces' && status === 200) spans.push(...spansOf(JSON.parse(body) as Request))
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    raw: () => raw,
    until: async (count) => {
      const deadline = Date.now() + 20_000
      while (spans.length < count) {
        if (Date.now() > deadline) throw new Error(`${spans.length} of ${count} spans came`)
        await sleep(10)
      }
      return spans
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
