/** Spans of reconciles and, below them, of what they write to the API server. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import { ApiError } from './api-error.ts'

/** `/api/v1/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE`, where all but the plural may be missing. */
const PATH =
  /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/([^/?]+)(?=\/))?\/([^/?]+)(?:\/([^/?]+))?(?:\/([^/?]+))?/

/** Of a key: NAMESPACE/NAME, or NAME. */
const identity = (namespace: string | undefined, name: string | undefined): Attributes => ({
  ...(namespace !== undefined && { 'k8s.namespace.name': namespace }),
  ...(name !== undefined && { 'k8s.resource.name': name })
})

/** A short word that tells failures apart; messages may repeat what was sent. */
const typeOf = (error: unknown): string => {
  if (error instanceof ApiError) return error.reason || String(error.status)
  return error instanceof Error ? error.name : typeof error
}

/** Records nothing unless it has a tracer. */
export class Tracing {
  readonly #tracer: Tracer | undefined
  readonly #current = new AsyncLocalStorage<Context>()

  constructor(tracer?: Tracer) {
    this.#tracer = tracer
  }

  /** `reconcile CONTROLLER`, a trace of its own. */
  async reconcile<T extends { readonly outcome: string }>(
    controller: string,
    key: string,
    work: () => Promise<T>
  ): Promise<T> {
    if (this.#tracer === undefined) return await work()
    const [name, namespace] = key.split('/').reverse()
    const attributes = { controller, ...identity(namespace, name) }
    const span = this.#tracer.startSpan(`reconcile ${controller}`, { attributes }, ROOT_CONTEXT)
    return await this.#during(span, async () => {
      const result = await work()
      span.setAttribute('reconcile.result', result.outcome)
      return result
    })
  }

  /** `METHOD PLURAL/SUBRESOURCE`, below the reconcile that it is a part of; without one, no span. */
  async write<T>(
    request: { readonly method: string; readonly path: string },
    work: () => Promise<T>
  ): Promise<T> {
    const parent = this.#current.getStore()
    if (this.#tracer === undefined || parent === undefined) return await work()
    const { method, path } = request
    const [, namespace, plural = 'other', name, subresource] = PATH.exec(path) ?? []
    const attributes = { 'http.request.method': method, ...identity(namespace, name) }
    const title = [plural, subresource].filter(Boolean).join('/')
    const span = this.#tracer.startSpan(`${method} ${title}`, { kind: SpanKind.CLIENT, attributes }, parent)
    return await this.#during(span, work)
  }

  async #during<T>(span: Span, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#current.run(trace.setSpan(ROOT_CONTEXT, span), work)
    } catch (error) {
      span.setAttribute('error.type', typeOf(error))
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  }
}

/** Records nothing. */
export const NO_TRACING = new Tracing()
