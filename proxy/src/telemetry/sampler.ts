import { randomBytes } from 'node:crypto'
import type { RequestHead } from '../engine/message.ts'
import { OriginSpan, ServerSpan } from './span.ts'
import type { Attributes, FinishedSpan } from './span.ts'
import { contextOf, parseTraceparent, tracestateOf } from './trace-context.ts'
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
  const wants = (traceparent: string | undefined): boolean => {
    const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent)
    return parent ? parent.sampled : Math.random() < ratio()
  }
  const begun = (
    request: RequestHead,
    httpVersion: string,
    parent = contextOf(request.headers)
  ): RequestTrace => {
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
    begin: (request, httpVersion) => {
      const parent = contextOf(request.headers)
      return (parent ? parent.sampled : Math.random() < ratio())
        ? begun(request, httpVersion, parent)
        : undefined
    }
  }
}
