/** The HTTP side of a service: probes, metrics, and requests that are measured, traced and logged by their route. */
import fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { errorFields } from './log.ts'
import type { Logger } from './log.ts'
import type { ServiceMetrics } from './metrics.ts'
import { fail } from './tracing.ts'
import type { OpenSpan, Tracing } from './tracing.ts'

/** Larger request bodies are answered with 413. */
const BODY_LIMIT_BYTES = 256 * 1024
/** Longer parts of a path are answered with 414; the longest are the signed links of customers. */
const PARAM_LIMIT = 300

export interface HttpParts {
  readonly log: Logger
  readonly tracing: Tracing
  readonly metrics: ServiceMetrics
  /** Throws a sentence that says what is not ready. */
  readonly ready: () => Promise<void>
}

export function createApp({ log, tracing, metrics, ready }: HttpParts): FastifyInstance {
  const logger: FastifyBaseLogger = log
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
    // One logger for all requests: their trace tells them apart.
    childLoggerFactory: (parent) => parent,
    ajv: { customOptions: { removeAdditional: false, allErrors: false } },
    routerOptions: { maxParamLength: PARAM_LIMIT },
    // An address that cannot be read, before there is a route whose error handler it would be.
    frameworkErrors: (error, _request, { raw }) => {
      const { status, code, message } = answerTo(error)
      raw.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      raw.end(JSON.stringify({ error: code, message }))
    },
    loggerInstance: logger
  })
  observe(app, metrics, tracing)
  answerErrors(app)
  letGoWhenClosing(app)
  operations(app, metrics, ready)
  return app
}

/** Probes and scrapes are nobody's requests: they are neither measured nor traced nor logged. */
const OPERATIONS = new Set(['/healthz', '/readyz', '/metrics'])

const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unmatched'

function observe(app: FastifyInstance, metrics: ServiceMetrics, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, OpenSpan>()
  app.addHook('onRequest', (request, _reply, done) => {
    const route = routeOf(request)
    if (OPERATIONS.has(route)) {
      done()
      return
    }
    const attributes = { 'http.request.method': request.method, 'http.route': route }
    const name = `${request.method} ${route}`
    spans.set(request, tracing.enter(name, { kind: 'server', attributes, parent: request.headers }, done))
  })
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request)
    if (span !== undefined)
      finish(span, { request, status: reply.statusCode, seconds: reply.elapsedTime / 1000 })
    done()
  })

  const finish = (
    open: OpenSpan,
    { request, status, seconds }: { request: FastifyRequest; status: number; seconds: number }
  ): void => {
    const { span, fields } = open
    const { method } = request
    const route = routeOf(request)
    const exemplarLabels =
      fields.trace_id !== undefined && (span.spanContext().traceFlags & 1) === 1
        ? { trace_id: fields.trace_id }
        : {}
    metrics.requests.observe({
      labels: { method, route, status: String(status) },
      value: seconds,
      exemplarLabels
    })
    span.setAttribute('http.response.status_code', status)
    if (status >= 500) fail(span, undefined)
    open.end()
    const rounded = Math.round(seconds * 1e6) / 1e6
    request.log.info({ method, route, status, seconds: rounded, ...fields }, 'request')
  }
}

/** An answer that is a refusal: its status, a word for programs and a sentence for people. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Errors as `{error, message}`; what failed inside is in the log, not in the answer. */
function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | HttpError, request, reply) => {
    const { status, code, message } = answerTo(error)
    if (status >= 500) request.log.error({ ...errorFields(error), route: routeOf(request) }, 'request failed')
    return reply.status(status).send({ error: code, message })
  })
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      error: 'not_found',
      message: `There is no ${request.method} ${request.url.split('?', 1)[0] ?? ''} here.`
    })
  )
}

function answerTo(error: FastifyError | HttpError): { status: number; code: string; message: string } {
  if (error instanceof HttpError) return error
  // Fastify's own complaints: a body that is no JSON, too large, against the schema.
  if (error.statusCode !== undefined && error.statusCode < 500)
    return { status: error.statusCode, code: 'invalid_request', message: sentenceOf(error) }
  return { status: 500, code: 'internal', message: 'Something went wrong here; the log says what.' }
}

/** The schema's complaint with what it leaves out: which words are allowed, which field is one too many. */
function sentenceOf({ message, validation }: FastifyError): string {
  const { allowedValues, additionalProperty } = validation?.[0]?.params ?? {}
  if (Array.isArray(allowedValues)) return `${message}: ${allowedValues.join(', ')}`
  return typeof additionalProperty === 'string' ? `${message}: ${additionalProperty}` : message
}

/**
 * While closing, what is under way or arrives on an open connection is answered, and the answer ends the
 * connection: otherwise the server would wait for keep-alive clients to lose interest, a minute and more.
 */
function letGoWhenClosing(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close')
    done()
  })
}

/** Health says that the process serves; readiness, that what it needs is there. */
function operations(app: FastifyInstance, metrics: ServiceMetrics, ready: () => Promise<void>): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    try {
      await ready()
      return { status: 'ok' }
    } catch (error) {
      reply.status(503)
      return { status: 'not ready', reason: errorFields(error).reason }
    }
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  )
}
