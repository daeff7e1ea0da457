import fastify, { LogController } from 'fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Span } from '@opentelemetry/api'
import type { ServiceConfig } from './config.ts'
import { Database } from './database.ts'
import { ApiError, fromDatabaseError } from './errors.ts'
import { createMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { Tracing } from './telemetry.ts'

/** What the routes of an API are built on. */
export interface Service {
  readonly app: FastifyInstance
  readonly db: Database
  readonly tracing: Tracing
}

export type ServiceOptions = Pick<
  ServiceConfig,
  'databaseUrl' | 'databaseConnections' | 'otlpEndpoint' | 'logLevel'
>

/** Larger request bodies are answered with 413. */
const BODY_LIMIT_BYTES = 256 * 1024

/**
 * An HTTP API with health, metrics, tracing, logs without personal data and errors as JSON. `app.close()`
 * finishes the requests under way, then closes keep-alive connections, the database and the exporter.
 */
export function createService(name: string, options: ServiceOptions): Service {
  const metrics = createMetrics(name)
  const tracing = new Tracing({ service: name, endpoint: options.otlpEndpoint })
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
    ajv: { customOptions: { removeAdditional: false, allErrors: false } },
    logger: { level: options.logLevel, name, base: null }
  })
  const db = new Database({
    url: options.databaseUrl,
    connections: options.databaseConnections,
    metrics,
    tracing,
    onConnectionLost: (error) =>
      app.log.warn({ reason: error.message }, 'an idle database connection was lost')
  })
  observe(app, metrics, tracing)
  answerErrors(app)
  letGoWhenClosing(app)
  operations(app, metrics, db)
  app.addHook('onClose', async () => {
    await db.close()
    await tracing.close()
    metrics.registry.clear()
  })
  return { app, db, tracing }
}

const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unmatched'

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header

/** Measures, traces and logs each request by its route: paths, queries and addresses stay out of it. */
function observe(app: FastifyInstance, metrics: Metrics, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>()
  app.addHook('onRequest', (request, _reply, done) => {
    const { method, headers } = request
    const path = request.url.split('?', 1)[0] ?? '/'
    const traceparent = single(headers.traceparent)
    spans.set(
      request,
      tracing.enterRequest({ method, path, traceparent, tracestate: single(headers.tracestate) }, done)
    )
  })
  app.addHook('onResponse', (request, reply, done) => {
    const outcome = { method: request.method, route: routeOf(request), status: reply.statusCode }
    const seconds = reply.elapsedTime / 1000
    metrics.requests.observe({ ...outcome, status: String(outcome.status) }, seconds)
    const span = spans.get(request)
    const traceId = span?.spanContext().traceId
    if (span !== undefined) tracing.finishRequest(span, outcome)
    request.log.debug({ ...outcome, seconds, traceId }, 'request')
    done()
  })
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

function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => {
    const answer = toApiError(error)
    if (answer.status >= 500)
      request.log.error({ ...forLog(error), route: routeOf(request) }, 'request failed')
    return send(reply, answer)
  })
  app.setNotFoundHandler((request, reply) =>
    send(
      reply,
      new ApiError('not_found', `There is no ${request.method} ${request.url.split('?', 1)[0] ?? ''} here.`)
    )
  )
}

/** A database error's other fields may repeat values of rows. */
const forLog = (error: FastifyError | ApiError) => ({
  code: error.code,
  reason: error.message,
  stack: error.stack
})

function send(reply: FastifyReply, error: ApiError): FastifyReply {
  const field = error.field === undefined ? {} : { field: error.field }
  if (error.status === 503) reply.header('retry-after', '2')
  return reply.status(error.status).send({ error: error.code, message: error.message, ...field })
}

function toApiError(error: FastifyError | ApiError): ApiError {
  if (error instanceof ApiError) return error
  const invalid = error.validation?.[0]
  if (invalid !== undefined) return validationError(error, invalid)
  // Fastify's own complaints: a body that is no JSON, too large, of another media type.
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new ApiError('invalid_request', error.message)
  return fromDatabaseError(error) ?? new ApiError('internal', 'Something went wrong here; the log says what.')
}

type Invalid = NonNullable<FastifyError['validation']>[number]

function validationError(error: FastifyError, invalid: Invalid): ApiError {
  const { missingProperty, additionalProperty, allowedValues } = invalid.params
  const named = [missingProperty, additionalProperty].find((name) => typeof name === 'string')
  const field = [
    error.validationContext,
    ...invalid.instancePath.split('/').filter(Boolean),
    ...(named ? [named] : [])
  ].join('.')
  const mend = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : ''
  return new ApiError('invalid_request', `${field}: ${invalid.message ?? 'is not valid'}${mend}.`, field)
}

/** Health says that the process serves; readiness, that its database does too. */
function operations(app: FastifyInstance, metrics: Metrics, db: Database): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async () => {
    await db.query({ name: 'ready', text: 'SELECT 1' })
    return { status: 'ok' }
  })
  app.get('/metrics', async (_request, reply) => {
    db.observePool()
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}
