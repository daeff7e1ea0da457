/** Spans of the tier, with names and attributes of OpenTelemetry's semantic conventions for HTTP. */
import { randomBytes } from 'node:crypto'
import type { PolicyRule } from '@alexandrite/api'
import type { Outcome } from '../engine/cache-status.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { header } from '../engine/headers.ts'
import type { RequestHead } from '../engine/message.ts'
import { splitTarget } from '../engine/message.ts'
import { withContext } from './trace-context.ts'
import type { OriginTrace, RequestTrace, SpanReference } from './tracing.ts'

export type Attributes = Readonly<Record<string, string | number | boolean>>

/** Milliseconds since 1970, with fractions. */
type Instant = number

export interface SpanEvent {
  readonly name: string
  readonly at: Instant
  readonly attributes: Attributes
}

/** A span that is over, with all that its receiver is told. */
export interface FinishedSpan extends SpanReference {
  readonly parentSpanId: string | undefined
  /** Whether the parent is a span of another process. */
  readonly remoteParent: boolean
  readonly tracestate: string | undefined
  readonly name: string
  readonly kind: 'Server' | 'Client'
  readonly startedAt: Instant
  readonly endedAt: Instant
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanReference[]
  readonly failed: boolean
}

interface Place {
  readonly traceId: string
  readonly parentSpanId: string | undefined
  readonly tracestate: string | undefined
}

interface ServerSpanOptions {
  readonly attributes: Attributes
  readonly startOrigin: (
    server: ServerSpan,
    request: { readonly method: string; readonly target: string }
  ) => OriginTrace
  readonly onEnd: (span: FinishedSpan) => void
}

const METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY'
])
/** A method that is none of the known ones is no label: anyone could make up more. */
const methodOf = (method: string): string => (METHODS.has(method) ? method : '_OTHER')
const nameOf = (method: string): string => (METHODS.has(method) ? method : 'HTTP')

const newSpanId = (): string => randomBytes(8).toString('hex')

const serverOf = (headers: RawHeaders): Attributes => {
  const url = URL.parse(`http://${header(headers, 'host') ?? ''}`)
  if (!url || url.hostname === '') return {}
  return { 'server.address': url.hostname, ...(url.port === '' ? {} : { 'server.port': Number(url.port) }) }
}

/** How a request was answered; its parent is the client's span. */
export class ServerSpan implements RequestTrace {
  readonly traceId: string
  readonly spanId = newSpanId()
  readonly tracestate: string | undefined
  asked: SpanReference | undefined
  readonly #parentSpanId: string | undefined
  readonly #request: RequestHead
  readonly #options: ServerSpanOptions
  // One reading of the wall clock: within a trace the monotonic clock counts from it.
  readonly #wall = Date.now()
  readonly #started = performance.now()
  readonly #events: SpanEvent[] = []
  readonly #links: SpanReference[] = []
  #status: number | undefined
  #ended = false

  constructor(
    request: RequestHead,
    { traceId, parentSpanId, tracestate }: Place,
    options: ServerSpanOptions
  ) {
    this.traceId = traceId
    this.tracestate = tracestate
    this.#parentSpanId = parentSpanId
    this.#request = request
    this.#options = options
  }

  now(): Instant {
    return this.#wall + performance.now() - this.#started
  }

  lookedUp(found: boolean, seconds: number): void {
    const attributes = { 'alexandrite.cache.found': found, 'alexandrite.cache.lookup.duration': seconds }
    this.#events.push({ name: 'cache.lookup', at: this.now(), attributes })
  }

  answering(status: number): void {
    this.#status = status
  }

  startOrigin(request: { readonly method: string; readonly target: string }): OriginTrace {
    const span = this.#options.startOrigin(this, request)
    this.asked = span.reference
    return span
  }

  sharedWith(other: SpanReference): void {
    this.#links.push({ traceId: other.traceId, spanId: other.spanId })
  }

  end(outcome: Outcome, rule: PolicyRule | undefined): void {
    if (this.#ended) return
    this.#ended = true
    const method = nameOf(this.#request.method)
    const failed = outcome.result === 'error' || (this.#status ?? 0) >= 500
    this.#options.onEnd({
      traceId: this.traceId,
      spanId: this.spanId,
      parentSpanId: this.#parentSpanId,
      remoteParent: true,
      tracestate: this.tracestate,
      name: rule ? `${method} ${rule.match.path.source}` : method,
      kind: 'Server',
      startedAt: this.#wall,
      endedAt: this.now(),
      attributes: this.#attributes(outcome, rule, failed),
      events: this.#events,
      links: this.#links,
      failed
    })
  }

  #attributes(outcome: Outcome, rule: PolicyRule | undefined, failed: boolean): Attributes {
    const { method, target, headers } = this.#request
    return {
      'http.request.method': methodOf(method),
      'url.path': splitTarget(target).path,
      'url.scheme': 'http',
      ...serverOf(headers),
      ...(this.#status === undefined ? {} : { 'http.response.status_code': this.#status }),
      ...(failed ? { 'error.type': String(outcome.why ?? this.#status ?? outcome.result) } : {}),
      ...(rule ? { 'http.route': rule.match.path.source, 'alexandrite.rule': rule.name } : {}),
      'alexandrite.cache.result': outcome.result,
      ...(outcome.why === undefined ? {} : { 'alexandrite.cache.why': outcome.why }),
      ...this.#options.attributes
    }
  }
}

interface OriginSpanOptions {
  readonly method: string
  readonly target: string
  readonly attributes: Attributes
  readonly onEnd: (span: FinishedSpan) => void
}

const errorType = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return 'Error'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'Error'
}

/** A request to the origin: from asking to the head of its answer, as in origin_duration_seconds. */
export class OriginSpan implements OriginTrace {
  readonly reference: SpanReference
  readonly #server: ServerSpan
  readonly #options: OriginSpanOptions
  readonly #startedAt: Instant
  #ended = false

  constructor(server: ServerSpan, options: OriginSpanOptions) {
    this.reference = { traceId: server.traceId, spanId: newSpanId() }
    this.#server = server
    this.#options = options
    this.#startedAt = server.now()
  }

  propagate(headers: RawHeaders): RawHeaders {
    return withContext(headers, { ...this.reference, sampled: true }, this.#server.tracestate)
  }

  answered(status: number): void {
    const error = status >= 400 ? { 'error.type': String(status) } : {}
    this.#end({ 'http.response.status_code': status, ...error }, status >= 400)
  }

  failed(error: unknown): void {
    this.#end({ 'error.type': errorType(error) }, true)
  }

  #end(more: Attributes, failed: boolean): void {
    if (this.#ended) return
    this.#ended = true
    const { method, target, attributes, onEnd } = this.#options
    onEnd({
      ...this.reference,
      parentSpanId: this.#server.spanId,
      remoteParent: false,
      tracestate: this.#server.tracestate,
      name: nameOf(method),
      kind: 'Client',
      startedAt: this.#startedAt,
      endedAt: this.#server.now(),
      attributes: {
        'http.request.method': methodOf(method),
        'url.path': splitTarget(target).path,
        'url.scheme': 'http',
        'network.protocol.version': '1.1',
        ...attributes,
        ...more
      },
      events: [],
      links: [],
      failed
    })
  }
}
