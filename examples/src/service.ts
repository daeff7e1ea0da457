import fastify, { LogController } from 'fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ServiceConfig } from './config.ts'
import { Database } from './database.ts'
import { ApiError, fromDatabaseError } from './errors.ts'
import { createMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { openTelemetry } from './telemetry.ts'
import { parentOf, protocolOf } from './trace-context.ts'
import type { TraceHeaders } from './trace-context.ts'
import { Tracing } from './tracing.ts'
import type { RequestSpan, TracingClient } from './tracing.ts'

/** What the routes of an API are built on. */
export interface Service {
  readonly app: FastifyInstance
  readonly db: Database
  readonly tracing: Tracing
  readonly metrics: Metrics
}

export interface ServiceOptions extends Pick<
  ServiceConfig,
  'databaseUrl' | 'databaseConnections' | 'otlpEndpoint' | 'logLevel'
> {
  /** Where log lines go. Default: standard output. */
  readonly logTo?: { write(line: string): void }
  /** What /readyz asks; it throws when something is missing. Default: the database. */
  readonly ready?: () => Promise<void>
}

/** Larger request bodies are answered with 413. */
const BODY_LIMIT_BYTES = 256 * 1024

/**
 * An HTTP API with health, metrics, tracing, logs without personal data and errors as JSON. `app.close()`
 * finishes the requests under way, then closes keep-alive connections, the database and the exporter.
 * @param client records its spans; OpenTelemetry when it is left out
 */
export function createService(name: string, options: ServiceOptions, client?: TracingClient): Service {
  const metrics = createMetrics(name)
  const tracing = new Tracing(client ?? openTelemetry({ service: name, endpoint: options.otlpEndpoint }))
  const app = createApp(name, options, tracing)
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
  operations(app, { metrics, db, ready: options.ready ?? (() => answers(db)) })
  app.addHook('onClose', async () => {
    await db.close()
    await tracing.close()
    metrics.registry.clear()
  })
  return { app, db, tracing, metrics }
}

function createApp(name: string, options: ServiceOptions, tracing: Tracing): FastifyInstance {
  return fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
    // One logger for all requests: their trace tells them apart.
    childLoggerFactory: (logger) => logger,
    ajv: { customOptions: { removeAdditional: false, allErrors: false } },
    logger: {
      level: options.logLevel,
      base: { service: name },
      mixin: () => ({ ...tracing.logFields() }),
      ...(options.logTo !== undefined && { stream: options.logTo })
    }
  })
}

/** Probes and scrapes are nobody's requests: they are neither measured nor traced nor logged. */
const OPERATIONS = new Set(['/healthz', '/readyz', '/metrics'])

const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unmatched'

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header

const traceHeaders = ({ headers }: FastifyRequest): TraceHeaders => ({
  traceparent: single(headers.traceparent),
  tracestate: single(headers.tracestate),
  uberTraceId: single(headers['uber-trace-id'])
})

/** Measures, traces and logs each request by its route: paths, queries and addresses stay out of it. */
function observe(app: FastifyInstance, metrics: Metrics, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>()
  app.addHook('onRequest', (request, _reply, done) => {
    if (OPERATIONS.has(routeOf(request))) {
      done()
      return
    }
    const headers = traceHeaders(request)
    metrics.protocols.inc({ protocol: protocolOf(headers) })
    const incoming = { method: request.method, parent: parentOf(headers) }
    spans.set(request, tracing.enterRequest(incoming, done))
  })
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request)
    if (span === undefined) {
      done()
      return
    }
    const outcome = { method: request.method, route: routeOf(request), status: reply.statusCode }
    const seconds = reply.elapsedTime / 1000
    const labels = { ...outcome, status: String(outcome.status) }
    metrics.requests.observe({ labels, value: seconds, exemplarLabels: span.exemplar() })
    span.finish(outcome)
    request.log.info({ ...outcome, seconds: Math.round(seconds * 1e6) / 1e6, ...span.logFields() }, 'request')
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

/** A database's messages, and what its errors hold besides, may repeat values of rows: its code says enough. */
function forLog(error: FastifyError | ApiError) {
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    code: error.code,
    ...(!('severity' in error) && { reason: error.message }),
    stack: frames?.map((line) => line.trim()).join(', ')
  }
}

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

async function answers(db: Database): Promise<void> {
  await db.query({ name: 'ready', text: 'SELECT 1' })
}

interface Operated extends Pick<Service, 'metrics' | 'db'> {
  readonly ready: () => Promise<void>
}

/** Health says that the process serves; readiness, that what it serves from does too. */
function operations(app: FastifyInstance, { metrics, db, ready }: Operated): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async () => {
    await ready()
    return { status: 'ok' }
  })
  app.get('/metrics', async (request, reply) => {
    db.observePool()
    const { type, text } = await metrics.read(request.headers.accept)
    return reply.type(type).send(text)
  })
}
