import { randomBytes } from 'node:crypto'
import type { RawHeaders } from '../engine/headers.ts'
import type { RequestHead } from '../engine/message.ts'
import { OriginSpan, ServerSpan } from './span.ts'
import type { Attributes, FinishedSpan } from './span.ts'
import { contextOf, tracestateOf } from './trace-context.ts'
import type { RequestTrace, Tracing } from './tracing.ts'

export interface TracingOptions {
  /** NAMESPACE/NAME */
  readonly tier: string
  /** http://HOST:PORT of the application. */
  readonly origin: string
  /** 0…1, of the policy in effect. */
  readonly ratio: () => number
  readonly onEnd: (span: FinishedSpan) => void
}

/** Hands finished spans of the traces that are sampled to `onEnd`: parent-based, else by ratio. */
export const tracing = ({ tier, origin, ratio, onEnd }: TracingOptions): Tracing => {
  const { hostname, port } = new URL(origin)
  const originAttributes: Attributes = { 'server.address': hostname, 'server.port': Number(port || 80) }
  const wants = (headers: RawHeaders): boolean => {
    const parent = contextOf(headers)
    return parent ? parent.sampled : Math.random() < ratio()
  }
  const begun = (request: RequestHead, httpVersion: string): RequestTrace => {
    const parent = contextOf(request.headers)
    const attributes: Attributes = { 'network.protocol.version': httpVersion, 'alexandrite.tier': tier }
    const tracestate = parent && tracestateOf(request.headers)
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex')
    return new ServerSpan(
      request,
      { traceId, parentSpanId: parent?.spanId, tracestate },
      {
        attributes,
        startOrigin: (server, { method, target }) =>
          new OriginSpan(server, { method, target, attributes: originAttributes, onEnd }),
        onEnd
      }
    )
  }
  return {
    on: true,
    wants,
    start: begun,
    begin: (request, httpVersion) => (wants(request.headers) ? begun(request, httpVersion) : undefined)
  }
}
