import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Thrift } from 'thriftrw'
import { bodySink } from './otlp-receiver.ts'

/** jaeger.thrift, as far as it is read here; i64 are 8 bytes. */
interface ThriftBatch {
  readonly process: { readonly serviceName: string }
  readonly spans: readonly {
    readonly traceIdLow: Buffer
    readonly traceIdHigh: Buffer
    readonly spanId: Buffer
    readonly parentSpanId: Buffer
    readonly operationName: string
    readonly tags: readonly {
      readonly key: string
      readonly vStr?: string
      readonly vDouble?: number
      readonly vBool?: boolean
    }[]
  }[]
}

export interface JaegerSpan {
  readonly service: string
  /** 32 hex digits. */
  readonly traceId: string
  readonly spanId: string
  /** 0000000000000000 without a parent. */
  readonly parentSpanId: string
  readonly name: string
  readonly tags: Readonly<Record<string, string | number | boolean | undefined>>
}

const library = dirname(createRequire(import.meta.url).resolve('jaeger-client'))
const source = readFileSync(join(library, 'jaeger-idl/thrift/jaeger.thrift'), 'ascii')
const { Batch } = new Thrift({ source, allowOptionalArguments: true })

/** A receiver of Jaeger's Thrift over HTTP that keeps what it gets. */
export async function jaegerReceiver() {
  const { url, requests, close } = await bodySink('')
  const spans = (): JaegerSpan[] =>
    requests.flatMap(({ body }) => {
      const result = Batch.rw.readFrom(body, 0)
      if (result.err) throw result.err
      const batch = result.value as ThriftBatch
      return batch.spans.map((span) => ({
        service: batch.process.serviceName,
        traceId: span.traceIdHigh.toString('hex') + span.traceIdLow.toString('hex'),
        spanId: span.spanId.toString('hex'),
        parentSpanId: span.parentSpanId.toString('hex'),
        name: span.operationName,
        // The library sends all members of the union; the one that means something is not empty.
        tags: Object.fromEntries(
          span.tags.map(({ key, vStr, vDouble, vBool }) => [
            key,
            [vStr, vDouble, vBool].find(Boolean) ?? vStr
          ])
        )
      }))
    })
  return { endpoint: `${url}/api/traces`, requests, spans, close }
}
